"""HTTP/1.1 as a client, towards one declared host; one connection, used again while it lasts."""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

import h11

from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.headers import Pairs
from toolvet.sandbox.broker.http1 import Grain
from toolvet.sandbox.broker.passage import Passage
from toolvet.sandbox.broker.streams import Streams, read_some

_HEAD_MAX = 64 << 10
_INTERIM_MAX = 10
"""Replies of kind 1xx before the real one."""


@dataclass(frozen=True)
class Asked:
    """A request as it goes out."""

    method: str
    target: str
    headers: Pairs
    body: AsyncIterator[bytes]
    has_body: bool


@dataclass(frozen=True)
class Answered:
    """The head of a reply."""

    status: int
    headers: Pairs
    """Names in lower case."""
    length: int | None


class Upstream:
    """Speaks with the host of one passage."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._streams: Streams | None = None
        self._wire = h11.Connection(h11.CLIENT)
        self._was_used = False

    async def exchange(self, asked: Asked) -> Answered:
        """Send a request and read the head of its reply.

        Raises:
            RefusedError: The host is not there, may not be reached, or makes no sense.
        """
        is_old = await self._ready()
        try:
            return await self._once(asked)
        except _LostError as error:
            # a host may close an old connection at any moment: then it never saw the request
            if not is_old or asked.has_body or asked.method not in ("GET", "HEAD", "OPTIONS"):
                raise RefusedError(Reason.UPSTREAM, str(error)) from None
        self.abort()
        await self._ready()
        try:
            return await self._once(asked)
        except _LostError as error:
            raise RefusedError(Reason.UPSTREAM, str(error)) from None

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Give the reply's body as it comes.

        Raises:
            RefusedError: It broke off, or a cap was reached.
        """
        grain = Grain()
        while True:
            event = await self._next()
            if isinstance(event, h11.Data):
                grain.check(len(event.data))
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return

    def abort(self) -> None:
        """Drop the connection, if there is one: a reply is whole without a goodbye."""
        if self._streams is not None:
            streams, self._streams = self._streams, None
            streams[1].transport.abort()

    async def _ready(self) -> bool:
        """Have a connection that awaits a request; True when it is an old one."""
        if self._streams is not None and self._can_go_on(self._streams):
            self._wire.start_next_cycle()
            return True
        self.abort()
        self._streams = await self._passage.open(tls=self._passage.door.protocol == "https")
        self._wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_MAX)
        return False

    def _can_go_on(self, streams: Streams) -> bool:
        is_done = self._wire.our_state is h11.DONE and self._wire.their_state is h11.DONE
        return is_done and not streams[0].at_eof() and not self._wire.trailing_data[0]

    async def _once(self, asked: Asked) -> Answered:
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in asked.headers]
        head = h11.Request(method=asked.method, target=asked.target, headers=headers)
        with contextlib.suppress(OSError):  # it may have answered before it hung up
            await self._send(head)
            async for piece in asked.body:
                await self._send(h11.Data(data=piece))
            await self._send(h11.EndOfMessage())
        for _ in range(_INTERIM_MAX):
            event = await self._next(first=True)
            if isinstance(event, h11.Response):
                return _answered(event)
        raise RefusedError(Reason.UPSTREAM, "the host does not come to its reply")

    async def _send(self, event: h11.Event) -> None:
        data = self._wire.send(event) or b""
        self._passage.up(len(data))
        if self._streams is not None:
            self._streams[1].write(data)
            await self._streams[1].drain()

    async def _next(self, *, first: bool = False) -> h11.Event:
        while True:
            try:
                event = self._wire.next_event()
            except h11.RemoteProtocolError as error:
                if first and not self._has_begun:
                    raise _LostError("the host hung up without a reply") from None
                raise RefusedError(Reason.UPSTREAM, f"no HTTP from the host: {error}") from None
            if isinstance(event, h11.Event):
                self._check(event)
                return event
            await self._more(first=first)

    def _check(self, event: h11.Event) -> None:
        if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
            raise RefusedError(Reason.UPGRADE, "the host changes to another protocol")
        if isinstance(event, h11.ConnectionClosed):
            raise _LostError("the host hung up without a reply")

    async def _more(self, *, first: bool) -> None:
        if self._streams is None:
            raise _LostError("the connection is closed")
        try:
            data = await read_some(self._streams[0], self._passage.around.limits.idle_s)
        except RefusedError as error:
            if first and error.reason is Reason.CLOSED and not self._has_begun:
                raise _LostError("the host hung up without a reply") from None
            if error.reason is Reason.TIMEOUT:
                error.status = 504
            raise
        self._passage.down(len(data))
        self._wire.receive_data(data)

    @property
    def _has_begun(self) -> bool:
        return bool(self._wire.trailing_data[0])


class _LostError(Exception):
    """The connection ended before a byte of the reply came."""


def _answered(event: h11.Response) -> Answered:
    headers = [(name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers]
    said = dict(headers)
    is_chunked = "transfer-encoding" in said
    length = None if is_chunked else said.get("content-length")
    return Answered(event.status_code, headers, None if length is None else int(length))
