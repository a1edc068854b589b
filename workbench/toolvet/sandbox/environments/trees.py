"""A folder of packages on disk: its digest, its seal, its end.

The digest covers what decides how a program runs: the path, the bytes and the executable bit of
every file, bytecode included. Folders hold nothing else: a link, a device or a file that somebody
may write makes the tree another one.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from toolvet_reviews import digests
from toolvet_reviews.values import Digest

TREE_SCHEMA = "toolvet/environment/v1"
FILE_MODE, PROGRAM_MODE, FOLDER_MODE = 0o444, 0o555, 0o555
OPEN_MODE = 0o755
"""Of a folder that is being filled or moved."""

_NO_TREE = Digest("")

Mark = tuple[tuple[str, int, int, int, int], ...]
"""Of every file: path, inode, size, times of the last change of its bytes and of anything."""


def digest(folder: Path) -> Digest:
    """Digest a sealed tree; empty when it is none, or not sealed."""
    files: dict[str, str] = {}
    try:
        for path, entry in _walk(folder):
            mode = _sealed_mode(entry)
            if mode is None:
                return _NO_TREE
            files[path] = f"{mode:03o} {_hash(entry.path)}"
    except OSError:
        return _NO_TREE
    return digests.of_json({"schema": TREE_SCHEMA, "files": files})


def mark(folder: Path) -> Mark:
    """Take what tells a tree that was touched from one that was not, without reading it.

    Nobody but the kernel sets the second time: a file cannot be changed and keep its mark.

    Raises:
        OSError: There is no such folder.
    """
    found: list[tuple[str, int, int, int, int]] = []
    for path, entry in _walk(folder, folders=True):
        seen = entry.stat(follow_symlinks=False)
        found.append((path, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns))
    return tuple(sorted(found))


def seal(folder: Path) -> None:
    """Take away every right to write below a folder, and let everybody read.

    The folder itself stays open: a folder that may not be written cannot be moved.
    """
    for place, folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            executable = os.stat(path, follow_symlinks=False).st_mode & 0o100
            os.chmod(path, PROGRAM_MODE if executable else FILE_MODE)
        for name in folders:
            os.chmod(os.path.join(place, name), FOLDER_MODE)
    folder.chmod(OPEN_MODE)


def move(source: Path, target: Path) -> None:
    """Put a sealed tree where it belongs, in one step.

    Raises:
        OSError: Something is there already, or the disk refuses.
    """
    source.chmod(OPEN_MODE)
    source.rename(target)
    target.chmod(FOLDER_MODE)


def remove(folder: Path) -> None:
    """Remove a tree, sealed or not; what cannot be removed stays."""
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
        for place, folders, _ in os.walk(folder):
            for name in folders:
                path = os.path.join(place, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def size(folder: Path) -> tuple[int, int]:
    """Count the files of a tree and their bytes."""
    sizes = [entry.stat(follow_symlinks=False).st_size for _, entry in _walk(folder)]
    return len(sizes), sum(sizes)


def modules(folder: Path) -> tuple[str, ...]:
    """Name what a program can import from a folder, by its first name."""
    found: set[str] = set()
    for entry in os.scandir(folder):
        name = entry.name.partition(".")[0]
        is_module = entry.name.endswith((".py", ".so"))
        if name.isidentifier() and (is_module or (entry.is_dir() and name == entry.name)):
            found.add(name)
    return tuple(sorted(found))


class Seen:
    """Digests of trees, read in full once and again when something in them was touched."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Mark, Digest]] = {}
        self._guard = threading.Lock()
        self._reading: dict[Path, threading.Lock] = {}

    def digest(self, folder: Path) -> Digest | None:
        """Digest a tree; None when there is none. Two who ask at once have it read once."""
        with self._guard:
            reading = self._reading.setdefault(folder, threading.Lock())
        with reading:
            try:
                now = mark(folder)
            except OSError:
                return None
            before = self._known.get(folder)
            if before is None or before[0] != now:
                before = self._known[folder] = (now, digest(folder))
            return before[1]

    def move(self, source: Path, target: Path) -> None:
        """Put a sealed tree where it belongs, and know it there: its files stay the same ones.

        Raises:
            OSError: Something is there already, or the disk refuses.
        """
        known = self._known.pop(source, None)
        self._reading.pop(source, None)
        move(source, target)
        if known is not None:
            self._known[target] = known


def _walk(folder: Path, *, folders: bool = False) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Give everything below a folder that is no folder, in no order; folders too when asked."""
    waiting = [("", str(folder))]
    while waiting:
        prefix, place = waiting.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                path = prefix + entry.name
                is_folder = entry.is_dir(follow_symlinks=False)
                if is_folder:
                    waiting.append((f"{path}/", entry.path))
                if folders or not is_folder:
                    yield path, entry


def _sealed_mode(entry: os.DirEntry[str]) -> int | None:
    """The mode of a sealed file; None for anything else."""
    mode = entry.stat(follow_symlinks=False).st_mode
    allowed = stat.S_IMODE(mode) in (FILE_MODE, PROGRAM_MODE)
    return stat.S_IMODE(mode) if stat.S_ISREG(mode) and allowed else None


def _hash(path: str) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
