"""Frames from a run, taken apart without trust: capped before they are kept or parsed."""

import json
import struct

from toolvet_reviews import canonical
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import Json, JsonObject

_LENGTH = struct.Struct(">I")
_MAX_DEPTH = canonical.MAX_DEPTH + 2
"""A frame wraps a value in an object, a request to the host in two."""


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

    def next(self) -> JsonObject | None:
        """Return the next whole frame, or None when it is not there yet.

        Raises:
            FrameError: The frame is too long, not canonical JSON, or no object.
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
        return _parse(body)


def _parse(body: bytes) -> JsonObject:
    try:
        value = canonical.parse(body, max_depth=_MAX_DEPTH, max_bytes=len(body))
    except ReviewError as error:
        raise FrameError(error.code, str(error)) from error
    if not isinstance(value, dict):
        raise FrameError("result.not_json", "not an object")
    return value
