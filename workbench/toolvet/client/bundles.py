"""Reading a bundle from disk: regular files only, nothing followed, nothing huge.

The service checks everything again; this only refuses early what cannot even be sent as it is.
"""

import os
import stat
from pathlib import Path

from toolvet.client.errors import BundlePathError

MAX_BYTES = 4 * 1024 * 1024
MAX_FILES = 512


class BundleLinkError(BundlePathError):
    """A link or special file inside a bundle."""

    code = "intake.link"
    hint = "A bundle holds regular files only."


class BundleSizeError(BundlePathError):
    """More than anybody reviews."""

    code = "intake.too_large"
    hint = "Leave out what the tool does not need; a caller passes large data as a File."


def read(path: Path) -> dict[str, bytes]:
    """Read one `.py` file, or a folder.

    Returns:
        POSIX path relative to the folder, to content.

    Raises:
        BundlePathError: It is missing, empty, too large, or holds links or special files.
    """
    try:
        found = os.lstat(path)
        if stat.S_ISREG(found.st_mode):
            return {path.name: _read_file(path, MAX_BYTES)}
        if stat.S_ISDIR(found.st_mode):
            return _read_folder(path)
    except OSError as error:
        raise BundlePathError(f"cannot read {path}: {error.strerror}") from error
    raise BundleLinkError(f"{path} is a link or a special file")


def _read_folder(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    room = MAX_BYTES
    for path in _walk(folder):
        if len(files) >= MAX_FILES:
            raise BundleSizeError(f"{folder} holds more than {MAX_FILES} files")
        data = _read_file(path, room)
        room -= len(data)
        files[path.relative_to(folder).as_posix()] = data
    return files


def _walk(folder: Path) -> list[Path]:
    found: list[Path] = []
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for item in sorted(entries, key=lambda one: one.name):
                if item.is_symlink():
                    raise BundleLinkError(f"{item.path} is a link")
                if item.is_dir(follow_symlinks=False):
                    waiting.append(Path(item.path))
                else:
                    found.append(Path(item.path))
                if len(found) + len(waiting) > 4 * MAX_FILES:
                    raise BundleSizeError(f"{folder} holds far more than {MAX_FILES} files")
    return sorted(found)


def _read_file(path: Path, room: int) -> bytes:
    # Opened without following and checked afterwards: what lstat saw may have been swapped.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise BundleLinkError(f"{path} is no regular file")
        data = file.read(room + 1) if found.st_size <= room else b""
    if found.st_size > room or len(data) > room:
        raise BundleSizeError(f"{path} and what came before exceed {MAX_BYTES} bytes")
    return data
