"""HTTP/1.1 as a server that trusts nobody, over asyncio streams. Standard: RFC 9112.

A head is read whole and held against a strict grammar first; only then h11 parses it and frames the
body. What two parsers could understand differently is refused here, not repaired: bare line feeds,
folded lines, doubled lengths, a length beside a transfer coding.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import h11

from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.head import check_head

Headers = tuple[tuple[str, str], ...]
"""Names in lower case, values in Latin-1, in the order they came."""

_CHUNK = 1 << 16
_DRAIN_BYTES = 1 << 20
"""Of a refused body, read so that the client gets as far as reading the answer."""
_DRAIN_S = 2.0
_BLANK = b"\r\n\r\n"
_CRUMBS, _CRUMB_BYTES = 1000, 64
"""Pieces of a body may be smaller than this only so often: each costs as much as a large one."""


@dataclass(frozen=True)
class HttpLimits:
    """How patient the server is."""

    head_bytes: int = 32 << 10
    head_s: float = 10.0
    """From a head's first byte to its last."""
    idle_s: float = 60.0
    """Between requests, and between two pieces of a body."""


@dataclass(frozen=True)
class HttpReply:
    """What a request is answered with."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    """Without those of framing: they follow from the body."""
    body: bytes | AsyncIterator[bytes] = b""
    length: int | None = None
    """Of a body that comes in pieces, when it is known; else it goes out in chunks."""
    close: bool = False


class HttpRequest:
    """One request; its body is read by whoever answers it, once."""

    def __init__(self, method: str, target: str, headers: Headers, body: "_Body") -> None:
        self.method = method
        self.target = target
        """As it was sent: `/path?query`, or what a refusal is about."""
        self.headers = headers
        self._body = body

    def header(self, name: str) -> str:
        """Give a header's first value; empty when it is not there."""
        return next((value for known, value in self.headers if known == name), "")

    @property
    def has_body(self) -> bool:
        """Whether anything may follow the head."""
        return self.length != 0

    @property
    def length(self) -> int | None:
        """The body's length as declared; None when it comes in chunks."""
        if self.header("transfer-encoding"):
            return None
        return int(self.header("content-length") or 0)

    def pieces(self) -> AsyncIterator[bytes]:
        """Give the body as it comes.

        Raises:
            RefusedError: It is malformed, or the client lost patience or stopped.
        """
        return self._body.pieces()

    async def read(self, most: int) -> bytes:
        """Read the whole body.

        Raises:
            RefusedError: It is longer, or malformed.
        """
        data = bytearray()
        async for piece in self.pieces():
            data += piece
            if len(data) > most:
                raise RefusedError(Reason.BYTES, f"a body of more than {most} bytes")
        return bytes(data)


Answer = Callable[[HttpRequest], Awaitable[HttpReply]]
OnRefused = Callable[[RefusedError, str, str], None]
"""Told of a refusal, with the method and target as far as they were read."""


def refusal(error: RefusedError) -> HttpReply:
    """Write a refusal as an answer that says why."""
    said = json.dumps({"code": error.reason.value, "message": str(error)}).encode()
    headers = (("content-type", "application/json"), ("x-toolvet-code", error.reason.value))
    return HttpReply(error.status, headers, said, close=True)


async def serve_http(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    answer: Answer,
    *,
    limits: HttpLimits | None = None,
    on_refused: OnRefused | None = None,
) -> None:
    """Answer requests on one connection until either side has enough; closes nothing itself.

    Args:
        answer: Called for each well-formed request. A `RefusedError` of it becomes the answer.
        on_refused: Told of requests that never reached `answer`.

    Raises:
        RefusedError: The body of an answer broke off: the connection must not end as if it were whole.
        OSError: The client went away.
    """
    server = _Server(reader, writer, answer, limits or HttpLimits(), on_refused)
    while await server.serve_one():
        pass


@dataclass
class _Server:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answer: Answer
    limits: HttpLimits
    on_refused: OnRefused | None
    ahead: bytes = b""
    """Read beyond the last request."""
    line: tuple[str, str] = field(default=("", ""))

    async def serve_one(self) -> bool:
        """Answer one request; False when the connection is done."""
        wire = h11.Connection(h11.SERVER, max_incomplete_event_size=self.limits.head_bytes * 2)
        body = _Body(wire, self.reader, self.writer, self.limits.idle_s)
        try:
            head = await self._head()
            if not head:
                return False
            request = self._parse(wire, head, body)
        except RefusedError as error:
            if self.on_refused is not None:
                self.on_refused(error, *self.line)
            await _write_unframed(self.writer, refusal(error))
            return False
        reply = await self._reply(request)
        kept = await _send(wire, self.writer, reply, bodiless=request.method == "HEAD")
        await body.drain()
        self.ahead = wire.trailing_data[0]
        return kept and body.is_done and not self.reader.at_eof()

    async def _reply(self, request: HttpRequest) -> HttpReply:
        try:
            return await self.answer(request)
        except RefusedError as error:
            return refusal(error)

    async def _head(self) -> bytes:
        data = bytearray(self.ahead or await _read(self.reader, self.limits.idle_s))
        try:
            async with asyncio.timeout(self.limits.head_s):
                end = data.find(_BLANK)
                while data and end < 0 and len(data) <= self.limits.head_bytes:
                    more = await self.reader.read(_CHUNK)
                    if not more:
                        raise RefusedError(Reason.CLOSED, "the request ended within its head")
                    searched = max(0, len(data) - len(_BLANK))
                    data += more
                    end = data.find(_BLANK, searched)
        except TimeoutError:
            raise RefusedError(Reason.TIMEOUT, "the head of the request came too slowly") from None
        if data and not 0 <= end <= self.limits.head_bytes:
            raise RefusedError(Reason.TOO_LARGE, "the head of the request is too large")
        return bytes(data)

    def _parse(self, wire: h11.Connection, data: bytes, body: "_Body") -> HttpRequest:
        self.line = _first_words(data)
        check_head(data[: data.index(_BLANK)])
        wire.receive_data(data)
        try:
            event = wire.next_event()
        except h11.RemoteProtocolError as error:
            raise RefusedError(Reason.MALFORMED, str(error)) from None
        if not isinstance(event, h11.Request):
            raise RefusedError(Reason.MALFORMED, "not a request")
        headers = tuple(
            (name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers
        )
        return HttpRequest(event.method.decode(), event.target.decode(), headers, body)


class Grain:
    """Refuses a body in crumbs, which would keep the whole service busy for few bytes."""

    def __init__(self) -> None:
        self._left = _CRUMBS

    def check(self, size: int) -> None:
        """Count one piece.

        Raises:
            RefusedError: Too many of them were tiny.
        """
        self._left += -1 if size < _CRUMB_BYTES else 1
        if self._left < 0:
            raise RefusedError(Reason.FRAMING, "a body in too many tiny pieces")


class _Body:
    """The body of one request, pulled from the connection when somebody asks."""

    def __init__(
        self,
        wire: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        idle_s: float,
    ) -> None:
        self._wire = wire
        self._reader = reader
        self._writer = writer
        self._idle_s = idle_s
        self.is_done = False
        self.is_wanted = True
        """False while the client holds it back until it is told to go on, and after it stopped."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """See `HttpRequest.pieces`."""
        grain = Grain()
        while not self.is_done:
            try:
                event = self._wire.next_event()
            except h11.RemoteProtocolError as error:
                raise RefusedError(Reason.FRAMING, str(error)) from None
            if event is h11.NEED_DATA:
                await self._more()
            elif isinstance(event, h11.Data):
                grain.check(len(event.data))
                yield bytes(event.data)
            else:
                self.is_done = isinstance(event, h11.EndOfMessage)
                return

    async def _more(self) -> None:
        if self._wire.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self._writer.write(self._wire.send(go_on) or b"")
            self.is_wanted = True
        data = await _read(self._reader, self._idle_s)
        if not data:
            self.is_wanted = False
            raise RefusedError(Reason.CLOSED, "the request ended within its body")
        self._wire.receive_data(data)

    async def drain(self) -> None:
        """Read the rest, within reason; nothing when the client was told to wait, and does."""
        if not self.is_wanted:
            return
        size = 0
        try:
            async with asyncio.timeout(_DRAIN_S):
                async for piece in self.pieces():
                    size += len(piece)
                    if size > _DRAIN_BYTES:
                        return
        except (RefusedError, TimeoutError, OSError, h11.LocalProtocolError):
            return


async def _read(reader: asyncio.StreamReader, idle_s: float) -> bytes:
    try:
        async with asyncio.timeout(idle_s):
            return await reader.read(_CHUNK)
    except OSError:  # too slow, or broken off
        return b""


def _first_words(data: bytes) -> tuple[str, str]:
    words = data.split(b"\r\n", 1)[0][:2048].decode("latin-1").split(" ")
    return words[0][:20], words[1] if len(words) > 1 else ""


async def _send(
    wire: h11.Connection, writer: asyncio.StreamWriter, reply: HttpReply, *, bodiless: bool
) -> bool:
    """Send an answer; False when nothing may follow it."""
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in reply.headers]
    bodiless = bodiless or reply.status in (204, 304)
    length = len(reply.body) if isinstance(reply.body, bytes) else reply.length
    if length is not None and reply.status not in (204, 304):
        headers.append((b"content-length", b"%d" % length))
    if reply.close:
        headers.append((b"connection", b"close"))
    head = h11.Response(status_code=reply.status, headers=headers, reason=b"")
    writer.write(wire.send(head) or b"")
    async for piece in _pieces(b"" if bodiless else reply.body):
        writer.write(wire.send(h11.Data(data=piece)) or b"")
        await writer.drain()
    writer.write(wire.send(h11.EndOfMessage()) or b"")
    await writer.drain()
    return wire.our_state is h11.DONE


async def _pieces(body: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        if body:
            yield body
        return
    async for piece in body:
        yield piece


async def _write_unframed(writer: asyncio.StreamWriter, reply: HttpReply) -> None:
    """Answer what could not be parsed; the connection ends with it."""
    await _send(h11.Connection(h11.SERVER), writer, reply, bodiless=False)
