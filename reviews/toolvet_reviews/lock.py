"""The hash lock of a bundle: which packages a tool needs, to the byte. Pure; no I/O.

One grammar, narrower than what installers read: `name==version; marker --hash=sha256:…`, nothing
else. No option, address, extra, range or editable path can change where bytes come from: a lock
says what they are. Source: PEP 440 (versions), PEP 503 (names), PEP 508 (markers).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from toolvet_reviews import digests, markers
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import Digest

LOCK_FILE = "requirements.lock"
"""Where a bundle keeps it."""

MAX_BYTES = 256 * 1024
MAX_PINS = 500
MAX_HASHES = 500
"""Of one pin: a wheel for each platform and Python, and the source."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_VERSION = re.compile(
    r"(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?"
    r"(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?"
)
"""The normal form of PEP 440 only: one version has one spelling."""
_MAX_VERSION = 64
_MARK = " --hash="
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_HEAD = re.compile(r"(?P<name>[^ ;=<>!~\[@]+) *== *(?P<version>[^ ;=]+) *(?:;(?P<marker>.*))?")
_COMMENT = re.compile(r"(?:^| )#.*$")
_CONTROL = re.compile(r"[^\x20-\x7e\t\n]")


class LockError(ReviewError):
    """A hash lock that says something it may not, or says it in another way.

    Attributes:
        line: From 1; 0 when it is about the whole file.
    """

    code: ClassVar[str] = "lock.invalid"
    hint = (
        "Write it with `uv pip compile --universal --generate-hashes --no-emit-index-url "
        f"-o {LOCK_FILE}`."
    )

    def __init__(self, message: str, line: int = 0, *, hint: str = "") -> None:
        place = f"{LOCK_FILE}:{line}" if line else LOCK_FILE
        super().__init__(message, hint=hint, place=place)
        self.line = line


@dataclass(frozen=True)
class Pin:
    """One package in one version."""

    name: str
    """Normalised."""
    version: str
    marker: str
    """Canonical; empty when it is needed everywhere."""
    hashes: tuple[str, ...]
    """SHA-256 in hex of every file that may be it, sorted."""
    line: int = 0
    """Where it begins in the text it was read from."""

    @property
    def text(self) -> str:
        """The canonical line."""
        marker = f"; {self.marker}" if self.marker else ""
        return " ".join(
            (f"{self.name}=={self.version}{marker}", *(f"--hash=sha256:{h}" for h in self.hashes))
        )


@dataclass(frozen=True)
class Lock:
    """The packages of a tool, in order of their names."""

    pins: tuple[Pin, ...]

    @property
    def text(self) -> str:
        """The canonical text: a line for each pin, sorted. Equal locks have equal texts."""
        return "".join(f"{pin.text}\n" for pin in self.pins)

    @property
    def digest(self) -> Digest:
        """Of the canonical text."""
        return digests.sha256(self.text.encode())


def normalise(name: str) -> str:
    """Write a package's name in its one form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_lock(data: bytes) -> Lock:
    """Read a hash lock strictly.

    Raises:
        LockError: It breaks the grammar or a cap; `line` says where.
    """
    pins: dict[tuple[str, str], Pin] = {}
    for line, text in _logical_lines(_decoded(data)):
        pin = _pin(text, line)
        if len(pins) >= MAX_PINS:
            raise LockError(f"expected at most {MAX_PINS} packages", line)
        if (pin.name, pin.marker) in pins:
            raise LockError(f"{pin.name} is pinned twice", line)
        pins[pin.name, pin.marker] = pin
    for pin in pins.values():
        if pin.marker and (pin.name, "") in pins:
            raise LockError(f"{pin.name} is pinned twice, once without a marker", pin.line)
    if not pins:
        raise LockError("it names no package", hint="Leave the file out: a tool may do without.")
    return Lock(tuple(sorted(pins.values(), key=lambda pin: (pin.name, pin.version, pin.marker))))


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise LockError(f"expected at most {MAX_BYTES} bytes, got {len(data)}")
    try:
        text = data.decode("ascii").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LockError("expected ASCII only", line) from error
    strange = _CONTROL.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        raise LockError(f"control character U+{ord(strange[0]):04X}", line)
    return text


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Join continued lines; give each with the number of its first, comments and blanks left out."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = _COMMENT.sub("", raw.replace("\t", " ")).rstrip()
        if parts and not line:
            raise LockError("a line that ends in a backslash must be continued", number)
        start = start if parts else number
        parts.append(line.removesuffix("\\").strip())
        if line.endswith("\\"):
            continue
        joined = " ".join(parts).strip()
        parts.clear()
        if joined:
            yield start, joined
    if parts:
        raise LockError("the last line is not finished", start)


def _pin(text: str, line: int) -> Pin:
    head, mark, tail = text.partition(_MARK)
    match = _HEAD.fullmatch(head)
    if match is None or not mark:
        raise LockError(_why_not(text), line)
    name, version = match["name"], match["version"]
    if not _NAME.fullmatch(name):
        raise LockError(f"{name[:40]!r} is not the name of a package", line)
    if len(version) > _MAX_VERSION or not _VERSION.fullmatch(version):
        raise LockError(f"{version[:40]!r} is not a version in normal form", line)
    marker = "" if match["marker"] is None else _marker(match["marker"], line)
    return Pin(normalise(name), version, marker, _hashes(mark + tail, line), line)


def _marker(text: str, line: int) -> str:
    try:
        return markers.canonical(text.strip())
    except markers.MarkerError as error:
        raise LockError(f"the marker {error}", line) from error


def _hashes(text: str, line: int) -> tuple[str, ...]:
    words = text.split()
    if len(words) > MAX_HASHES:
        raise LockError(f"expected at most {MAX_HASHES} hashes, got {len(words)}", line)
    found = [_HASH.fullmatch(word) for word in words]
    if not all(found):
        raise LockError("expected hashes as --hash=sha256: and 64 lower-case hex digits", line)
    return tuple(sorted({match[1] for match in found if match}))


_REASONS: tuple[tuple[str, str], ...] = (
    (r"-", "options are refused"),
    (r".*(?:://|@)", "addresses are refused"),
    (r"[^;]*\[", "extras are refused: what they need is pinned like all else"),
    (r"\.|/", "paths are refused"),
    (r"(?!.*--hash=)", "it has no hash"),
    (r"(?![^;]*==)", "expected one exact version, name==version"),
    (r"[^;]*===", "expected name==version"),
)


def _why_not(text: str) -> str:
    """Say what a line that is no pin looks like."""
    said = (why for pattern, why in _REASONS if re.match(pattern, text))
    return f"{next(said, 'expected name==version; marker --hash=sha256:…')}: {text[:60]!r}"
