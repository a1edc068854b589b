"""Copies of a bundle's files in clean folders, as scanners get them: no dotfiles, no settings."""

import contextlib
import shutil
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TypeVar

from toolvet.errors import StorageError
from toolvet_reviews.values import Digest

CANARY = "zz_canary.py"
SPEC_FILE = "tool.toml"

Content = TypeVar("Content", bytes, Digest)


def shown(files: Mapping[str, Content]) -> dict[str, Content]:
    """Leave out what no run gets to see.

    Code that could read its own specification could behave by its summary; then what was found out
    of a revision would say nothing of one that differs in its summary only.
    """
    return {path: data for path, data in files.items() if path != SPEC_FILE}


@contextlib.contextmanager
def unpacked(files: Mapping[str, bytes]) -> Generator[Path]:
    """Write files to a fresh folder that everybody may read; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="toolvet-"))
    try:
        unpack(files, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unpack(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files below a folder, readable by whatever user the sandbox becomes.

    Paths were checked at intake: none is absolute, escapes or names a link.

    Raises:
        StorageError: The disk does not take them; nothing is left behind.
    """
    try:
        _write(files, folder)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StorageError(f"the files cannot be unpacked: {error.strerror}") from error


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for path, data in files.items():
        target = folder / path
        for parent in reversed(target.relative_to(folder).parents[:-1]):
            (folder / parent).mkdir(exist_ok=True)
            (folder / parent).chmod(0o755)
        target.write_bytes(data)
        target.chmod(0o644)


def neutral_names(files: Mapping[str, bytes]) -> dict[str, str]:
    """Name files so that no scanner treats one differently for its name: neutral to real."""
    return {f"f{number:04}.py": path for number, path in enumerate(sorted(files))}
