"""What zygotes hold of the machine's memory, measured: proportional set size of a process tree.

A page that several processes share counts once in all. Where the kernel does not tell, resident
size without what is mapped from files stands in for it.
"""

import os
from pathlib import Path

_PROC = Path("/proc")
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") >> 10
UNMEASURED_MIB = 24.0
"""Of a zygote that was not looked at yet, with the standard library loaded."""
_SHARE = 8
"""The budget's part of the machine: one in so many."""
_LEAST_MIB, _MOST_MIB = 512, 1536


def default_mib() -> int:
    """Say how much memory zygotes may hold on this machine."""
    return max(_LEAST_MIB, min(_MOST_MIB, _total_mib() // _SHARE))


def tree_mib(process: int) -> float | None:
    """Measure a process with everything below it; blocks for about a millisecond a process.

    Returns:
        MiB, or None when it is gone.
    """
    sizes = [_size_kib(one) for one in _tree(process)]
    known = [size for size in sizes if size is not None]
    return sum(known) / 1024 if known else None


def _tree(process: int) -> list[int]:
    found, unseen = [process], [process]
    while unseen:
        below = _children(unseen.pop())
        found += below
        unseen += below
    return found


def _children(process: int) -> list[int]:
    try:
        threads = os.listdir(_PROC / str(process) / "task")
        texts = [
            (_PROC / str(process) / "task" / thread / "children").read_text() for thread in threads
        ]
    except OSError:
        return []
    return [int(word) for text in texts for word in text.split()]


def _size_kib(process: int) -> int | None:
    try:
        rollup = (_PROC / str(process) / "smaps_rollup").read_text()
    except FileNotFoundError:
        return None
    except OSError:
        return _anonymous_kib(process)
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return _anonymous_kib(process)


def _anonymous_kib(process: int) -> int | None:
    try:
        _, resident, shared, *_ = (_PROC / str(process) / "statm").read_text().split()
    except OSError:
        return None
    return (int(resident) - int(shared)) * _PAGE_KIB


def _total_mib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
