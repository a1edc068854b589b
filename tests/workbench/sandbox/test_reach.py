"""What a run is given besides its own files: packages, folders, hosts, certificates."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from toolvet.errors import SandboxUnavailableError
from toolvet.sandbox import (
    Endpoint,
    Environment,
    Image,
    ImageError,
    Limits,
    Mount,
    Network,
    Outcome,
    Pool,
    TierReport,
    interpreter,
    run_program,
)
from toolvet.sandbox.fitting import AddressError, TierError, TierProcessesError, check
from toolvet.sandbox.inside import landlock
from toolvet.sandbox.launch import Reach
from toolvet_reviews.values import JsonObject

MakeTool = Callable[[str], Path]
LIMITS = Limits(wall_s=5)
MAIL = Endpoint("mail.example.com", 25, "127.0.1.1")
API = Endpoint("api.example.com", 443, "127.0.1.2")


class Echo:
    """Answers each connection with the name of the host it was meant for, in a thread each."""

    def __init__(self) -> None:
        self.opened = 0
        self._listeners: list[socket.socket] = []

    def open(self, listeners: Mapping[Endpoint, socket.socket]) -> None:
        self.opened += 1
        for endpoint, listener in listeners.items():
            self._listeners.append(listener)
            listener.setblocking(True)
            threading.Thread(target=self._serve, args=(endpoint, listener), daemon=True).start()

    def _serve(self, endpoint: Endpoint, listener: socket.socket) -> None:
        while True:
            try:
                channel, _ = listener.accept()
            except OSError:
                return
            with channel:
                channel.sendall(f"{endpoint.host}:{endpoint.port}".encode())

    async def close(self) -> None:
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def call(
    walls: TierReport,
    folder: Path,
    arguments: JsonObject | None = None,
    *,
    spares: int = 0,
    limits: Limits = LIMITS,
    **given: Any,
) -> Outcome:
    network: Network | None = given.pop("network", None)
    image = Image(folder, "tool:run", typed=False, **given)

    async def act() -> Outcome:
        pool = Pool(walls, spares=spares)
        try:
            return await pool.call(image, arguments or {}, limits, network=network)
        finally:
            await pool.close()

    return asyncio.run(act())


CONNECTS = """
import os
import socket

def run(host, port):
    with socket.create_connection((host, port), timeout=2) as channel:
        return channel.recv(100).decode()
"""


@pytest.mark.parametrize("endpoint", [MAIL, API])
def test_a_declared_host_is_reached_by_its_name(
    strong_walls: TierReport, make_tool: MakeTool, endpoint: Endpoint
) -> None:
    network = Echo()

    found = call(
        strong_walls,
        make_tool(CONNECTS),
        {"host": endpoint.host, "port": endpoint.port},
        endpoints=(MAIL, API),
        network=network,
    )

    assert found.value == f"{endpoint.host}:{endpoint.port}", found
    assert network.opened == 1


def test_a_declared_address_is_reached_as_itself(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    literal = Endpoint("192.0.2.7", 25, "192.0.2.7")

    found = call(
        strong_walls,
        make_tool(CONNECTS),
        {"host": "192.0.2.7", "port": 25},
        endpoints=(MAIL, literal),
        network=Echo(),
    )

    assert found.value == "192.0.2.7:25", found


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("other.example.com", 25),
        ("mail.example.com", 26),
        ("127.0.0.1", 22),
        ("127.0.0.1", 25),
        ("192.0.2.1", 443),
    ],
)
def test_what_was_not_declared_is_not_there(
    strong_walls: TierReport, make_tool: MakeTool, host: str, port: int
) -> None:
    # by its port, where the kernel has Landlock for TCP; by its address or name everywhere
    says = {"gaierror", "ConnectionRefusedError", "PermissionError", "OSError"}

    found = call(
        strong_walls,
        make_tool(CONNECTS),
        {"host": host, "port": port},
        endpoints=(MAIL, API),
        network=Echo(),
    )

    assert found.error is not None
    assert found.error.type in says


def test_listeners_are_of_one_call_and_nobody_answers_without_a_network(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    found = call(
        strong_walls, make_tool(CONNECTS), {"host": MAIL.host, "port": 25}, endpoints=(MAIL,)
    )

    assert found.error is not None
    assert found.error.type == "ConnectionRefusedError"


def test_a_program_reaches_the_declared_hosts_too(strong_walls: TierReport) -> None:
    network = Echo()
    code = (
        "import socket; c = socket.create_connection(('mail.example.com', 25), 2); "
        "print(c.recv(99).decode())"
    )
    running = run_program(
        [interpreter.executable(), "-I", "-c", code],
        walls=strong_walls,
        limits=LIMITS,
        reach=Reach(endpoints=(MAIL, API)),
        network=network,
    )

    assert asyncio.run(running).stdout == b"mail.example.com:25\n"


def test_packages_are_imported_behind_the_tools_own_modules(
    walls: TierReport, make_tool: MakeTool, tmp_path: Path
) -> None:
    deps = tmp_path / "deps"
    (deps / "pack").mkdir(parents=True)
    (deps / "pack" / "__init__.py").write_text("NAME = 'of the lock'\n")
    (deps / "mine.py").write_text("NAME = 'of the lock'\n")
    folder = make_tool(
        "import mine, pack\ndef run():\n    return [mine.NAME, pack.NAME, pack.__file__]\n"
    )
    (folder / "mine.py").write_text("NAME = 'of the tool'\n")

    found = call(walls, folder, environment=Environment(deps, "sha256:0"))

    root = deps if walls.tier == "C" else Path("/deps")
    assert found.value == ["of the tool", "of the lock", str(root / "pack" / "__init__.py")]


WRITES = """
import json, os, pathlib

def run(name):
    folder = pathlib.Path(json.loads(os.environ["TOOLVET_MOUNTS"])[name])
    text = (folder / "a.txt").read_text()
    try:
        (folder / "b.txt").write_text("written")
    except OSError as error:
        return [text, type(error).__name__]
    return [text, "written"]
"""


@pytest.mark.parametrize("writable", [True, False])
def test_a_folder_is_shown_under_its_name_and_written_only_when_granted(
    walls: TierReport, make_tool: MakeTool, shared_folder: Path, *, writable: bool
) -> None:
    (shared_folder / "a.txt").write_text("seen")

    found = call(
        walls,
        make_tool(WRITES),
        {"name": "traces"},
        mounts=(Mount("traces", shared_folder, writable=writable),),
    )

    assert isinstance(found.value, list), found
    assert (found.value[0], found.value[1] == "written") == ("seen", writable)
    assert (shared_folder / "b.txt").exists() is writable


def test_a_link_in_the_way_to_a_folder_is_not_followed(
    strong_walls: TierReport, make_tool: MakeTool, shared_folder: Path
) -> None:
    (shared_folder / "real" / "inner").mkdir(parents=True)
    (shared_folder / "way").symlink_to(shared_folder / "real")

    with pytest.raises(SandboxUnavailableError) as caught:
        call(
            strong_walls,
            make_tool(WRITES),
            {"name": "traces"},
            mounts=(Mount("traces", shared_folder / "way" / "inner"),),
        )

    assert caught.value.code == "sandbox.start_failed"


def test_certificates_are_where_libraries_look_for_them(
    strong_walls: TierReport, make_tool: MakeTool, shared_folder: Path
) -> None:
    bundle = shared_folder / "ca.pem"
    bundle.write_text("-- certificates --")
    source = """
import os
def run():
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    paths = {os.environ[name] for name in names}
    return [sorted(paths), [open(path).read() for path in paths]]
"""
    found = call(strong_walls, make_tool(source), endpoints=(API,), ca=bundle, network=Echo())

    assert found.value == [["/etc/ssl/certs/ca-certificates.crt"], ["-- certificates --"]]


def test_packages_of_the_hosts_interpreter_are_not_shown(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    source = """
import os, sysconfig
def run():
    folders = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    return [name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
"""
    assert call(strong_walls, make_tool(source)).value == []


def test_a_tool_without_hosts_sees_no_names_and_no_certificates(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    source = "import os\ndef run():\n    return sorted(os.listdir('/'))\n"

    found = call(strong_walls, make_tool(source))

    assert isinstance(found.value, list)
    assert not {"etc", "mnt", "deps", "proc", "sys", "var"}.intersection(map(str, found.value))


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint("mail.example.com", 25, "127.0.0.1"),
        Endpoint("mail.example.com", 25, "10.0.0.1"),
        Endpoint("mail.example.com", 0, "127.0.1.1"),
        Endpoint("mail.example.com\n127.0.1.9 other", 25, "127.0.1.1"),
        Endpoint("10.0.0.1", 25, "127.0.1.1"),
        Endpoint("2001:db8::1", 25, "2001:db8::1"),
        Endpoint("224.0.0.1", 25, "224.0.0.1"),
        Endpoint("0.0.0.0", 25, "0.0.0.0"),
        Endpoint("", 25, "127.0.1.1"),
    ],
)
def test_an_address_that_cannot_stand_for_a_host_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(AddressError) as caught:
        check(Image(Path("/"), "a:b", endpoints=(endpoint,)), LIMITS, "B")

    assert caught.value.code == "network.address"


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a\nb", "x" * 65])
def test_a_folder_needs_a_plain_name(name: str) -> None:
    with pytest.raises(ImageError):
        check(Image(Path("/"), "a:b", mounts=(Mount(name, Path("/srv")),)), LIMITS, "B")


def test_a_lower_tier_gives_no_hosts_and_no_processes() -> None:
    image = Image(Path("/"), "a:b", endpoints=(MAIL,))

    check(image, LIMITS, "B")
    with pytest.raises(TierError) as hosts:
        check(image, LIMITS, "C")
    with pytest.raises(TierProcessesError) as processes:
        check(Image(Path("/"), "a:b"), Limits(processes=2), "B")

    assert (hosts.value.code, processes.value.code) == ("sandbox.tier", "sandbox.tier_processes")


def test_a_writable_folder_keeps_files_plain(
    strong_walls: TierReport, make_tool: MakeTool, shared_folder: Path
) -> None:
    source = """
import os
def run():
    os.close(os.open("/mnt/out/made", os.O_CREAT | os.O_WRONLY, 0o755))
    os.makedirs("/mnt/out/a/b")
    os.rename("/mnt/out/made", "/mnt/out/a/b/moved")
    refused = []
    for act in (
        lambda: os.chmod("/mnt/out/a/b/moved", 0o4755),
        lambda: os.open("/mnt/out/owner", os.O_CREAT | os.O_WRONLY, 0o4755),
        lambda: os.mknod("/mnt/out/device", 0o600 | 0o020000, os.makedev(1, 3)),
        lambda: os.execv("/mnt/out/a/b/moved", ["x"]),
    ):
        try:
            act()
        except OSError:
            refused.append(True)
    return len(refused)
"""
    mount = Mount("out", shared_folder, writable=True)

    found = call(strong_walls, make_tool(source), mounts=(mount,))

    assert found.value == 4, found
    assert (shared_folder / "a" / "b" / "moved").stat().st_mode & 0o7000 == 0
    assert not (shared_folder / "device").exists()


def test_a_pipe_in_a_folder_to_read_carries_nothing_out(
    strong_walls: TierReport, make_tool: MakeTool, shared_folder: Path
) -> None:
    if landlock.abi() < 3:
        pytest.skip("the kernel's Landlock is older than its third version")
    os.mkfifo(shared_folder / "pipe", 0o666)
    os.chmod(shared_folder / "pipe", 0o666)
    reader = os.open(shared_folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    source = "import os\ndef run():\n    os.open('/mnt/in/pipe', os.O_WRONLY | os.O_NONBLOCK)\n"

    found = call(strong_walls, make_tool(source), mounts=(Mount("in", shared_folder),))

    os.close(reader)
    assert found.error is not None
    assert found.error.type == "PermissionError"


def test_a_folder_that_runs_may_not_enter_is_refused_with_the_way_out(
    strong_walls: TierReport, make_tool: MakeTool, shared_folder: Path
) -> None:
    if os.getuid() != 0:
        pytest.skip("runs of an ordinary user are that user's own")
    (shared_folder / "closed").mkdir(mode=0o700)

    with pytest.raises(ImageError) as caught:
        call(strong_walls, make_tool(WRITES), mounts=(Mount("x", shared_folder / "closed"),))

    assert caught.value.code == "mount.unreadable"
    assert "64001" in caught.value.hint


HOLDS_THREADS = """
import threading, time

def run(hold):
    stop = threading.Event()
    threading.stack_size(65536)
    started = 0
    try:
        for _ in range(300 if hold else 4):
            threading.Thread(target=stop.wait, args=(2,), daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    time.sleep(0.3)
    return started
"""


def test_calls_of_one_tool_do_not_share_a_count_of_threads(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    image = Image(make_tool(HOLDS_THREADS), "tool:run", typed=False)

    async def act() -> list[Outcome]:
        pool = Pool(strong_walls, spares=0)
        try:
            running = [pool.call(image, {"hold": n == 0}, LIMITS) for n in range(4)]
            return await asyncio.gather(*running)
        finally:
            await pool.close()

    greedy, *modest = asyncio.run(act())

    assert isinstance(greedy.value, int)
    assert greedy.value < 40
    assert [outcome.value for outcome in modest] == [4, 4, 4]
