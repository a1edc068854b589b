"""The network of a revision that nobody approved yet: fakes in place of every declared host.

Made from the bundle alone, without a way to any secret or to any host. Mail goes to a sink, HTTP is
answered from the bundle's cassettes, what the broker would refuse is refused by the broker's own
rules, and everything that was asked is written down on our side of the wall. A world holds while
several runs share it, so that a second run can be held against the first.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from toolvet.checks import reading
from toolvet.checks.cassettes import Cassettes, Playback, Reply, Request, entry_for, origin
from toolvet.checks.fake_mail import Mail, MailSession, Post
from toolvet.checks.taps import OPEN, Happened, Tap, lengths
from toolvet.sandbox import Endpoint
from toolvet.sandbox.broker import (
    Authority,
    HttpReply,
    HttpRequest,
    RefusedError,
    refusal,
    serve_http,
)
from toolvet.sandbox.broker.doors import Door, check_redirect, doors_of
from toolvet.sandbox.broker.streams import Streams, accepted, close, first_byte
from toolvet_reviews import digests
from toolvet_reviews.bundle import NetworkRule
from toolvet_reviews.values import Digest
from toolvet_reviews.words import one_line

_log = logging.getLogger(__name__)

MAX_CONNECTIONS = 1000
"""Of one run."""
MAX_SEEN = 2000
"""Things that happened, over all runs of a world; what comes after is counted."""
MAX_MAILS = 10_000
MAX_RECIPIENTS = 50_000
"""Of all mails of a world."""
MAX_BODY = 4 << 20
_MAX_UNSAFE = 20_000
_AT_ONCE = 16
"""Connections of one run; more wait their turn. Each may hold a body or a mail in memory."""
_TLS_HELLO = b"\x16"
_FIRST_BYTE_S = 10.0
_LAST_WORDS_S = 0.25
"""How long connections may go on being read after the call: its process is ending."""
_SMTPS_PORT = 465
_UNSAFE = frozenset({"POST", "PATCH"})
"""Methods that do their work again when they are sent again."""
_CHANGING = _UNSAFE | {"PUT", "DELETE"}
_REFUSED_FROM = 400
"""A recorded reply from here on says that nothing was done."""
_KEYS = ("idempotency-key", "x-idempotency-key", "paypal-request-id")
"""Headers by which hosts keep a request from being done twice."""
_UNRECORDED = 501


class Seen(NamedTuple):
    """One thing that reached the fakes."""

    name: str
    """The declared host with its port, and what went beyond what was declared of it."""
    how: str
    is_refused: bool
    endpoint: Endpoint
    entry: str = ""
    """For a request that no cassette holds: the entry to add."""
    is_faked: bool = True
    """False where there is no fake of the protocol."""


class FakeWorld:
    """What all runs of one revision talk to."""

    def __init__(
        self, rules: Sequence[NetworkRule], cassettes: Cassettes, authority: Authority
    ) -> None:
        """Make an empty mailbox, and wait.

        Args:
            rules: Declared hosts.
            cassettes: What the bundle recorded of them.
            authority: Vouches for every fake; runs must trust it.

        Raises:
            RulesError: The rules contradict each other.
        """
        self.doors = doors_of(rules)
        self.cassettes = cassettes
        self.authority = authority
        self.seen: list[Seen] = []
        self.missed = 0
        """What happened beyond that."""
        self.mails: list[Mail] = []
        self._recipients = 0
        self._refusals = dict(cassettes.refusals)
        self._unsafe: dict[str, Digest] = {}

    def network(self, tap: Tap = OPEN) -> "FakeNetwork":
        """Make the network of one run; recordings are played from their start.

        Args:
            tap: Is told of what the run sends, and may hold it up.
        """
        return FakeNetwork(self, tap)

    def state(self) -> Digest:
        """Digest of everything that was sent and may not be sent again."""
        mails = [[mail.sender, [*mail.recipients], mail.digest] for mail in self.mails]
        return digests.of_json({"mails": mails, "requests": dict(self._unsafe)})

    def note(self, seen: Seen) -> None:
        """Write down what reached a fake."""
        if len(self.seen) < MAX_SEEN:
            self.seen.append(seen)
        else:
            self.missed += 1

    def deliver(self, mail: Mail) -> bool:
        """Put a message into the mailbox; False when that is full."""
        recipients = self._recipients + len(mail.recipients)
        if len(self.mails) >= MAX_MAILS or recipients > MAX_RECIPIENTS:
            return False
        self._recipients = recipients
        self.mails.append(mail)
        return True

    def refusal_of(self, recipient: str) -> str:
        """Give the recorded reply that refuses a recipient; empty when there is none."""
        return self._refusals.get(recipient, "")

    def count(self, asked: Request, key: str) -> None:
        """Remember a request that does its work again when it is sent again.

        Args:
            asked: The request.
            key: By which the host itself keeps it from happening twice; empty for none.
        """
        if asked.method in _UNSAFE and len(self._unsafe) < _MAX_UNSAFE:
            name = digests.sha256(key.encode()) if key else f"request {len(self._unsafe)}"
            what = f"{asked.method} {asked.url}\n".encode("utf-8", "replace") + asked.body
            self._unsafe.setdefault(f"{asked.origin} {name}", digests.sha256(what))


class FakeNetwork:
    """Answers one run's connections; see `toolvet.sandbox.Network`."""

    def __init__(self, world: FakeWorld, tap: Tap = OPEN) -> None:
        self._world = world
        self._tap = tap
        self._playback = Playback(world.cassettes)
        self._accepting: list[asyncio.Task[None]] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._listeners: list[socket.socket] = []
        self._connections = 0
        self._room = asyncio.Semaphore(_AT_ONCE)

    def open(self, listeners: Mapping[Endpoint, socket.socket]) -> None:
        """Begin to answer; the listeners are owned from now on."""
        for endpoint, listener in listeners.items():
            listener.settimeout(0)
            self._listeners.append(listener)
            self._accepting.append(asyncio.create_task(self._accept(endpoint, listener)))

    async def close(self) -> None:
        """Hear out what is being said, then end every connection."""
        for task in self._accepting:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving, timeout=_LAST_WORDS_S)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._accepting, *self._serving, return_exceptions=True)
        for listener in self._listeners:
            listener.close()

    async def _accept(self, endpoint: Endpoint, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while self._connections < MAX_CONNECTIONS:
            await self._room.acquire()
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError:
                return
            self._connections += 1
            task = asyncio.create_task(self._serve(endpoint, connection))
            self._serving.add(task)
            task.add_done_callback(self._done)
        listener.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        self._room.release()

    async def _serve(self, endpoint: Endpoint, connection: socket.socket) -> None:
        door = self._world.doors.get((endpoint.host, endpoint.port))
        try:
            if door is not None:
                talk = _Talk(self._world, self._playback, door, endpoint, self._tap)
                await talk.answer(connection)
        except (OSError, TimeoutError, RefusedError):
            return  # the client left, or spoke something else; what it asked for is written down
        except Exception:  # noqa: BLE001 - the outermost frame of a connection: the run goes on
            _log.exception("a fake of %s failed", endpoint.host)
        finally:
            connection.close()


class _Talk:
    """One connection to one fake."""

    def __init__(
        self, world: FakeWorld, playback: Playback, door: Door, endpoint: Endpoint, tap: Tap
    ) -> None:
        self._world = world
        self._tap = tap
        self._playback = playback
        self._door = door
        self._endpoint = endpoint
        self._name = f"{door.host}:{door.port}"
        self._said = 0

    def _note(
        self,
        how: str,
        *,
        refused: bool = False,
        beyond: str = "",
        entry: str = "",
        faked: bool = True,
    ) -> None:
        """Write down what was asked; `beyond` says why it goes beyond what was declared."""
        self._said += 1
        how = one_line(how)
        name = f"{self._name} {how} ({one_line(beyond)})" if beyond else self._name
        is_refused = refused or bool(beyond)
        self._world.note(Seen(name, how, is_refused, self._endpoint, entry, faked))

    async def answer(self, connection: socket.socket) -> None:
        """Serve the connection to its end."""
        door = self._door
        match door.protocol:
            case "smtp":
                await self._take_mail(connection)
            case "http":
                await self._serve_http(await accepted(connection, None))
            case "https":
                await self._https(connection)
            case _:
                self._note(f"{door.protocol} is not faked", refused=True, faked=False)

    async def _https(self, connection: socket.socket) -> None:
        first = await first_byte(connection, _FIRST_BYTE_S)
        if first != _TLS_HELLO and not self._door.speaks_http:
            self._note("connected without TLS", beyond="" if not first else "https is declared")
            return
        context = self._context() if first == _TLS_HELLO else None
        await self._serve_http(await accepted(connection, context))

    def _context(self) -> ssl.SSLContext:
        return self._world.authority.context_for(self._door.host)

    async def _serve_http(self, streams: Streams) -> None:
        try:
            await serve_http(*streams, self._reply)
        finally:
            await close(streams[1])

    async def _reply(self, request: HttpRequest) -> HttpReply:
        path, _, query = request.target.partition("?")
        said = f"{request.method} {path}"
        try:
            self._door.admit(request.method, request.target, request.header("host"))
        except RefusedError as error:
            self._note(said, beyond=str(error))
            return refusal(error)
        try:
            body = await request.read(MAX_BODY)
        except RefusedError:
            self._note(said, refused=True)
            raise
        place = origin(self._door.protocol, self._door.host, self._door.port)
        asked = Request(request.method, place, path, query, body)
        key = next((value for name in _KEYS if (value := request.header(name))), "")
        found = self._playback.answer(asked)
        happened = _happened(asked, found, key)
        if happened is not None:
            await self._tap.before(happened)
        self._world.count(asked, key)
        if found is None:
            self._note(said, entry=entry_for(asked))
            return _unrecorded(asked)
        reply = self._recorded(said, asked, found)
        if happened is not None:
            await self._tap.after(happened)
        return reply

    def _recorded(self, said: str, asked: Request, found: Reply) -> HttpReply:
        location = dict(found.headers).get("location", "")
        if location:
            try:
                check_redirect(location, self._door, self._world.doors)
            except RefusedError as error:
                self._note(said, beyond=str(error))
                return refusal(error)
        self._note(said)
        return HttpReply(found.status, found.headers, b"" if asked.method == "HEAD" else found.body)

    async def _take_mail(self, connection: socket.socket) -> None:
        does_login = self._door.login is not None
        is_wrapped = self._door.port == _SMTPS_PORT
        post = Post(
            deliver=self._deliver,
            refuse=self._world.refusal_of,
            tls=None if does_login or is_wrapped else self._context(),
            takes_login=not does_login,
        )
        streams = await accepted(connection, self._context() if is_wrapped else None)
        session = MailSession(*streams, post)
        try:
            await session.serve()
        finally:
            if not self._said:
                self._note("connected, sent nothing")
            await close(session.writer)

    async def _deliver(self, mail: Mail) -> bool:
        happened = Happened("mail", ", ".join(mail.recipients), mail.digest, mail.recipients)
        await self._tap.before(happened)
        is_taken = self._world.deliver(mail)
        many = len(mail.recipients)
        whom = mail.recipients[0] if many == 1 else f"{many} recipients"
        self._note(f"mail to {whom}", refused=not is_taken)
        if is_taken:
            await self._tap.after(happened)
        return is_taken


def _happened(asked: Request, found: Reply | None, key: str) -> Happened | None:
    """Name the effect of a request; None when it has none, as far as anybody recorded."""
    if asked.method not in _CHANGING or found is None or found.status >= _REFUSED_FROM:
        return None
    return Happened(
        "request",
        f"{asked.method} {asked.url}",
        digests.sha256(asked.body),
        key=key,
        repeats=asked.method not in _UNSAFE,
        lengths=lengths(reading.document(asked.body)),
    )


def _unrecorded(asked: Request) -> HttpReply:
    text = f"no cassette answers {asked.method} {asked.url[:200]}\n"
    headers = (("content-type", "text/plain"), ("x-toolvet-code", "fake.unrecorded"))
    return HttpReply(_UNRECORDED, headers, text.encode("ascii", "replace"))
