"""From wheels to a folder of packages: taken apart and compiled behind the walls, written here.

What comes out of the walls is a claim: this side writes only plain files below one folder, counts
bytes and files, and never overwrites. It comes in parts, so that no wheel has to fit into memory.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from toolvet.sandbox import interpreter
from toolvet.sandbox.environments.errors import PackagesTooLargeError, WheelRefusedError
from toolvet.sandbox.environments.wheels import Wheel
from toolvet.sandbox.errors import ZygoteStartError
from toolvet.sandbox.model import Limits, ProgramOutcome, TierReport
from toolvet.sandbox.program import run_program
from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.values import Json

CONFINED = Path(__file__).with_name("confined.py")
PART_MIB = 24
"""Bytes that are asked for at once, and held in memory."""
MAX_MIB = 2048
MAX_FILES = 60_000
_MAX_DROPPED = 200
_HEADER_MAX = 12 << 20
_MAGIC = b"TVW1"
_LIMITS = Limits(
    wall_s=300, cpu_s=300, memory_mib=2048, output_kib=64, result_kib=(PART_MIB + 40) << 10,
    open_files=32,
)  # fmt: skip
_PART = re.compile(r"(?!\.{1,2}\Z)[^/\\\x00-\x1f\x7f]{1,200}\Z")
_MAX_PATH = 400


class _Entry(NamedTuple):
    path: str
    executable: bool
    size: int
    offset: int
    length: int


class _Message(NamedTuple):
    entries: tuple[_Entry, ...]
    following: tuple[int, int] | None
    dropped: tuple[str, ...]
    licence: str
    data: bytes


@dataclass
class Unpacker:
    """Fills one folder. Refusing leaves it half filled, for the caller to remove.

    Args:
        target: An empty folder.
        walls: What the wheels are taken apart behind.
    """

    target: Path
    walls: TierReport
    files: int = 0
    bytes: int = 0

    async def unpack(self, wheel: Wheel) -> tuple[str, tuple[str, ...]]:
        """Take one wheel apart.

        Returns:
            Its licence as it says, and the files that were left out.

        Raises:
            WheelRefusedError: It is not what a wheel must be.
            PackagesTooLargeError: It does not fit.
            OSError: The disk does not take it.
        """
        at: tuple[int, int] | None = (0, 0)
        dropped: tuple[str, ...] = ()
        licence = ""
        while at is not None:
            words = ("unpack", f"/tool/{wheel.path.name}", wheel.name, wheel.version)
            message = await self._ask((*words, *map(str, at)), wheel.path.parent, wheel.name)
            self._write(message, wheel.name)
            at = _further(at, message, wheel.name)
            dropped, licence = message.dropped, message.licence
        return licence, dropped

    async def compile(self) -> None:
        """Compile every source in the folder, beside it.

        Raises:
            PackagesTooLargeError: The bytecode does not fit.
            OSError: The disk does not take it.
        """
        at: tuple[int, int] | None = (0, 0)
        while at is not None:
            message = await self._ask(("compile", "/tool", str(at[0])), self.target, "")
            self._write(message, "the bytecode")
            at = _further(at, message, "the bytecode")

    async def _ask(self, words: Sequence[str], folder: Path, about: str) -> _Message:
        outcome = await run_program(
            [_python(), "-I", "-S", str(CONFINED), *words, str(PART_MIB << 20)],
            walls=self.walls,
            folder=folder,
            binds=[CONFINED],
            limits=_LIMITS,
            report=True,
        )
        return _read(outcome, about)

    def _write(self, message: _Message, about: str) -> None:
        at = 0
        for entry in message.entries:
            part = message.data[at : at + entry.length]
            at += entry.length
            self._count(entry)
            _put(self.target, entry, part, about)

    def _count(self, entry: _Entry) -> None:
        self.files += entry.offset == 0
        self.bytes += entry.length
        if self.files > MAX_FILES or self.bytes > MAX_MIB << 20:
            raise PackagesTooLargeError(
                f"the packages need more than {MAX_MIB} MiB or {MAX_FILES} files"
            )


def _python() -> str:
    """The interpreter as it is shown inside: itself, not a link to it."""
    return str(Path(interpreter.executable()).resolve())


def _further(at: tuple[int, int], message: _Message, about: str) -> tuple[int, int] | None:
    """Each part must lead on: what runs behind the walls could answer for ever."""
    if message.following is not None and message.following <= at:
        raise WheelRefusedError(f"{about} does not come to an end")
    return message.following


def _put(target: Path, entry: _Entry, part: bytes, about: str) -> None:
    path = target / entry.path
    mode = 0o755 if entry.executable else 0o644
    try:
        _make_folders(target, path.parent)
        kind = os.O_APPEND if entry.offset else os.O_CREAT | os.O_EXCL
        flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | kind
        with os.fdopen(os.open(path, flags, mode), "ab") as handle:
            if handle.tell() != entry.offset:
                raise WheelRefusedError(f"{about} sends parts of {entry.path} out of order")
            os.fchmod(handle.fileno(), mode)  # whatever the umask is
            handle.write(part)
    except (FileExistsError, NotADirectoryError, IsADirectoryError, FileNotFoundError) as error:
        raise WheelRefusedError(
            f"{about} holds {entry.path}, which has no place or is there already"
        ) from error


def _make_folders(target: Path, folder: Path) -> None:
    """Make a folder below another, with those between, readable by everybody whatever the umask."""
    if folder == target or folder.is_dir():
        return
    _make_folders(target, folder.parent)
    folder.mkdir()
    folder.chmod(0o755)


def _read(outcome: ProgramOutcome, about: str) -> _Message:
    data = outcome.report
    size = int.from_bytes(data[4:8], "big")
    if outcome.killed_for or data[:4] != _MAGIC or not 0 < size <= _HEADER_MAX:
        raise _silent(outcome, about)
    try:
        header = canonical.parse(data[8 : 8 + size])
    except CanonicalError as error:
        raise WheelRefusedError(f"{about} was not taken apart: {error}") from error
    if isinstance(header, dict) and isinstance(header.get("refused"), str):
        raise WheelRefusedError(f"the wheel of {about} {header['refused']}")
    try:
        return _message(header, data[8 + size :])
    except (TypeError, ValueError, KeyError) as error:
        raise WheelRefusedError(f"{about} was not taken apart: an answer of no form") from error


def _silent(outcome: ProgramOutcome, about: str) -> Exception:
    """Say why there is no answer: the wheel's fault when it used up what it may use."""
    if outcome.killed_for or outcome.exit_code in (137, 152, 153):
        why = outcome.killed_for or "the limits of memory, time or size"
        return WheelRefusedError(f"{about} was not taken apart: {why}")
    said = outcome.stderr.decode("utf-8", "replace")[-300:]
    return ZygoteStartError(f"{about} was not taken apart: {said or outcome.exit_code}")


def _message(header: Json, data: bytes) -> _Message:
    """Read a header; whatever has another form raises one of three errors."""
    if not isinstance(header, dict):
        raise TypeError
    entries = tuple(_entry(item) for item in _list(header["files"]))
    if sum(entry.length for entry in entries) != len(data):
        raise ValueError
    following = header["next"]
    return _Message(
        entries,
        None if following is None else _pair(following),
        tuple(str(item)[:200] for item in _list(header["dropped"])[:_MAX_DROPPED]),
        str(header["licence"])[:100],
        data,
    )


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _pair(value: Json) -> tuple[int, int]:
    first, second = _list(value)
    return _whole(first), _whole(second)


def _whole(value: Json) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _entry(value: Json) -> _Entry:
    path, executable, size, offset, length = _list(value)
    if not isinstance(path, str) or len(path.encode()) > _MAX_PATH:
        raise ValueError
    if not all(_PART.match(part) for part in path.split("/")):
        raise ValueError
    entry = _Entry(path, executable is True, _whole(size), _whole(offset), _whole(length))
    if entry.offset + entry.length > entry.size:
        raise ValueError
    return entry
