"""A folder of published tools, written so that a reader never sees half of one.

A tool is written beside its place and exchanged with what lies there in one step. Everything goes
through one descriptor of the folder, so that a link put in its way leads nowhere.
"""

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from toolvet.client import trees
from toolvet.errors import ToolvetError
from toolvet_reviews import catalogue
from toolvet_reviews.intake import Caps

STAGING = ".toolvet-"
"""Beginning of the name of whatever is not finished."""
WIDE = Caps(max_bytes=64 * 1024 * 1024, max_files=4096)
"""What is read back may have been changed: at most this much of it."""
MOST_FOLDERS = 20_000

_EXCHANGE = 2
"""RENAME_EXCHANGE of renameat2(2)."""
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderError(ToolvetError):
    """A folder that cannot be written, or is not ours to write."""

    code: ClassVar[str] = "files.folder"
    hint = "Choose an empty folder, or one that an earlier export made."


class Shelf:
    """One open folder of tools: `TOOLSET/NAME/` each, and an index.

    Args:
        path: Of the folder; made when it is missing.

    Raises:
        FolderError: It is a link, no folder, or cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.root = trees.open_folder(path)
        except OSError as error:
            raise FolderError(f"cannot write to {path}: {error.strerror}") from error

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self.root)

    def claim(self) -> None:
        """Be the only one who writes here until `close`, and remove what a crash left half done.

        Raises:
            FolderError: Somebody else is writing.
        """
        try:
            fcntl.flock(self.root, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FolderError(
                f"somebody else is writing to {self.path}", hint="Try again when that is done."
            ) from error
        for name in self.names():
            if name.startswith(STAGING):
                self.discard(name)

    def names(self) -> list[str]:
        """List what lies in the folder."""
        return trees.names(self.root, MOST_FOLDERS)

    def tools(self) -> list[tuple[str, str]]:
        """List toolset and name of every folder that holds a release file."""
        found: list[tuple[str, str]] = []
        for toolset in filter(catalogue.is_name, self.names()):
            with suppress(FolderError), self._toolset(toolset) as folder:
                below = filter(catalogue.is_name, trees.names(folder, MOST_FOLDERS))
                found += [(toolset, name) for name in below if _is_tool(folder, name)]
        return found

    def glimpse(self, toolset: str, name: str) -> trees.Mark | None:
        """Look at a tool's folder without reading it; None when there is none."""
        try:
            with self._toolset(toolset) as folder:
                return trees.glimpse(folder, name, WIDE)[0] or None
        except FolderError:
            return None

    def read(self, toolset: str, name: str) -> dict[str, bytes] | None:
        """Read what lies in a tool's folder; None when there is none.

        Raises:
            ToolvetError: It holds links or far too much, or is being changed.
        """
        try:
            with self._toolset(toolset) as folder:
                return trees.read(folder, name, WIDE)[1] if _is_there(folder, name) else None
        except FolderError:
            return None

    @contextmanager
    def opened(self, toolset: str, name: str, *, make: bool = False) -> Generator[int]:
        """Open a tool's folder; it is closed after the block.

        Raises:
            OSError: There is none, or it is a link.
        """
        with self._toolset(toolset, make=make) as above:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=above)
            folder = trees.open_folder(name, inside=above)
            try:
                yield folder
            finally:
                os.close(folder)

    def put(self, toolset: str, name: str, files: Mapping[str, bytes]) -> str | None:
        """Put a tool in its place, at once and whole.

        Returns:
            Name of what lay there before, to be given to `discard`; None when nothing did.

        Raises:
            FolderError: It cannot be written.
        """
        catalogue.check_place(toolset, name)
        fresh = self._aside()
        try:
            os.mkdir(fresh, dir_fd=self.root)
            for path, data in files.items():
                self._file(fresh, path, data)
            with self._toolset(toolset, make=True) as folder:
                return self._into_place(fresh, folder, name)
        except FolderError:
            self.discard(fresh)
            raise
        except OSError as error:
            self.discard(fresh)
            raise FolderError(f"cannot write {toolset}/{name}: {error.strerror}") from error

    def take(self, toolset: str, name: str) -> str:
        """Take a tool out of its place.

        Returns:
            Name of the folder it is in now, to be given to `discard`.

        Raises:
            FolderError: It cannot be moved.
        """
        away = self._aside()
        try:
            with self._toolset(toolset) as folder:
                os.rename(name, away, src_dir_fd=folder, dst_dir_fd=self.root)
        except OSError as error:
            raise FolderError(f"cannot remove {toolset}/{name}: {error.strerror}") from error
        with suppress(OSError):  # others may be in it
            os.rmdir(toolset, dir_fd=self.root)
        return away

    def discard(self, staged: str) -> None:
        """Remove what is not needed any more; a link itself, and nothing behind it."""
        try:
            os.unlink(staged, dir_fd=self.root)
        except OSError:
            shutil.rmtree(staged, ignore_errors=True, dir_fd=self.root)

    def save(self, staged: str) -> str:
        """Keep what would be discarded, under a name that is never swept; return that."""
        name = f".saved-{secrets.token_hex(4)}"
        os.rename(staged, name, src_dir_fd=self.root, dst_dir_fd=self.root)
        return name

    def write(self, name: str, data: bytes) -> None:
        """Write one file of the folder, at once and whole.

        Raises:
            FolderError: It cannot be written.
        """
        try:
            write_file(self.root, name, data)
        except OSError as error:
            raise FolderError(f"cannot write {name}: {error.strerror}") from error

    def read_file(self, name: str, most: int = 16 * 1024 * 1024) -> bytes | None:
        """Read one file of the folder; None when it is missing, a link or too large."""
        return read_file(self.root, name, most)

    def _aside(self) -> str:
        return f"{STAGING}{secrets.token_hex(8)}"

    def _file(self, staged: str, path: str, data: bytes) -> None:
        folder = staged
        for part in path.split("/")[:-1]:
            folder = f"{folder}/{part}"
            with suppress(FileExistsError):
                os.mkdir(folder, dir_fd=self.root)
        with os.fdopen(os.open(f"{staged}/{path}", _NEW, 0o644, dir_fd=self.root), "wb") as file:
            file.write(data)

    @contextmanager
    def _toolset(self, toolset: str, *, make: bool = False) -> Generator[int]:
        if make:
            with suppress(FileExistsError):
                os.mkdir(toolset, dir_fd=self.root)
        try:
            folder = trees.open_folder(toolset, inside=self.root)
        except OSError as error:
            raise FolderError(
                f"{toolset} is not a folder of {self.path}", hint="Remove what lies there."
            ) from error
        try:
            yield folder
        finally:
            os.close(folder)

    def _into_place(self, fresh: str, folder: int, name: str) -> str | None:
        if not _is_there(folder, name):
            os.rename(fresh, name, src_dir_fd=self.root, dst_dir_fd=folder)
            return None
        if _exchange(self.root, fresh, folder, name):
            return fresh
        # a file system without exchange: for a moment the tool is not there, but never half of it
        away = self._aside()
        os.rename(name, away, src_dir_fd=folder, dst_dir_fd=self.root)
        os.rename(fresh, name, src_dir_fd=self.root, dst_dir_fd=folder)
        return away


def write_file(folder: int, name: str, data: bytes) -> None:
    """Write one file of an open folder so that a reader sees the old one or the new one."""
    fresh = f"{STAGING}{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(fresh, _NEW, 0o644, dir_fd=folder), "wb") as file:
            file.write(data)
        os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(fresh, dir_fd=folder)
        raise


def read_file(folder: int, name: str, most: int) -> bytes | None:
    """Read one file of an open folder; None when it is missing, no regular file or too large."""
    try:
        _, files = trees.read(folder, name, Caps(max_bytes=most, max_files=1))
    except ToolvetError:
        return None
    return files.get(name)


def _is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def _is_tool(folder: int, name: str) -> bool:
    try:
        found = os.stat(f"{name}/{catalogue.RELEASE}", dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode)


def _exchange(folder: int, one: str, other_folder: int, other: str) -> bool:
    """Exchange two names in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    if rename(folder, os.fsencode(one), other_folder, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number))
