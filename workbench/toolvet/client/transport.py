"""How bytes reach a service: a Unix socket, TCP, or an application in this very process.

The first two use the standard library's HTTP client: importing httpx takes longer than a whole
`toolvet queue` may.
"""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from toolvet.client.errors import AnswerError
from toolvet.errors import UnreachableError

TIMEOUT_S = 90.0
"""Longer than the service ever keeps an answer waiting."""

KEPT_S = 2.0
"""How long a connection is kept between requests: less than the service does (5 s), so that no
request that may not be repeated meets one that is just being closed."""

_PIECE = 256 * 1024
"""Bytes of a long answer taken at once."""

MAX_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """One whole answer."""

    status: int
    body: bytes

    def json(self) -> object:
        """Read the body.

        Raises:
            AnswerError: It is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise AnswerError(f"the answer (HTTP {self.status}) is not JSON") from error


class Transport(Protocol):
    """Carries requests; one at a time."""

    @property
    def address(self) -> str:
        """Where it goes, to remember a service by."""
        ...

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send a request and read the whole answer.

        Raises:
            UnreachableError: Nothing answers, or it broke off.
        """
        ...

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        """Read an answer line by line, without holding it; a refusal is one line of JSON.

        Raises:
            UnreachableError: Nothing answers, or it broke off.
        """
        ...

    def again(self) -> "Transport":
        """Make another one to the same place, for a long answer beside the short ones."""
        ...

    def close(self) -> None:
        """Let go of connections; a read that is under way ends."""
        ...


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = connect_unix(self._path, self.timeout)


def connect_unix(path: Path, timeout_s: float | None) -> socket.socket:
    """Connect to a Unix socket, also one whose path is longer than an address may be."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    found.settimeout(timeout_s)
    try:
        _connect(found, path)
    except OSError:
        found.close()
        raise
    return found


def _connect(found: socket.socket, path: Path) -> None:
    import os

    if len(os.fsencode(path)) < 100:
        found.connect(str(path))
        return
    # sun_path holds 108 bytes; /proc gives a short name to a folder that is open.
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        found.connect(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


class HttpTransport:
    """HTTP/1.1 over a Unix socket or TCP, with one connection that is kept."""

    def __init__(
        self, address: str, connect: Callable[[], http.client.HTTPConnection], prefix: str
    ) -> None:
        self.address = address
        self._connect = connect
        self._connection = connect()
        self._prefix = prefix
        self._used = time.monotonic()
        self._is_reading = False
        self._is_closed = False

    @classmethod
    def unix(cls, path: Path, *, timeout_s: float = TIMEOUT_S) -> "HttpTransport":
        """Talk to the local service."""
        return cls(f"unix:{path}", lambda: _UnixConnection(path, timeout_s), "")

    @classmethod
    def url(cls, url: str, *, timeout_s: float = TIMEOUT_S) -> "HttpTransport":
        """Talk to a service elsewhere.

        Raises:
            AnswerError: Not an http or https address.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AnswerError(f"not the address of a service: {url!r}")
        host, port = parts.hostname, parts.port

        def connect() -> http.client.HTTPConnection:
            if parts.scheme == "http":
                return http.client.HTTPConnection(host, port, timeout=timeout_s)
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)

        return cls(url.rstrip("/"), connect, parts.path.rstrip("/"))

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send a request and read the whole answer."""
        with self._reported():
            try:
                response = self._send(method, path, headers, body)
            except (http.client.RemoteDisconnected, BrokenPipeError):
                if method != "GET":
                    raise  # it may have been done: only the caller can know whether to repeat it
                self._let_go()  # the service let go of a connection that was kept too long
                response = self._send(method, path, headers, body)
            read = response.read(MAX_ANSWER + 1)
            if response.length and len(read) <= MAX_ANSWER:
                # given an amount, http.client keeps silent about an answer that broke off
                raise http.client.IncompleteRead(read, response.length)
        if len(read) > MAX_ANSWER:
            self._let_go()
            raise AnswerError(f"the answer is longer than {MAX_ANSWER} bytes")
        return Answer(response.status, read)

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        """Read an answer line by line."""
        with self._reported(), self._reading():
            response = self._send("GET", path, headers, None)
            parts: list[bytes] = []
            # by hand: `HTTPResponse.readline` looks into its buffer twice for each line
            while read := response.read1(_PIECE):
                end, *more = read.split(b"\n")
                parts.append(end)
                if more:
                    yield b"".join(parts)
                    yield from more[:-1]
                    parts = [more[-1]]
            if any(parts):
                yield b"".join(parts)

    def again(self) -> "HttpTransport":
        """Make another one to the same place."""
        return HttpTransport(self.address, self._connect, self._prefix)

    def close(self) -> None:
        """Let go of the connection for good; a read that is under way in another thread ends."""
        self._is_closed = True
        self._let_go()

    def _let_go(self) -> None:
        held = self._connection.sock
        if held is not None:
            with suppress(OSError):  # not connected any more
                held.shutdown(socket.SHUT_RDWR)
        if not self._is_reading:  # else the reader, who meets the end now, closes it himself
            self._connection.close()

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> http.client.HTTPResponse:
        if self._is_closed:  # another thread's next question would open a connection nobody closes
            raise UnreachableError("the connection was closed")
        if time.monotonic() - self._used > KEPT_S:
            self._connection.close()
        self._connection.request(method, self._prefix + path, body, dict(headers))
        response = self._connection.getresponse()
        self._used = time.monotonic()
        return response

    @contextmanager
    def _reading(self) -> Generator[None]:
        self._is_reading = True
        try:
            yield
        except GeneratorExit:  # the rest of the answer is not wanted
            self._connection.close()
            raise
        finally:
            self._is_reading = False

    @contextmanager
    def _reported(self) -> Generator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            self._let_go()
            reason = str(error) or type(error).__name__
            raise UnreachableError(f"no service at {self.address}: {reason}") from error
