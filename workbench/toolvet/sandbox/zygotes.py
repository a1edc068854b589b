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

from toolvet.sandbox import launch, scratch
from toolvet.sandbox.errors import ZygoteStartError
from toolvet.sandbox.inside.config import READY
from toolvet.sandbox.model import Image, Limits
from toolvet_reviews.values import Tier

_log = logging.getLogger(__name__)

_START_S = 20.0
_SPARE_MAX_AGE_S = 300.0
"""A spare has run the tool's module already; older than this, its notion of `now` is stale."""
_TIDY_S = 0.001
"""How long an answer has to leave the service before anything is done about the next call."""
_DEATH_MS = 5000
_MESSAGE_MAX = 4096


@dataclass(eq=False)
class Child:
    """One forked call: its ends of the channel and of the output pipe, and its pidfd once known."""

    channel: socket.socket
    output: int
    scratch: Path | None
    born: float = field(default_factory=time.monotonic)
    _pidfd: int | None = None
    _doomed: bool = False

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
        self, launched: launch.Launched, scratch_root: Path | None, uid: int | None
    ) -> None:
        self._process = launched.process
        self._control = launched.control
        self._scratch_root = scratch_root
        self._uid = uid
        self._expecting: deque[Child] = deque()
        self._spares: deque[Child] = deque()
        self._finished: list[Child] = []
        self._tidying: asyncio.TimerHandle | None = None
        self._scratches = 0
        self.alive = True
        self.calls = 0
        """Running now."""

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
        config = launch.make_config(
            "zygote",
            tier,
            limits,
            folder=image.folder,
            scratch=str(scratch_root or ""),
            entry=image.entry,
            typed=image.typed,
            preload=image.preload,
        )
        if scratch_root is not None and config.uid is not None:
            os.chown(scratch_root, config.uid, config.uid)
        zygote = cls(await launch.start(config), scratch_root, config.uid)
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
            reason = message.decode(errors="replace") or "it ended at once"
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
        if message != b"p" or len(descriptors) != 1 or not self._expecting:
            _log.warning("a zygote ended: %s", message.decode(errors="replace"))
            self.close()
            return
        self._expecting.popleft().attach(descriptors[0])

    def _make_scratch(self) -> Path | None:
        if self._scratch_root is None:
            return None
        self._scratches += 1
        folder = self._scratch_root / str(self._scratches)
        folder.mkdir(mode=0o700)
        if self._uid is not None:
            os.chown(folder, self._uid, self._uid)
        return folder

    def _order(self) -> Child:
        scratch = self._make_scratch()
        channel, remote = socket.socketpair()
        output, remote_output = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(remote_output, True)
        rights = array.array("i", [remote.fileno(), remote_output])
        try:
            self._control.sendmsg(
                [b"f" + str(scratch or "").encode()],
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)],
            )
        except OSError as error:
            channel.close()
            os.close(output)
            self.close()
            raise ZygoteStartError(f"the zygote is gone: {error.strerror}") from error
        finally:
            remote.close()
            os.close(remote_output)
        channel.settimeout(0)
        child = Child(channel, output, scratch)
        self._expecting.append(child)
        return child

    def take(self) -> Child:
        """Return a child for one call: a spare, or one that is being forked.

        Raises:
            ZygoteStartError: The zygote is gone.
        """
        while self._spares:
            child = self._spares.popleft()
            if time.monotonic() - child.born < _SPARE_MAX_AGE_S:
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
        asyncio.get_running_loop().run_in_executor(None, _bury, self._process, self._scratch_root)
