"""Files that only their owner can read: bearer tokens, and what else must not be seen by others."""

import errno
import os
import re
import secrets
import stat
from pathlib import Path
from typing import ClassVar

from toolvet.errors import HomeError, ToolvetError

OTHERS = 0o077
"""Bits of a mode that let somebody else in."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,512}")
_LONGEST = 4096


class TokenFileError(ToolvetError):
    """A token file that is missing, no token, or open to others."""

    code: ClassVar[str] = "token.file"
    hint = "`toolvet connect` makes the token and its file anew."


def read_token(path: Path) -> str:
    """Read a bearer token from a file of one's own.

    Raises:
        TokenFileError: It is not there, others can read it, or it holds no token.
    """
    try:
        data, state = read_plain(path, _LONGEST)
    except OSError as error:
        raise TokenFileError(f"cannot read {path}: {error.strerror}") from error
    if os.name == "posix" and state.st_mode & OTHERS:
        raise TokenFileError(
            f"others can read {path}", hint=f"Make the token anew, or `chmod 600 {path}`."
        )
    found = data.decode("ascii", "replace").strip()
    if not _TOKEN.fullmatch(found):
        raise TokenFileError(f"{path} holds no token")
    return found


def read_plain(path: Path, longest: int, flags: int = 0) -> tuple[bytes, os.stat_result]:
    """Read the beginning of a plain file; what is a pipe or a device is not waited for.

    Args:
        longest: How many bytes at most.
        flags: To open it with, beside the usual.

    Raises:
        OSError: It cannot be opened, or is no plain file.
    """
    wanted = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | flags
    descriptor = os.open(path, wanted)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, "not a plain file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(longest), state
    finally:
        os.close(descriptor)


def write(path: Path, text: str) -> None:
    """Put a file of one's own in place, whole or not at all; its folder is made for its owner only.

    Raises:
        HomeError: It cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(path, text.encode(), 0o600)
    except OSError as error:
        raise HomeError(
            f"cannot write {path}: {error.strerror}",
            hint="Set TOOLVET_CONFIG to a folder of your own.",
        ) from error


def replace(path: Path, data: bytes, mode: int) -> None:
    """Replace a file by a new one; a reader sees the old bytes or the new ones.

    Args:
        mode: Of the new file, before the umask.

    Raises:
        OSError: It cannot be written; the old file is as it was.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(fresh, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
