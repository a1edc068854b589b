"""Attacks of a tool that was given something: folders of the host, a declared host, packages."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hostile_probes import LIMITS
from hostile_promises import Judge, ends, gives, held, survived, told
from hostile_scenarios import CORPUS, Scenario, Stage, request_of

from toolvet.errors import ToolvetError
from toolvet.sandbox import Endpoint, Environment, Image, Mount, Outcome, Pool

SECRET = "the secret beside the folder"
DECLARED = Endpoint("api.example.com", 8443, "127.0.1.1")


@dataclass
class Sink:
    """The trusted end of a run's network: answers `hello` once, and counts who came."""

    came: int = 0
    _listeners: list[socket.socket] = field(default_factory=list[socket.socket])

    def open(self, listeners: Mapping[Endpoint, socket.socket]) -> None:
        """See `toolvet.sandbox.Network`."""
        loop = asyncio.get_running_loop()
        for listener in listeners.values():
            listener.setblocking(False)
            self._listeners.append(listener)
            loop.add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            self.came += 1
            with connection:
                connection.send(b"hello yourself")

    async def close(self) -> None:
        """See `toolvet.sandbox.Network`."""
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.remove_reader(listener)
            listener.close()
        self._listeners.clear()


ROOMS: dict[str, Judge] = {
    "read_given": gives("data"),
    "write_into_given": held,
    "overwrite_given": held,
    "remove_given": held,
    "map_given_for_writing": held,
    "leave_given_by_link": held,
    "leave_given_by_folder_link": held,
    "leave_given_upwards": held,
    "leave_given_by_descriptor": held,
    "talk_through_given": held,
    "connect_through_given": held,
    "send_through_given_by_pair": held,
    "send_through_given_by_number": held,
    "write_into_shared": gives("mine"),
    "leave_shared_by_link": held,
    "leave_shared_by_hard_link": held,
    "move_out_of_shared": held,
    "own_for_others": held,
    "own_for_others_when_made": held,
    "device_in_shared": held,
    "race_by_links": gives("nothing"),
}

DOORS: dict[str, Judge] = {
    "talk_to_declared": gives("hello yourself"),
    **dict.fromkeys(
        (
            "other_port",
            "other_address",
            "host_of_the_host",
            "undeclared_name",
            "resolve_by_datagram",
            "listen_oneself",
            "bind_alone",
            "multipath",
            "streams_of_another_kind",
            "sixth_version",
            "every_other_socket",
            "settings_of_the_network",
            "routes_of_the_network",
            "another_protocol_on_top",
            "filter_of_packets",
            "signed_packets",
            "repair",
            "connect_through_given",
            "send_through_given_by_pair",
        ),
        held,
    ),
    # of sequenced packets the kernel ignores the address; that nobody heard them is what counts
    "send_through_given_by_number": survived,
    # the supervisor takes one message with descriptors; what comes later is a frame, and no good one
    "send_descriptor_home": ends("returned", "refused", "died", "timed_out"),
}


def _furnish(folder: Path) -> tuple[Mount, ...]:
    """Make two folders with everything in them that could lead out, and a secret beside them."""
    folder.chmod(0o755)
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o666)
    given, shared = folder / "given", folder / "shared"
    for one in (given, shared):
        one.mkdir()
        one.chmod(0o777)
    (given / "data").write_text("data")
    (given / "data").chmod(0o777)
    (given / "way-out").symlink_to(folder / "secret")
    (given / "folder-out").symlink_to(folder)
    os.mkfifo(given / "pipe")
    (given / "pipe").chmod(0o666)
    return Mount("given", given), Mount("shared", shared, writable=True)


@contextlib.contextmanager
def _listening(given: Path) -> Generator[tuple[int, tuple[socket.socket, socket.socket], int]]:
    """Listen on sockets that lie in the folder, and read its pipe."""
    with (
        socket.socket(socket.AF_UNIX) as stream,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        stream.bind(str(given / "socket"))
        stream.listen()
        datagrams.bind(str(given / "datagrams"))
        for name in ("socket", "datagrams"):
            (given / name).chmod(0o777)
        pipe = os.open(given / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        try:
            yield server.getsockname()[1], (stream, datagrams), pipe
        finally:
            os.close(pipe)


def _came(ends_of: tuple[socket.socket, socket.socket], pipe: int) -> str:
    """Say whether anybody reached the host through the folder."""
    stream, datagrams = ends_of
    for one in ends_of:
        one.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        stream.accept()
        return "somebody connected through a folder"
    with contextlib.suppress(BlockingIOError):
        datagrams.recv(1)
        return "somebody sent through a folder"
    with contextlib.suppress(BlockingIOError):
        if os.read(pipe, 1):
            return "somebody wrote into a pipe of the host"
    return ""


async def _attack_all(
    stage: Stage, image: Image, attacks: Mapping[str, Judge], *, network: bool
) -> str:
    given = next(mount.folder for mount in image.mounts)
    wrong: list[str] = []
    with _listening(given) as (port, ends_of, pipe):
        facts = {
            "secret": str(stage.folder / "secret"),
            "host": DECLARED.host,
            "door": str(DECLARED.port),
            "port": str(port),
            "outer": "192.0.2.1",
        }
        async with stage.pool() as pool:
            for name, promise in attacks.items():
                sink = Sink() if network else None
                outcome = await _call(pool, image, f"reach.{name}", facts, sink)
                problem = promise(outcome) or _came(ends_of, pipe)
                if SECRET in told(outcome):
                    problem = f"the secret came out: {told(outcome)}"
                if problem:
                    wrong.append(f"{name}: {problem}")
    if (stage.folder / "secret").read_text() != SECRET:
        wrong.append("the secret is not what it was")
    return "; ".join(wrong)


async def _call(
    pool: Pool, image: Image, program: str, facts: dict[str, str], sink: Sink | None
) -> Outcome:
    limits = LIMITS["usual"]
    return await pool.call(image, request_of(program, facts), limits, network=sink)


async def folders_are_no_ways_out(stage: Stage) -> str:
    """What a tool may do with a folder it may read, and with one it may write."""
    image = replace(CORPUS, mounts=_furnish(stage.folder))
    return await _attack_all(stage, image, ROOMS, network=False)


async def a_declared_host_is_all_there_is(stage: Stage) -> str:
    """With one host declared: that one, and nothing beside it."""
    image = replace(CORPUS, mounts=_furnish(stage.folder), endpoints=(DECLARED,))
    if stage.tier == "C":
        return await _refused(stage, image)
    return await _attack_all(stage, image, DOORS, network=True)


async def _refused(stage: Stage, image: Image) -> str:
    """In tier C nothing of the kind is run."""
    async with stage.pool() as pool:
        try:
            outcome = await _call(pool, image, "reach.talk_to_declared", {}, Sink())
        except ToolvetError as error:
            return "" if error.code == "sandbox.tier" else f"{error.code} {error}"
    return f"it was run: {told(outcome)}"


async def processes_need_a_cap_of_them_all(stage: Stage) -> str:
    """Declared processes: in tier A their memory is capped together, elsewhere they are refused."""
    limits = replace(LIMITS["usual"], processes=3)
    async with stage.pool() as pool:
        try:
            outcome = await pool.call(CORPUS, request_of("processes.fork", {}), limits)
        except ToolvetError as error:
            return (
                "" if stage.tier != "A" and error.code == "sandbox.tier_processes" else str(error)
            )
    return "" if stage.tier == "A" and outcome.status == "returned" else told(outcome)


PACKAGES: dict[str, Judge] = {
    "imported_ahead": gives(False),
    "ran_by_lying_there": gives([]),
    "in_place_of_others": gives([]),
    "below_our_name": held,
    "write_into_package": held,
    "plant_bytecode": held,
    "order_of_paths": gives(["standard", "tool", "packages"]),
}

_PLANTED = {
    "greedy.py": "import os\nIN_CALL = 'TOOLVET_SCRATCH' in os.environ\n",
    "greedy.pth": "import os; os.environ['FROM_PTH'] = '1'\n",
    "sitecustomize.py": "import os\nos.environ['FROM_SITE'] = '1'\n",
    "usercustomize.py": "import os\nos.environ['FROM_USER'] = '1'\n",
    "json.py": "raise SystemExit('in place of json')\n",
    "token.py": "WORD = 'in place of token'\n",
    "attack.py": "def attack(program, facts): return {'did': 'taken over'}\n",
    "kernel.py": "raise SystemExit('in place of a module of the tool')\n",
    "toolvet/__init__.py": "",
    "toolvet/planted.py": "",
    "toolvet/sdk/__init__.py": "raise SystemExit('in place of the SDK')\n",
}


def _packages(folder: Path, planted: Mapping[str, str]) -> Path:
    """Lay packages as a wheel might that got past its checks."""
    folder.mkdir()
    for name, text in planted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for one in [folder, *folder.rglob("*")]:
        one.chmod(0o755 if one.is_dir() else 0o644)
    return folder


async def packages_stay_packages(stage: Stage) -> str:
    """Nobody approved them: they run in the call alone, under their own names."""
    stage.folder.chmod(0o755)
    deps = _packages(stage.folder / "deps", _PLANTED)
    image = replace(CORPUS, environment=Environment(deps, "sha256:" + "0" * 64))
    wrong: list[str] = []
    async with stage.pool() as pool:
        for name, promise in PACKAGES.items():
            outcome = await _call(pool, image, f"packages.{name}", {}, None)
            if problem := promise(outcome):
                wrong.append(f"{name}: {problem}")
    return "; ".join(wrong)


_AHEAD = {
    "ends": "import os\nos._exit(0)\n",
    "leaves": "raise SystemExit(0)\n",
    "breaks": "import nowhere\n",
    "forks": "import os\nif os.fork() == 0:\n    os._exit(0)\n",
    "takes": "kept = bytearray(1 << 30)\n",
}


async def approved_packages_fail_in_their_own_calls(stage: Stage) -> str:
    """An approved package that behaves badly when imported ahead costs its tool, and nobody else."""
    stage.folder.chmod(0o755)
    wrong: list[str] = []
    async with stage.pool(spares=0) as pool:
        for name, text in _AHEAD.items():
            deps = _packages(stage.folder / f"deps-{name}", {f"{name}.py": text})
            image = replace(
                stage.tool(name, f"import {name}\n\ndef run(): return 1\n"),
                environment=Environment(deps, "sha256:" + "1" * 64, approved=True),
            )
            try:
                await pool.call(image, {}, LIMITS["quick"])
            except ToolvetError as error:
                if error.code not in ("sandbox.start_failed", "tool.fenced"):
                    wrong.append(f"{name}: {error.code}")
        after = await _call(pool, CORPUS, "processes.standard_input", {}, None)
    return "; ".join(wrong) or gives(0)(after)


REACH: dict[str, Scenario] = {
    "folders are no ways out": folders_are_no_ways_out,
    "a declared host is all there is": a_declared_host_is_all_there_is,
    "processes need a cap of them all": processes_need_a_cap_of_them_all,
    "packages stay packages": packages_stay_packages,
    "approved packages fail in their own calls": approved_packages_fail_in_their_own_calls,
}
