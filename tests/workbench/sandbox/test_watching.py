"""Seeing from outside what a run did."""

import asyncio
from pathlib import Path

import pytest

from toolvet.sandbox import Image, Limits, Outcome, Pool, TierReport, probe
from toolvet.sandbox.watch import Act, Watched, lines, observer
from toolvet.sandbox.watch.lines import Call
from toolvet.sandbox.watch.trace import MOST_ACTS, Trace

TOOL = """
import ctypes, os, socket, subprocess, threading


def attempt(what):
    try:
        what()
    except OSError:
        pass


def run(what: str) -> str:
    if what == "quiet":
        return "done"
    if what == "scratch":
        open("/tmp/note", "w").write("x")
        os.rename("/tmp/note", "/tmp/other")
    if what == "read":
        attempt(lambda: open("/etc/shadow"))
    if what == "relative":
        os.chdir("/")
        attempt(lambda: open("etc/../etc/shadow"))
    if what == "thread":
        thread = threading.Thread(target=attempt, args=(lambda: open("/etc/shadow"),))
        thread.start()
        thread.join()
    if what == "unhooked":
        ctypes.CDLL(None).open(b"/etc/shadow", 0)
    if what == "write":
        attempt(lambda: open("/tool/mine", "w"))
    if what == "forged":
        attempt(lambda: open('/x") = 0\\n1 openat(AT_FDCWD, "/forged', "w"))
    if what == "process":
        attempt(lambda: subprocess.run(["ls"]))
    if what == "socket":
        attempt(lambda: socket.socket(40, socket.SOCK_STREAM))
    if what == "system":
        ctypes.CDLL(None).ptrace(0, 0, 0, 0)
    if what == "death":
        attempt(lambda: open("/etc/shadow"))
        os._exit(3)
    if what == "slow":
        attempt(lambda: open("/etc/shadow"))
        while True:
            pass
    return "done"
"""

TRIED = {
    "quiet": None,
    "scratch": Act("write", "/tmp/other"),
    "read": Act("read", "/etc/shadow", "ENOENT"),
    "relative": Act("read", "/etc/shadow", "ENOENT"),
    "thread": Act("read", "/etc/shadow", "ENOENT"),
    "unhooked": Act("read", "/etc/shadow", "ENOENT"),
    "write": Act("write", "/tool/mine", "EROFS"),
    "forged": Act("write", '/x") = 0\n1 openat(AT_FDCWD, "/forged', "ENOENT"),
    "process": Act("process", "fork", "EPERM"),
    "socket": Act("socket", "AF_VSOCK SOCK_STREAM|SOCK_CLOEXEC", "EAFNOSUPPORT"),
    "system": Act("system", "ptrace", "EPERM"),
    "death": Act("read", "/etc/shadow", "ENOENT"),
    "slow": Act("read", "/etc/shadow", "ENOENT"),
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Everything tried once, in one watched zygote; two at a time."""
    if observer() != "strace":
        pytest.skip("strace is not here, or may not trace")
    walls = probe()
    if walls.tier not in ("A", "B"):
        pytest.skip(f"no namespaces here: {walls.reason}")
    folder = tmp_path_factory.mktemp("watched")
    folder.chmod(0o755)
    (folder / "tool.py").write_text(TOOL)
    (folder / "tool.py").chmod(0o644)
    return asyncio.run(_all(walls, folder))


async def _all(walls: TierReport, folder: Path) -> dict[str, Outcome]:
    pool = Pool(walls)
    image = Image(folder, "tool:run", watch=True)
    gate = asyncio.Semaphore(2)

    async def one(what: str) -> Outcome:
        async with gate:
            return await pool.call(
                image, {"what": what}, Limits(wall_s=2 if what == "slow" else 10)
            )

    try:
        found = await asyncio.gather(*map(one, TRIED))
    finally:
        await pool.close()
    return dict(zip(TRIED, found, strict=True))


@pytest.mark.parametrize("what", [what for what, act in TRIED.items() if act is not None])
def test_it_is_seen_from_outside_and_only_in_the_run_that_did_it(
    seen: dict[str, Outcome], what: str
) -> None:
    watched, quiet = seen[what].watched, seen["quiet"].watched

    assert watched is not None
    assert quiet is not None
    assert TRIED[what] in watched.acts
    assert TRIED[what] not in quiet.acts
    assert (watched.by, watched.cut) == ("strace", False)


def test_watching_changes_no_answer(seen: dict[str, Outcome]) -> None:
    statuses = {what: outcome.status for what, outcome in seen.items()}

    assert statuses.pop("death") == "died"
    assert statuses.pop("slow") == "timed_out"
    assert set(statuses.values()) == {"returned"}


def test_a_run_that_is_not_watched_carries_no_observation() -> None:
    assert Outcome("returned", None, None, "", 1.0, "B").watched is None


# --- lines as strace writes them ---------------------------------------------------------------

LINES = {
    'openat(AT_FDCWD, "/a", O_RDONLY|O_CLOEXEC) = 3': [Act("read", "/a")],
    'openat(AT_FDCWD, "a/../b", O_RDWR|O_CREAT, 0666) = 3': [Act("write", "/tmp/b")],
    'openat(7, "b", O_RDONLY) = 3': [],
    'openat(7, "/b", O_RDONLY) = -1 EACCES (Permission denied)': [Act("read", "/b", "EACCES")],
    r'open("/\303\251\"\n", O_RDONLY) = 3': [Act("read", '/é"\n')],
    'rename("/a", "/b") = 0': [Act("write", "/a"), Act("write", "/b")],
    'execve("/bin/ls", ["ls", "/x"], 0x7ffe /* 9 vars */) = -1 EPERM (Operation not permitted)': [
        Act("process", "/bin/ls", "EPERM")
    ],
    "vfork() = -1 EPERM (Operation not permitted)": [Act("process", "fork", "EPERM")],
    "clone3({flags=CLONE_VM}, 88) = -1 ENOSYS (Function not implemented)": [],
    "clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 9": [],
    'connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("1.2.3.4")}, 16)'
    " = -1 ENETUNREACH (Network is unreachable)": [Act("connect", "1.2.3.4:443", "ENETUNREACH")],
    "connect(3, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0),"
    ' inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = 0': [
        Act("connect", "[::1]:80")
    ],
    'connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 9) = 0': [Act("connect", "unix:/run/x")],
    "sendto(3, \"GET\", 3, 0, NULL, 0) = 3": [],
    "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 4": [],
    "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (Operation not permitted)": [
        Act("socket", "AF_INET SOCK_RAW", "EPERM")
    ],
    'mount("none", "/", NULL, MS_REC, NULL) = -1 EPERM (Operation not permitted)': [
        Act("system", "mount", "EPERM")
    ],
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_read(line: str) -> None:
    call = lines.parse(line)

    assert call is not None
    assert lines.acts(call, "/tmp") == LINES[line]


def test_the_id_of_a_child_is_that_of_the_tracers_namespace() -> None:
    call = lines.parse("clone(child_stack=NULL, flags=SIGCHLD) = 5 /* 30809 in strace's PID NS */")

    assert isinstance(call, Call)
    assert (call.result, call.child) == ("5", 30809)


def tell(trace: Trace, *texts: str) -> list[int]:
    return [trace.line(text) for text in texts]


def test_a_run_begins_with_its_filter_and_takes_in_what_it_forks() -> None:
    trace = Trace()

    tell(
        trace,
        '10 openat(AT_FDCWD, "/ours", O_RDONLY) = 3',
        "10 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=0x1}) = 0",
        "10 clone(flags=SIGCHLD <unfinished ...>",
        '12 openat(AT_FDCWD, "/early", O_RDONLY) = 3',
        "10 <... clone resumed>) = 2 /* 12 in strace's PID NS */",
        '12 openat(AT_FDCWD, "/late", O_RDONLY) = 3',
        '13 openat(AT_FDCWD, "/a stranger", O_RDONLY) = 3',
    )

    assert trace.served(2) == 12
    assert [act.target for act in trace.watched(10).acts] == ["/early", "fork", "/late"]


def test_a_call_of_the_fork_server_is_a_run_of_its_own() -> None:
    trace = Trace()

    ended = tell(
        trace,
        "10 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=0x1}) = 0",
        "10 clone(flags=SIGCHLD) = 2 /* 12 in strace's PID NS */",
        '12 openat(AT_FDCWD, "/still ours", O_RDONLY) = 3',
        "12 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=0x1}) = 0",
        '12 openat(AT_FDCWD, "/the tool\'s", O_RDONLY) = 3',
        "12 +++ killed by SIGKILL +++",
    )

    assert ended[-1] == 12
    assert trace.watched(12) == Watched((Act("read", "/the tool's"),), "strace")


def test_the_program_that_was_ordered_is_no_act_and_the_next_one_is() -> None:
    trace = Trace(is_program=True)

    tell(
        trace,
        "10 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=0x1}) = 0",
        '10 execve("/usr/bin/python3", ["python3"], 0x1 /* 2 vars */) = 0',
        '10 execve("/bin/sh", ["sh"], 0x1 /* 2 vars */) = 0',
    )

    assert trace.first == 10
    assert trace.watched(10).processes == ("/bin/sh",)


def test_a_flood_is_cut_and_says_so() -> None:
    trace = Trace()
    tell(trace, "10 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=0x1}) = 0")

    tell(trace, *(f'10 openat(AT_FDCWD, "/{n}", O_RDONLY) = 3' for n in range(MOST_ACTS + 1)))

    watched = trace.watched(10)
    assert watched.cut
    assert len(watched.acts) == MOST_ACTS


def test_a_run_whose_end_was_not_seen_or_that_is_not_known_is_cut() -> None:
    trace = Trace()
    tell(trace, "10 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=0x1}) = 0")

    assert trace.watched(10, saw_end=False).cut
    assert trace.watched(11).cut


@pytest.mark.parametrize(
    "line", ["", "x", "10", "10 ???", "10 open(", "10 <... x resumed>", "-1 a"]
)
def test_a_line_of_no_known_form_is_passed_over(line: str) -> None:
    assert Trace().line(line) == 0
