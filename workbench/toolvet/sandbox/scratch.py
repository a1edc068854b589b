"""Folders of the host that runs without mounts of their own write to, and their removal.

Their names hold the id of the process that made them, so that the next one can remove what a
killed one left.
"""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "toolvet-run-"
_TRIES, _PAUSE_S = 20, 0.05


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
            shutil.rmtree(folder, ignore_errors=True)


def make() -> Path:
    """Make a folder that nobody else may enter."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def remove(folder: Path) -> None:
    """Remove a folder, also while a dying process or another thread is still at it."""
    for _ in range(_TRIES):
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE_S)
