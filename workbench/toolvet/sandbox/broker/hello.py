"""The first words of TLS: which server a client asks for. Standard: RFC 8446, RFC 6066. Pure."""

from dataclasses import dataclass

from toolvet.sandbox.broker.errors import Reason, RefusedError

HELLO_MAX = 1 << 16
"""Bytes of a whole greeting, its records included."""

_HANDSHAKE, _CLIENT_HELLO, _HOST_NAME = 22, 1, 0
_SERVER_NAME, _ENCRYPTED_HELLO = 0, 0xFE0D
_RECORD_HEAD = 5
_RECORD_MAX = 1 << 14


@dataclass(frozen=True)
class Hello:
    """What a client's greeting asks for."""

    server_name: str
    """In lower case; empty when it names none."""
    is_encrypted: bool
    """Whether the true name may be hidden (ECH)."""


class _EndError(Exception):
    """The bytes end before the structure does."""


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)

    def take(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise _EndError
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def vector(self, size: int) -> "_Bytes":
        return _Bytes(self.take(self.number(size)))


def parse_hello(data: bytes) -> Hello | None:
    """Read a greeting; None when more bytes are needed.

    Raises:
        RefusedError: It is not one, or it names several servers.
    """
    message = _handshake(data)
    if message is None:
        return None
    try:
        return _client_hello(_Bytes(message))
    except _EndError:
        raise RefusedError(Reason.NOT_TLS, "a malformed greeting") from None


def _handshake(data: bytes) -> bytes | None:
    """Put the first handshake message together from its records; None when more are needed."""
    message, records = b"", _Bytes(data)
    try:
        while True:
            if records.number(1) != _HANDSHAKE or records.number(1) != 3:
                raise RefusedError(Reason.NOT_TLS, "the connection does not begin with TLS")
            records.take(1)
            size = records.number(2)
            if not 0 < size <= _RECORD_MAX:
                raise RefusedError(Reason.NOT_TLS, "a malformed record")
            message += records.take(size)
            if message[0] != _CLIENT_HELLO:
                raise RefusedError(Reason.NOT_TLS, "the connection does not begin with a greeting")
            if len(message) >= 4:
                length = 4 + int.from_bytes(message[1:4])
                if length > HELLO_MAX:
                    raise RefusedError(Reason.NOT_TLS, "a greeting that is too long")
                if len(message) >= length:
                    return message[4:length]
    except _EndError:
        return None


def _client_hello(hello: _Bytes) -> Hello:
    hello.take(2 + 32)  # version, random
    hello.vector(1)  # session
    hello.vector(2)  # cipher suites
    hello.vector(1)  # compression
    if hello.is_empty:
        return Hello("", is_encrypted=False)
    extensions = hello.vector(2)
    names: list[str] = []
    is_encrypted = False
    while not extensions.is_empty:
        kind, content = extensions.number(2), extensions.vector(2)
        if kind == _SERVER_NAME:
            names += _server_names(content)
        is_encrypted = is_encrypted or kind == _ENCRYPTED_HELLO
    if len(names) > 1:
        raise RefusedError(Reason.TLS_NAME, "a greeting that names several servers")
    return Hello(names[0] if names else "", is_encrypted)


def _server_names(content: _Bytes) -> list[str]:
    found: list[str] = []
    entries = content.vector(2)
    while not entries.is_empty:
        kind, name = entries.number(1), entries.vector(2)
        if kind != _HOST_NAME:
            raise RefusedError(Reason.TLS_NAME, "a server's name of an unknown kind")
        found.append(name.rest().decode("ascii", "replace").lower())
    return found
