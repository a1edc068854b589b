"""Large data by reference: a `File` names bytes the service keeps, and reads them in parts."""

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol, cast

PART_BYTES = 512 << 10
"""Bytes of one part on the way to or from the service."""

_HELD_BYTES = 64 << 20


class Channel(Protocol):
    """The way to the trusted side."""

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and return its answer."""
        ...

    def tell(self, request: dict[str, Any]) -> None:
        """Send a request that has no answer."""
        ...


_state: dict[str, Channel] = {}
_held: dict[str, bytes] = {}


def use_channel(channel: Channel) -> None:
    """Read files through a channel from now on; the service does this before each call."""
    _state["channel"] = channel


def digest_of(data: bytes) -> str:
    """Name bytes by their digest."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class _PartReader(io.RawIOBase):
    """Reads a file of the service by ranges."""

    def __init__(self, channel: Channel, digest: str, size: int) -> None:
        self._channel = channel
        self._digest = digest
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        length = min(len(view), PART_BYTES, max(0, self._size - self._position))
        if not length:
            return 0
        answer = self._channel.ask(
            {"op": "artifact.get", "digest": self._digest}
            | {"offset": self._position, "length": length}
        )
        data = base64.b64decode(answer["data"])[:length]
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


@dataclass(frozen=True)
class File:
    """A file that the service keeps; read it as often as you like, it never changes.

    Attributes:
        name: What to call it; not a path.
        size: Bytes.
        digest: `sha256:` and 64 hexadecimal digits.
    """

    name: str
    size: int
    digest: str

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> "File":
        """Make a file for a test; it lives in this process."""
        if sum(map(len, _held.values())) + len(data) > _HELD_BYTES:
            raise MemoryError("too many bytes in files made by from_bytes")
        digest = digest_of(data)
        _held[digest] = data
        return cls(name, len(data), digest)

    def open(self) -> BinaryIO:
        """Open for reading bytes; seekable."""
        if self.digest in _held:
            return io.BytesIO(_held[self.digest])
        if "channel" not in _state:
            raise FileNotFoundError(f"{self.name} is known to the service only")
        reader = _PartReader(_state["channel"], self.digest, self.size)
        return cast("BinaryIO", io.BufferedReader(reader, PART_BYTES))

    def read_bytes(self) -> bytes:
        """Return all of it."""
        with self.open() as handle:
            return handle.read()

    def read_text(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return all of it as text."""
        return self.read_bytes().decode(encoding, errors)

    def lines(self, encoding: str = "utf-8", errors: str = "replace") -> Iterator[str]:
        """Yield its lines without their ends, without holding all of it."""
        with self.open() as handle, io.TextIOWrapper(handle, encoding, errors) as text:
            for line in text:
                yield line.rstrip("\r\n")
