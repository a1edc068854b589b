"""One program in the walls, once: linters, type checkers, test runners."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from toolvet.sandbox import cgroups, launch, listeners, scratch
from toolvet.sandbox.errors import NoWallsError, ZygoteStartError
from toolvet.sandbox.hierarchies import NoHierarchyError
from toolvet.sandbox.inside.config import Config
from toolvet.sandbox.model import Endpoint, Limits, Network, ProgramOutcome, TierReport
from toolvet.sandbox.probe import current
from toolvet_reviews.values import Tier

_CHUNK = 1 << 16
_GRACE_S = 2.0
_NOTHING = launch.Reach()


class _Collector:
    """Reads pipes until their end or until a cap shared by some of them is passed."""

    def __init__(self, killed: asyncio.Future[str]) -> None:
        self._killed = killed
        self._loop = asyncio.get_running_loop()
        self._open: set[int] = set()
        self.drained = asyncio.Event()

    def add(
        self, descriptor: int, into: bytearray, together: list[bytearray], cap: int, name: str
    ) -> None:
        """Collect what comes from a descriptor; `together` are all that count towards `cap`."""
        self._open.add(descriptor)

        def on_readable() -> None:
            data = os.read(descriptor, _CHUNK)
            room = cap - sum(map(len, together))
            into.extend(data[: max(0, room)])
            if len(data) > room and not self._killed.done():
                self._killed.set_result(name)
            if not data:
                self._close(descriptor)

        self._loop.add_reader(descriptor, on_readable)

    def _close(self, descriptor: int) -> None:
        self._loop.remove_reader(descriptor)
        os.close(descriptor)
        self._open.discard(descriptor)
        if not self._open:
            self.drained.set()

    def close(self) -> None:
        """Stop reading."""
        for descriptor in list(self._open):
            self._close(descriptor)


async def _feed(descriptor: int, data: bytes) -> None:
    """Write standard input, as fast as it is read."""
    with socket.socket(fileno=descriptor) as channel:
        channel.settimeout(0)
        with contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(channel, data)


class _Around(NamedTuple):
    """What a program is given that is not in its orders."""

    endpoints: Sequence[Endpoint]
    network: Network | None
    wrap: Sequence[str]
    slot: cgroups.Slot | None


class _Program:
    """The supervision of one program."""

    def __init__(self, config: Config, report: TierReport, limits: Limits, around: _Around) -> None:
        self._config = config
        self._around = around
        self._tier: Tier = report.tier
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._killed: asyncio.Future[str] = self._loop.create_future()
        self._collector = _Collector(self._killed)
        self._stdout, self._stderr, self._report = bytearray(), bytearray(), bytearray()

    def _pipe(self, into: bytearray, together: list[bytearray], cap_kib: int, name: str) -> int:
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        self._collector.add(read_end, into, together, cap_kib << 10, name)
        return write_end

    async def _start(self, stdin: int) -> launch.Launched:
        printed = [self._stdout, self._stderr]
        ends = [
            stdin,
            self._pipe(self._stdout, printed, self._limits.output_kib, "output"),
            self._pipe(self._stderr, printed, self._limits.output_kib, "output"),
            self._pipe(self._report, [self._report], self._limits.result_kib, "report"),
        ]
        try:
            streams = (ends[0], ends[1], ends[2])
            around = self._around
            return await launch.start(self._config, streams, ends[3], around.wrap, around.slot)
        finally:
            for descriptor in ends:
                os.close(descriptor)

    async def _take_listeners(self, control: socket.socket) -> None:
        """Hand the program's listeners to its network."""
        readable = asyncio.Event()
        self._loop.add_reader(control, readable.set)
        try:
            async with asyncio.timeout(self._limits.wall_s):
                await readable.wait()
            found = listeners.receive(control, self._around.endpoints)
        except TimeoutError:
            raise ZygoteStartError("the program handed out no listeners") from None
        finally:
            self._loop.remove_reader(control)
        if self._around.network is None:
            listeners.close([*found.values()])
        else:
            self._around.network.open(found)

    async def _status(self, launched: launch.Launched) -> int | None:
        """Return the exit code, or None when we ended it."""
        told = asyncio.ensure_future(self._loop.sock_recv(launched.control, 1024))
        try:
            await asyncio.wait(
                (told, self._killed),
                timeout=self._limits.wall_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not told.done():
                if not self._killed.done():
                    self._killed.set_result("wall time")
                return None
            message = told.result().decode(errors="replace")
        finally:
            told.cancel()
        if not message.isdigit():
            raise ZygoteStartError(f"the program was not started: {message or 'no word'}")
        return int(message)

    async def _end(self, launched: launch.Launched) -> None:
        """Kill whatever is left and wait for it."""
        process = launched.process
        if not self._config.namespaces and process.poll() is None:
            process.send_signal(signal.SIGTERM)  # it ends its descendants, which no namespace does
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    while process.poll() is None:
                        await asyncio.sleep(0.005)
        process.kill()
        launched.control.close()
        await self._loop.run_in_executor(None, process.wait)

    async def run(self, stdin: bytes) -> ProgramOutcome:
        """Run the program to its end."""
        started = time.perf_counter()
        local, remote = socket.socketpair()
        try:
            launched = await self._start(remote.detach())
        except BaseException:
            local.close()
            self._collector.close()
            raise
        feeding = asyncio.ensure_future(_feed(local.detach(), stdin))
        try:
            if self._around.endpoints:
                await self._take_listeners(launched.control)
            code = await self._status(launched)
        finally:
            feeding.cancel()
            await asyncio.shield(self._end(launched))
            if self._around.network is not None:
                await self._around.network.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    await self._collector.drained.wait()
            self._collector.close()
        killed = self._killed.result() if self._killed.done() else ""
        return ProgramOutcome(
            exit_code=None if killed else code,
            stdout=bytes(self._stdout),
            stderr=bytes(self._stderr),
            report=bytes(self._report),
            timed_out=killed == "wall time",
            killed_for=killed,
            wall_ms=(time.perf_counter() - started) * 1e3,
            tier=self._tier,
        )


async def run_program(
    argv: Sequence[str],
    *,
    walls: TierReport | None = None,
    folder: Path | None = None,
    binds: Sequence[Path] = (),
    limits: Limits,
    env: dict[str, str] | None = None,
    stdin: bytes = b"",
    report: bool = False,
    reach: launch.Reach = _NOTHING,
    network: Network | None = None,
    wrap: Sequence[str] = (),
) -> ProgramOutcome:
    """Run one program in the walls, with a writable /tmp of its own as its working folder.

    Without namespaces (tier C) the words /tool and /sdk at the start of an argument, of an
    environment value, or after `=`, `:` or `,` there, become the real folders.

    Args:
        argv: The program's absolute path and its arguments.
        walls: What the probes found; None asks `current()`, which never allows tier C.
        folder: Shown read-only at /tool.
        binds: Shown read-only at their own path, besides the interpreter and its libraries.
        limits: `processes` counts beyond the first.
        env: Added to PATH, HOME, TMPDIR, LANG and TOOLVET_REPORT_FD.
        stdin: Fed to standard input.
        report: Whether the program may write to the report descriptor.
        reach: What it is given besides: packages at /deps, folders below /mnt, hosts.
        network: Answers for the hosts; it is closed at the end. Without one, nobody answers.
        wrap: A program, with its arguments, that observes the run from outside.

    Raises:
        SandboxUnavailableError: There are no walls here, or they could not be built.
        ImageError: A path to show is not there.
    """
    walls = walls or await asyncio.to_thread(current)
    if walls.tier == "none":
        raise NoWallsError(walls.reason, walls.cure)
    own = scratch.make() if walls.tier == "C" else None
    slot: cgroups.Slot | None = None
    try:
        slot = await asyncio.to_thread(_lease, limits) if walls.tier == "A" else None
        limits = limits if report else replace(limits, result_kib=0)
        config = launch.make_config(
            "program",
            walls.tier,
            replace(limits, processes=max(1, limits.processes)),
            folder=folder,
            binds=binds,
            scratch=str(own or ""),
            argv=argv,
            env=env,
            reach=reach,
        )
        if own is not None and config.uid is not None:
            os.chown(own, config.uid, config.uid)
        around = _Around(reach.endpoints, network, wrap, slot)
        return await _Program(config, walls, limits, around).run(stdin)
    finally:
        if slot is not None:
            cgroups.slots().release(slot)
        if own is not None:
            await asyncio.to_thread(scratch.remove, own)


def _lease(limits: Limits) -> cgroups.Slot:
    try:
        return cgroups.slots().lease(limits)
    except (OSError, NoHierarchyError) as error:
        raise ZygoteStartError(f"no control group for the program: {error}") from error
