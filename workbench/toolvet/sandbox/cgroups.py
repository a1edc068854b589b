"""A control group for each call that runs: memory and processes of all it started, together.

Groups are made once and used again, one call at a time. The child enters its group itself, through
a descriptor that came with the order to fork, before it is confined: so there is neither a moment
without a cap nor a process id to be mistaken. The kernel asks for the rights of who opened it.
"""

import atexit
import contextlib
import functools
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Generator
from pathlib import Path

from toolvet.sandbox import hierarchies
from toolvet.sandbox.hierarchies import Hierarchy
from toolvet.sandbox.model import Limits

_MIB = 1 << 20
_OWN_MIB = 32
"""What our own part of a call may take: interpreter, pages copied after the fork."""
_THREADS = 40
_MOST = 512
"""Groups kept; more calls than that at once are refused long before."""

_TRIES, _PAUSE_S = 50, 0.01

_Caps = tuple[int, int]


def _caps(limits: Limits) -> _Caps:
    """Bytes and processes; 0 bytes is no cap. Scratch is memory too."""
    total = limits.memory_mib + limits.scratch_mib + _OWN_MIB
    return (total * _MIB if limits.memory_mib else 0), _THREADS + limits.processes


class Slot:
    """One group, in every hierarchy it takes."""

    def __init__(self, hierarchy: Hierarchy, name: str, caps: _Caps) -> None:
        """Make the group.

        Raises:
            OSError: The kernel would not.
        """
        self.caps = caps
        self._version = hierarchy.version
        self.folders = tuple(folder / name for folder in hierarchy.folders)
        for folder in self.folders:
            folder.mkdir()
        self._cap(*caps)

    def _cap(self, memory: int, pids: int) -> None:
        first, last = self.folders[0], self.folders[-1]
        if self._version == 2:
            _write(first / "memory.max", str(memory or "max"))
            _write(first / "memory.swap.max", "0", required=False)
        elif memory:
            _write(first / "memory.limit_in_bytes", str(memory))
            _write(first / "memory.memsw.limit_in_bytes", str(memory), required=False)
        _write(last / "pids.max", str(pids), required=False)

    @contextlib.contextmanager
    def entrances(self) -> Generator[list[int]]:
        """Open what a process writes `0` to in order to enter.

        In version 1 the file for single threads, which spares the kernel a lock over all forks.
        """
        name = "cgroup.procs" if self._version == 2 else "tasks"
        with contextlib.ExitStack() as opened:
            files = [opened.enter_context((folder / name).open("wb", 0)) for folder in self.folders]
            yield [file.fileno() for file in files]

    def enter(self, process: int) -> None:
        """Put a process of one thread in."""
        for folder in self.folders:
            _write(folder / "cgroup.procs", str(process))

    def is_empty(self) -> bool:
        """Tell whether nobody lives here."""
        try:
            if self._version == 2:
                return "populated 0" in (self.folders[0] / "cgroup.events").read_text()
            if len(self.folders) > 1:
                return (self.folders[1] / "pids.current").read_text().strip() == "0"
            return not self._members()
        except OSError:
            return False

    def _members(self) -> list[int]:
        return [int(word) for word in (self.folders[0] / "cgroup.procs").read_text().split()]

    def remove(self) -> None:
        """Remove the group, if nobody lives there."""
        for folder in self.folders:
            hierarchies.remove(folder)


def _write(path: Path, text: str, *, required: bool = True) -> bool:
    try:
        path.write_text(text)
    except OSError:
        if required:
            raise
        return False
    return True


class Slots:
    """The groups of this process. Safe for threads."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        """Keep groups below the folders of a hierarchy that is this process's own."""
        self._hierarchy = hierarchy
        self._lock = threading.Lock()
        self._idle: deque[Slot] = deque()
        """The one that has been idle longest comes first."""
        self._made = 0
        self._count = 0

    def lease(self, limits: Limits) -> Slot:
        """Return an empty group with the caps of some limits, for one call.

        Raises:
            OSError: The kernel would not make one.
        """
        caps = _caps(limits)
        with self._lock:
            found = self._take(caps)
            if found is not None:
                return found
            if self._count >= _MOST and (other := self._take(None)) is not None:
                other.remove()
                self._count -= 1
            self._made += 1
            self._count += 1
            return Slot(self._hierarchy, str(self._made), caps)

    def _take(self, caps: _Caps | None) -> Slot | None:
        """Take an idle group that is empty by now, with these caps or any."""
        for slot in self._idle:
            if caps in (None, slot.caps) and slot.is_empty():
                self._idle.remove(slot)
                return slot
        return None

    def release(self, slot: Slot) -> None:
        """Take a group back whose call was killed; it is used again once it is empty."""
        with self._lock:
            self._idle.append(slot)

    def close(self) -> None:
        """End whoever lives in a group, and remove all of them."""
        with self._lock:
            for _ in range(_TRIES):
                _kill_below(self._hierarchy.memory)
                for folder in self._hierarchy.folders:
                    hierarchies.remove(folder)
                if not any(folder.exists() for folder in self._hierarchy.folders):
                    return
                time.sleep(_PAUSE_S)


def _kill_below(folder: Path) -> None:
    for group in folder.glob("*/cgroup.procs"):
        with contextlib.suppress(OSError):
            for word in group.read_text().split():
                os.kill(int(word), signal.SIGKILL)


@functools.cache
def slots() -> Slots:
    """Return the groups of this process; makes their folder when first asked.

    Raises:
        NoHierarchyError: There is no place for them here.
    """
    found = hierarchies.find()
    hierarchies.sweep(found)
    own = Slots(hierarchies.occupy(found))
    maker = os.getpid()
    atexit.register(lambda: own.close() if os.getpid() == maker else None)
    return own
