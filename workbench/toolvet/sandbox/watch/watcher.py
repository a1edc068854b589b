"""strace around a launcher: started with it, read in a thread, asked about each run at its end.

Without `--seccomp-bpf`, on purpose: with it, what our own filter refuses would leave no line. Tracer
and traced share one processor: a stop that crosses processors costs several times as much.
"""

import asyncio
import contextlib
import functools
import itertools
import logging
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from toolvet.sandbox import interpreter, scratch
from toolvet.sandbox.watch.lines import TRACED
from toolvet.sandbox.watch.model import Watched
from toolvet.sandbox.watch.trace import Trace

_log = logging.getLogger(__name__)

_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 16
_END_S = 10.0
"""How long a run's last lines may take after it was ended; on an idle machine, milliseconds."""
_TRIAL_S = 10.0
_OPTIONS = ("-f", "-q", "-a", "1", "-s", "128", "--decode-pids=pidns")
_INSIDE = ("/tool", "/sdk", "/deps")
_PLACES = "/usr/bin:/bin:/usr/local/bin"


@functools.cache
def _strace() -> str:
    """Find a tracer that works here; empty when there is none. Tries it, for about 20 ms."""
    scratch.sweep()  # a killed service may have left its pipe
    found = shutil.which("strace", path=_PLACES)
    if not found:
        return ""
    command = [found, *_OPTIONS, "-o", os.devnull, "--", "/bin/true"]
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, no shell
            command, capture_output=True, timeout=_TRIAL_S, check=False, env={}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.info("strace does not run here: %s", error)
        return ""
    if done.returncode:
        _log.info("strace may not trace here: %s", done.stderr[-200:].decode(errors="replace"))
        return ""
    return found


def observer() -> Literal["strace", "hook"]:
    """Say who can watch on this host. The first time it tries, which blocks for a moment."""
    return "strace" if _strace() else "hook"


class Watcher:
    """One tracer and what it has seen. Belongs to one event loop."""

    def __init__(self, *, is_program: bool = False, quiet: Sequence[Path] = ()) -> None:
        """Prepare; the launcher is started with `argv` before its own.

        Args:
            is_program: The launcher runs one program, not a fork server.
            quiet: Folders whose files are read by everybody, besides the interpreter's and the
                tool's own.
        """
        self._loop = asyncio.get_running_loop()
        self._folder = scratch.make()
        self._fifo = self._folder / "trace"
        os.mkfifo(self._fifo, 0o600)
        self._read_end = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._hold: int | None = os.open(self._fifo, os.O_WRONLY | os.O_CLOEXEC)
        """Keeps the pipe from ending before the tracer has opened it."""
        os.set_blocking(self._read_end, True)
        shown = (*interpreter.visible_paths(), interpreter.SDK, *quiet)
        self._trace = Trace(is_program=is_program, quiet=(*_INSIDE, *map(str, shown)))
        self._lock = threading.Lock()
        self._ended: set[int] = set()
        self._is_over = False
        self._changed = asyncio.Event()
        threading.Thread(target=self._read, name="toolvet-watcher", daemon=True).start()

    @property
    def argv(self) -> tuple[str, ...]:
        """What to put before the launcher's own words."""
        traced = ",".join(f"?{name}" for name in TRACED)
        return (
            *_pinned(),
            *(_strace(), *_OPTIONS, "-e", f"trace={traced}", "-o", str(self._fifo), "--"),
        )

    def close(self) -> None:
        """Take no more: the launcher has ended, or is being killed."""
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None
            self._loop.run_in_executor(None, scratch.remove, self._folder)

    async def of(self, process: int) -> Watched:
        """Say what a run did, once it has ended.

        Args:
            process: Its first process, by the id it has for the fork server.
        """
        saw_end = await self._wait(lambda: self._trace.served(process) in self._ended)
        with self._lock:
            first = self._trace.served(process)
            self._ended.discard(first)
            return self._trace.watched(first, saw_end=saw_end)

    async def of_program(self) -> Watched:
        """Say what the one program did; closes, since it has ended."""
        self.close()
        saw_end = await self._wait(lambda: self._is_over)
        with self._lock:
            return self._trace.watched(self._trace.first, saw_end=saw_end)

    async def _wait(self, is_there: Callable[[], bool]) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                while not (is_there() or self._is_over):
                    self._changed.clear()
                    await self._changed.wait()
        return is_there()

    def _read(self) -> None:
        """Take lines until every traced process is gone. Runs in a thread of its own."""
        rest = b""
        while data := os.read(self._read_end, _CHUNK):
            *whole, rest = (rest + data).split(b"\n")
            with self._lock:
                ended = [number for line in whole if (number := self._take(line))]
            rest = rest[-_LONGEST_LINE:]
            if ended:
                self._tell(ended)
        os.close(self._read_end)
        self._tell([], is_over=True)

    def _take(self, line: bytes) -> int:
        return self._trace.line(line.decode("latin-1"))

    def _tell(self, ended: Sequence[int], *, is_over: bool = False) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._note, ended, is_over)

    def _note(self, ended: Sequence[int], is_over: bool) -> None:  # noqa: FBT001 - called by the loop
        self._ended.update(ended)
        self._is_over |= is_over
        self._changed.set()


_turn = itertools.count()


def _pinned() -> tuple[str, ...]:
    """Words that keep a program and its children on one processor; on the next one each time."""
    found = shutil.which("taskset", path=_PLACES)
    processors = sorted(os.sched_getaffinity(0))
    if not found or len(processors) < 2:
        return ()
    return (found, "--cpu-list", str(processors[next(_turn) % len(processors)]))
