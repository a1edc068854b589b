"""The supervisor's handle of one zygote and of the calls it forks."""

import array
import asyncio
import contextlib
import logging
import os
import select
import signal
import socket
import subprocess
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from toolvet.sandbox import cgroups, launch, scratch
from toolvet.sandbox.errors import ZygoteGoneError, ZygoteStartError
from toolvet.sandbox.hierarchies import NoHierarchyError
from toolvet.sandbox.inside.config import READY
from toolvet.sandbox.model import Image, Limits
from toolvet.sandbox.watch import Watched, Watcher, observer
from toolvet_reviews.values import Tier

_log = logging.getLogger(__name__)

_START_S = 20.0
_SPARE_MAX_AGE_S = 300.0
"""A spare has run the tool's module already; older than this, its notion of `now` is stale."""
_TIDY_S = 0.001
"""How long an answer has to leave the service before anything is done about the next call."""
_GONE_S = 0.03
"""Processes of one namespace that are killed together do not hang up in any order."""
_DEATH_MS = 5000
_ATTACH_S = 2.0
_MESSAGE_MAX = 4096


@dataclass(eq=False)
class Child:
    """One forked call: its ends of the channel and of the output pipe, and its pidfd once known."""

    channel: socket.socket
    output: int
    scratch: Path | None
    slot: cgroups.Slot | None = None
    """The control group it runs in, in tier A."""
    born: float = field(default_factory=time.monotonic)
    process: int = 0
    """Its id as the zygote knows it, of a watched one; 0 while it is not known."""
    _pidfd: int | None = None
    _doomed: bool = False

    @property
    def has_ended(self) -> bool:
        """Tell whether its process is over already; False while that is not known."""
        if self._pidfd is None:
            return False
        poller = select.poll()
        poller.register(self._pidfd, select.POLLIN)
        return bool(poller.poll(0))

    def attach(self, pidfd: int) -> None:
        """Take the pidfd that the zygote sent."""
        self._pidfd = pidfd
        if self._doomed:
            self._kill()

    def kill(self) -> None:
        """End the call with all its descendants, now or as soon as its pidfd arrives."""
        if self._doomed:
            return
        self._doomed = True
        self.channel.close()
        os.close(self.output)
        if self.slot is not None:
            cgroups.slots().release(self.slot)
        if self._pidfd is not None:
            self._kill()

    def _kill(self) -> None:
        pidfd, self._pidfd = self._pidfd, None
        if pidfd is None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        if self.scratch is None:
            os.close(pidfd)
        else:
            asyncio.get_running_loop().run_in_executor(None, _remove_after, pidfd, self.scratch)


def _remove_after(pidfd: int, folder: Path) -> None:
    """Remove a folder once the process that wrote to it is gone."""
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    poller.poll(_DEATH_MS)
    os.close(pidfd)
    scratch.remove(folder)


def _bury(process: subprocess.Popen[bytes], folder: Path | None) -> None:
    """Wait for a killed launcher and remove what its calls wrote."""
    process.wait()
    if folder is not None:
        scratch.remove(folder)


class Zygote:
    """One running fork server. Belongs to one event loop."""

    def __init__(
        self,
        launched: launch.Launched,
        scratch_root: Path | None,
        uid: int | None,
        watcher: Watcher | None = None,
        capped: Limits | None = None,
    ) -> None:
        self._process = launched.process
        self._capped = capped
        self._watcher = watcher
        self._attached = asyncio.Event()
        self._control = launched.control
        self._scratch_root = scratch_root
        self._uid = uid
        self._expecting: deque[Child] = deque()
        self._spares: deque[Child] = deque()
        self._finished: list[Child] = []
        self._tidying: asyncio.TimerHandle | None = None
        self._scratches = 0
        self.alive = True
        self.is_mourned = False
        """Its death was counted already."""

    @property
    def process(self) -> int:
        """Id of the launcher, which everything else is below."""
        return self._process.pid

    async def is_gone(self) -> bool:
        """Tell, after a call died, whether it died with its zygote; takes a moment when not."""
        if not self._has_hung_up():
            await asyncio.sleep(_GONE_S)
        return self._has_hung_up()

    def _has_hung_up(self) -> bool:
        if self.alive:
            with contextlib.suppress(BlockingIOError):
                try:
                    is_over = not self._control.recv(1, socket.MSG_PEEK)
                except ConnectionError:
                    is_over = True
                if is_over:
                    self._on_control()
        return not self.alive

    @classmethod
    async def start(cls, image: Image, limits: Limits, tier: Tier) -> "Zygote":
        """Start a zygote and wait until it serves.

        Raises:
            ZygoteStartError: It did not come up.
        """
        scratch_root: Path | None = None
        if tier == "C":
            scratch.sweep()
            scratch_root = scratch.make()
        # in a thread: it looks at every file of a tool's packages
        config = await asyncio.to_thread(
            launch.config_of, image, limits, tier, str(scratch_root or "")
        )
        if scratch_root is not None and config.uid is not None:
            os.chown(scratch_root, config.uid, config.uid)
        seen_by = await asyncio.to_thread(observer) if image.watch else "hook"
        watching = Watcher(quiet=[image.folder]) if seen_by == "strace" else None
        try:
            launched = await launch.start(config, wrap=watching.argv if watching else ())
        except BaseException:
            if watching is not None:
                watching.close()
            raise
        zygote = cls(
            launched, scratch_root, config.uid, watching, limits if config.capped else None
        )
        try:
            await zygote._wait_until_ready()
        except BaseException:
            zygote.close()
            raise
        return zygote

    async def _wait_until_ready(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_START_S):
                message = await loop.sock_recv(self._control, _MESSAGE_MAX)
        except TimeoutError:
            raise ZygoteStartError(f"no zygote after {_START_S} s") from None
        if message != READY:
            reason = ascii(message.decode(errors="replace")) if message else "it ended at once"
            raise ZygoteStartError(f"the zygote did not start: {reason}")
        loop.add_reader(self._control, self._on_control)

    def _on_control(self) -> None:
        try:
            message, ancillary, _, _ = self._control.recvmsg(_MESSAGE_MAX, socket.CMSG_SPACE(4))
        except BlockingIOError:
            return
        except OSError:
            message, ancillary = b"", []
        descriptors = array.array("i")
        for _level, _kind, data in ancillary:
            descriptors.frombytes(data)
        if message[:1] != b"p" or len(descriptors) != 1 or not self._expecting:
            _log.warning("a zygote ended: %s", ascii(message.decode(errors="replace")))
            self.close()
            return
        child = self._expecting.popleft()
        if self._watcher is not None:
            child.process = int(message[1:])
            self._attached.set()
        child.attach(descriptors[0])

    async def watched(self, child: Child) -> Watched:
        """Say what a call did, of an image with `watch`; ends it."""
        if self._watcher is None:
            return Watched((), "hook")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ATTACH_S):
                while self.alive and child in self._expecting:
                    self._attached.clear()
                    await self._attached.wait()
        child.kill()
        return await self._watcher.of(child.process)

    def _make_scratch(self) -> Path | None:
        if self._scratch_root is None:
            return None
        self._scratches += 1
        folder = self._scratch_root / str(self._scratches)
        folder.mkdir(mode=0o700)
        if self._uid is not None:
            os.chown(folder, self._uid, self._uid)
        return folder

    def _lease(self) -> cgroups.Slot | None:
        if not self._capped:
            return None
        try:
            return cgroups.slots().lease(self._capped)
        except (OSError, NoHierarchyError) as error:
            raise ZygoteStartError(f"no control group for the call: {error}") from error

    def _send_order(self, scratch: Path | None, slot: cgroups.Slot | None, ends: list[int]) -> None:
        with slot.entrances() if slot else contextlib.nullcontext[list[int]]([]) as entrances:
            rights = array.array("i", [*ends, *entrances])
            self._control.sendmsg(
                [b"f" + str(scratch or "").encode()],
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)],
            )

    def _order(self) -> Child:
        slot = self._lease()
        scratch = self._make_scratch()
        channel, remote = socket.socketpair()
        output, remote_output = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(remote_output, True)
        try:
            self._send_order(scratch, slot, [remote.fileno(), remote_output])
        except OSError as error:
            if slot is not None:
                cgroups.slots().release(slot)
            channel.close()
            os.close(output)
            self.close()
            raise ZygoteGoneError(f"the zygote is gone: {error.strerror}") from error
        finally:
            remote.close()
            os.close(remote_output)
        channel.settimeout(0)
        child = Child(channel, output, scratch, slot)
        self._expecting.append(child)
        return child

    def take(self) -> Child:
        """Return a child for one call: a spare, or one that is being forked.

        Raises:
            ZygoteGoneError: It died meanwhile.
        """
        while self._spares:
            child = self._spares.popleft()
            if time.monotonic() - child.born < _SPARE_MAX_AGE_S and not child.has_ended:
                return child
            child.kill()
        return self._order()

    def tidy_later(self, child: Child, spares: int) -> None:
        """End a call's child for sure and order the next ones, off the caller's path."""
        if not self.alive:
            child.kill()
            return
        self._finished.append(child)
        if self._tidying is None:
            loop = asyncio.get_running_loop()
            self._tidying = loop.call_later(_TIDY_S, self._tidy, spares)

    def _tidy(self, spares: int) -> None:
        self._tidying = None
        finished, self._finished = self._finished, []
        for child in finished:
            child.kill()
        with contextlib.suppress(ZygoteStartError):
            while self.alive and len(self._spares) < spares:
                self._spares.append(self._order())

    def trim(self, spares: int) -> None:
        """End spares beyond a number: nobody calls often enough for them."""
        while len(self._spares) > spares:
            self._spares.pop().kill()

    def close(self) -> None:
        """End the zygote and every call it forked."""
        if not self.alive:
            return
        self.alive = False
        asyncio.get_running_loop().remove_reader(self._control)
        if self._tidying is not None:
            self._tidying.cancel()
        for child in (*self._spares, *self._finished):
            child.kill()
        self._spares.clear()
        self._finished.clear()
        self._process.kill()  # process 1 of its namespace goes with it, and all below
        self._control.close()
        if self._watcher is not None:
            self._watcher.close()
        asyncio.get_running_loop().run_in_executor(None, _bury, self._process, self._scratch_root)
