"""Reading files that somebody else may be writing, or laid as a trap: by descriptor, never by path.

Nothing is followed, nothing special is opened, nothing is read before its size is known. A mark says
what a file or tree looked like; two equal marks with a reading between them mean a whole copy.
"""

import os
import stat
from pathlib import Path
from typing import ClassVar

from toolvet.client.bundles import BundleLinkError, BundleSizeError
from toolvet.client.errors import BundlePathError
from toolvet.errors import ToolvetError
from toolvet_reviews.intake import MAX_PARTS, Caps

Mark = tuple[tuple[str, int, int, int, int, int], ...]
"""For each file and folder: path, mode, inode, size, times of change in nanoseconds."""

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ENTRIES_PER_FILE = 4
"""Folders count too: this many entries for each file that a bundle may hold."""


class BundleDepthError(BundlePathError):
    """Folders within folders, deeper than any path of a bundle."""

    code: ClassVar[str] = "intake.too_deep"
    hint = f"A path has at most {MAX_PARTS} parts."


class ChangingError(ToolvetError):
    """Somebody is writing there right now; look again."""

    code: ClassVar[str] = "files.changing"
    retry_after_s = 1.0


def open_folder(path: str | Path, *, inside: int | None = None) -> int:
    """Open a folder that is no link; the caller closes the descriptor.

    Raises:
        OSError: There is none, or it is something else.
    """
    return os.open(path, FOLDER, dir_fd=inside)


def names(folder: int, most: int) -> list[str]:
    """List what lies in a folder, in order, at most so many names."""
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) >= most:
                break
            found.append(entry.name)
    return sorted(found)


def glimpse(folder: int, name: str, caps: Caps) -> tuple[Mark, ToolvetError | None]:
    """Look at a file or tree without reading it.

    Returns:
        Its mark as far as was looked, and why it is no bundle; None when it may be one.
    """
    walk = _Walk(caps)
    try:
        walk.enter(folder, name)
    except (BundlePathError, ChangingError) as error:
        return walk.mark, error
    return walk.mark, None


def read(folder: int, name: str, caps: Caps) -> tuple[Mark, dict[str, bytes]]:
    """Read a file, or a whole tree, into memory.

    Returns:
        The mark while it was read, and content by path: the name for a single file, for a folder
        the paths below it.

    Raises:
        BundlePathError: A link, a special file, too much or too deep.
        ChangingError: Something changed meanwhile.
    """
    walk = _Walk(caps, keep=True)
    walk.enter(folder, name)
    after, _ = glimpse(folder, name, caps)
    if after != walk.mark:
        raise ChangingError(f"{name!a} changes while it is read")
    return walk.mark, walk.files


class _Walk:
    def __init__(self, caps: Caps, *, keep: bool = False) -> None:
        self._caps = caps
        self._keep = keep
        self._noted: list[tuple[str, int, int, int, int, int]] = []
        self._room = caps.max_bytes
        self._count = 0
        self.files: dict[str, bytes] = {}

    @property
    def mark(self) -> Mark:
        return tuple(self._noted)

    def enter(self, folder: int, name: str) -> None:
        try:
            self._enter(folder, name, "", 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ChangingError(f"{name!a} changes while it is looked at") from error
        except OSError as error:
            raise BundlePathError(f"cannot read {name!a}: {error.strerror}") from error

    def _enter(self, parent: int, name: str, above: str, depth: int) -> None:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        path = above + name
        self._note(path, found)
        if stat.S_ISREG(found.st_mode):
            self._file(parent, name, path, found)
        elif stat.S_ISDIR(found.st_mode):
            self._folder(parent, name, f"{path}/" if depth > 1 else "", depth)
        else:
            raise BundleLinkError(f"{path!a} is a link or a special file")

    def _note(self, path: str, found: os.stat_result) -> None:
        if len(self._noted) > _ENTRIES_PER_FILE * self._caps.max_files:
            raise BundleSizeError(f"more than {self._caps.max_files} files and their folders")
        self._noted.append((path, *_identity(found)))

    def _folder(self, parent: int, name: str, prefix: str, depth: int) -> None:
        if depth > MAX_PARTS:
            raise BundleDepthError(f"{prefix!a} lies too deep")
        folder = open_folder(name, inside=parent)
        try:
            for one in names(folder, _ENTRIES_PER_FILE * self._caps.max_files + 1):
                self._enter(folder, one, prefix, depth + 1)
        finally:
            os.close(folder)

    def _file(self, parent: int, name: str, path: str, found: os.stat_result) -> None:
        self._count += 1
        if self._count > self._caps.max_files:
            raise BundleSizeError(f"more than {self._caps.max_files} files")
        if found.st_size > self._room:
            raise BundleSizeError(f"more than {self._caps.max_bytes} bytes in all")
        self._room -= found.st_size
        if self._keep:
            self.files[path] = _content(parent, name, found)


def _identity(found: os.stat_result) -> tuple[int, int, int, int, int]:
    return (found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _content(parent: int, name: str, seen: os.stat_result) -> bytes:
    """Read one file that must still be the one that was looked at."""
    descriptor = os.open(name, _FILE, dir_fd=parent)
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        data = file.read(seen.st_size + 1) if stat.S_ISREG(before.st_mode) else b""
        same = _identity(seen) == _identity(before) == _identity(os.fstat(descriptor))
    if not same or len(data) != seen.st_size:
        raise ChangingError(f"{name!a} changes while it is read")
    return data
