"""Folders of the host that runs without mounts of their own write to, and their removal.

Their names hold the id of the process that made them, so that the next one can remove what a
killed one left.
"""

import contextlib
import os
import stat
import tempfile
import time
from pathlib import Path

_PREFIX = "toolvet-run-"
_TRIES, _PAUSE_S = 20, 0.05
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sweep() -> None:
    """Remove what processes that are gone have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        maker = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if maker.isdigit() and not folder.is_symlink() and not _is_running(int(maker)):
            _remove_tree(folder)


def make() -> Path:
    """Make a folder that nobody else may enter."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def remove(folder: Path) -> None:
    """Remove a folder, also while a dying process or another thread is still at it."""
    for _ in range(_TRIES):
        _remove_tree(folder)
        if not folder.exists():
            return
        time.sleep(_PAUSE_S)


def _remove_tree(folder: Path) -> None:
    """Remove what untrusted code left, of any depth and with any modes, as far as possible.

    A tree deeper than Python's stack or than a path may be long is no accident: so folders are
    moved up to the top and emptied there one by one, with two descriptors and no recursion.
    """
    with contextlib.suppress(OSError):
        top = os.open(folder, _FOLDER)
        try:
            _empty(top)
        finally:
            os.close(top)
        folder.rmdir()


def _empty(top: int) -> None:
    moved = 0
    while names := os.listdir(top):
        for name in names:
            if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=top)
                continue
            below = _open_folder(name, top)
            try:
                moved = _lift(below, top, moved)
            finally:
                os.close(below)
            os.rmdir(name, dir_fd=top)


def _reopen(name: str, folder: int) -> None:
    """Let its owner into a folder that was closed to everybody.

    Root needs no leave, and takes none: a chmod follows links.
    """
    if os.geteuid() != 0:
        os.chmod(name, 0o700, dir_fd=folder)


def _open_folder(name: str, top: int) -> int:
    _reopen(name, top)
    return os.open(name, _FOLDER, dir_fd=top)


def _lift(folder: int, top: int, moved: int) -> int:
    """Unlink the files of a folder and move its folders to the top, under names of our own."""
    for name in os.listdir(folder):
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            moved += 1
            _reopen(name, folder)
            os.rename(name, f".{moved}-{os.urandom(8).hex()}", src_dir_fd=folder, dst_dir_fd=top)
        else:
            os.unlink(name, dir_fd=folder)
    return moved
