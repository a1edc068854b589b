"""Frames between a run and its supervisor: four bytes of length, then JSON."""

import json
import os
import struct
import threading
from typing import Any

_LENGTH = struct.Struct(">I")


class Wire:
    """One end of the socket pair, blocking; threads of a tool may share it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.RLock()

    def _read_exactly(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            part = os.read(self._descriptor, min(count, 1 << 20))
            if not part:
                raise EOFError("the supervisor is gone")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def read(self) -> Any:
        """Read one frame."""
        (length,) = _LENGTH.unpack(self._read_exactly(_LENGTH.size))
        return json.loads(self._read_exactly(length))

    def write(self, value: object) -> int:
        """Write one frame and return its length.

        Raises:
            ValueError, TypeError, RecursionError: The value is not JSON.
        """
        body = json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
        data = memoryview(_LENGTH.pack(len(body)) + body)
        with self._lock:
            while data:
                data = data[os.write(self._descriptor, data) :]
        return len(body)

    def exchange(self, value: object) -> Any:
        """Write one frame and read the next."""
        with self._lock:
            self.write(value)
            return self.read()
