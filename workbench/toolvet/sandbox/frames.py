"""Frames from a run, taken apart without trust: capped before they are kept or parsed.

Small values are dear: a megabyte of them takes a third of a second to check. Frames with many are
checked in a thread, one at a time, so that the service's loop goes on meanwhile.
"""

import asyncio
import functools
import json
import struct
from concurrent.futures import ThreadPoolExecutor

from toolvet_reviews import canonical
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import Json, JsonObject

_LENGTH = struct.Struct(">I")
_MAX_DEPTH = canonical.MAX_DEPTH + 2
"""A frame wraps a value in an object, a request to the host in two."""
VALUES_MAX = 200_000
"""In one frame, about: a table of ten thousand rows with nineteen columns."""
_SMALL_BYTES = 16 << 10
_FEW_VALUES = 4000
"""Parsed at once, in a few milliseconds at most."""
_MARKS = b",[{"
"""A frame has at most one value more than there are of these."""


class FrameError(ValueError):
    """Bytes that are no frame, or one that is too long."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def encode(value: Json) -> bytes:
    """Write one frame."""
    body = json.dumps(value, allow_nan=False, ensure_ascii=True, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Collects bytes and gives frames back, none longer than a cap."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take in bytes as they came."""
        self._buffer += data

    def next(self) -> bytes | None:
        """Return the body of the next whole frame, or None when it is not there yet.

        Raises:
            FrameError: The frame is too long.
        """
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > self._max_bytes:
            raise FrameError("result.too_large", f"{length} bytes, allowed are {self._max_bytes}")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        return body


def is_dear(body: bytes) -> bool:
    """Tell whether a body takes long to parse: then `parse_aside` is for it."""
    return len(body) > _SMALL_BYTES and sum(map(body.count, (b",", b"[", b"{"))) > _FEW_VALUES


async def parse_aside(body: bytes) -> JsonObject:
    """Parse a body while the event loop goes on; see `parse`.

    Raises:
        FrameError: It has too many values, or as `parse`.
    """
    return await asyncio.get_running_loop().run_in_executor(_aside(), _parse_counted, body)


@functools.cache
def _aside() -> ThreadPoolExecutor:
    """Give the one thread for it: several would only take the interpreter from the loop in turns."""
    return ThreadPoolExecutor(1, thread_name_prefix="frames")


def _parse_counted(body: bytes) -> JsonObject:
    if _values(body) > VALUES_MAX:
        raise FrameError("result.too_large", f"more than {VALUES_MAX} values; use a file for them")
    return parse(body)


def _values(body: bytes) -> int:
    """Count values without parsing: marks outside of strings."""
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    bare = b"".join(unescaped.split(b'"')[::2])
    return len(bare) - len(bare.translate(None, _MARKS))


def parse(body: bytes) -> JsonObject:
    """Parse the body of a frame.

    Raises:
        FrameError: It is not canonical JSON, or no object.
    """
    try:
        value = canonical.parse(body, max_depth=_MAX_DEPTH, max_bytes=len(body))
    except ReviewError as error:
        raise FrameError(error.code, str(error)) from error
    if not isinstance(value, dict):
        raise FrameError("result.not_json", "not an object")
    return value
