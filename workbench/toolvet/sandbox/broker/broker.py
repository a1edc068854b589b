"""The broker of one run: answers on its listeners, and lets through what was declared."""

import asyncio
import functools
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence

from toolvet.sandbox.broker.addresses import Dialer, Resolver, system_resolver
from toolvet.sandbox.broker.blind import pass_smtp, pass_tcp, pass_tls
from toolvet.sandbox.broker.doors import Door, doors_of
from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.events import EventLog, NetworkEvent
from toolvet.sandbox.broker.limits import BrokerLimits, Meter
from toolvet.sandbox.broker.mail import pass_mail
from toolvet.sandbox.broker.passage import Credentials, Passage, Reveal, Surroundings
from toolvet.sandbox.broker.streams import Streams, accepted, close, first_byte, within
from toolvet.sandbox.broker.tls import Authority
from toolvet.sandbox.broker.web import pass_http
from toolvet.sandbox.model import Endpoint
from toolvet_reviews.bundle import NetworkRule

_log = logging.getLogger(__name__)

_TLS_HANDSHAKE = b"\x16"
_ACCEPTED_AT_ONCE = 32
_ACCEPT_PAUSE_S = 0.2
"""After the service ran out of descriptors."""

Handler = Callable[[Passage, Streams], Awaitable[None]]


@functools.cache
def host_trust() -> ssl.SSLContext:
    """Give what TLS towards hosts trusts: the system's authorities (`SSL_CERT_FILE` names others)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Broker:
    """The network of one run, by its declared hosts. Belongs to one event loop; used once."""

    def __init__(
        self,
        rules: Sequence[NetworkRule],
        *,
        credentials: Credentials,
        authority: Authority,
        private: frozenset[str] = frozenset(),
        resolver: Resolver = system_resolver,
        trust: ssl.SSLContext | None = None,
        limits: BrokerLimits | None = None,
        tool: str = "",
        log: Callable[[NetworkEvent], None] | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            rules: What the release declares.
            credentials: Gives the value of a secret for a host; asked when it is needed.
            authority: Signs for hosts whose TLS ends here.
            private: Names the operator allows to lead to addresses that are not public.
            resolver: Gives the addresses of a name.
            trust: For TLS towards hosts; None means the system's authorities.
            limits: Of this run.
            tool: Whose run it is.
            log: Told of every event that is kept.

        Raises:
            RulesError: The rules contradict each other.
        """
        limits = limits or BrokerLimits()
        self._events = EventLog(log)
        self._authority = authority
        self._around = Surroundings(
            doors=doors_of(rules),
            dialer=Dialer(private, resolver, limits.connect_s),
            trust=trust or host_trust(),
            reveal=Reveal(credentials),
            limits=limits,
            meter=Meter(limits, tool),
            log=self._events,
        )
        self._listeners: list[tuple[Door, socket.socket]] = []
        self._passing: dict[asyncio.Task[None], Passage] = {}

    @property
    def events(self) -> tuple[NetworkEvent, ...]:
        """What happened so far; complete after `close`."""
        return self._events.events

    @property
    def missed(self) -> int:
        """How many events were not kept."""
        return self._events.missed

    def open(self, listeners: Mapping[Endpoint, socket.socket]) -> None:
        """Begin to answer; see `toolvet.sandbox.Network`. A listener nobody declared is closed."""
        self._events.start()
        for endpoint, listener in listeners.items():
            door = self._around.doors.get((endpoint.host, endpoint.port))
            if door is None:
                listener.close()
                continue
            listener.settimeout(0)
            self._listeners.append((door, listener))
            self._listen(door, listener)

    async def close(self) -> None:
        """End every connection; what the run sent before it ended gets a moment to arrive."""
        for door, listener in [*self._listeners]:
            self._accept(door, listener)  # what connected right before the run ended
        self._stop_listening()
        try:
            async with asyncio.timeout(self._around.limits.closing_s):
                for passage in [*self._passing.values()]:
                    await passage.settled.wait()
        except TimeoutError:
            _log.debug("a run ended while something was on its way")
        finally:
            left = [*self._passing]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _stop_listening(self) -> None:
        loop = asyncio.get_running_loop()
        for _, listener in self._listeners:
            if listener.fileno() >= 0:
                loop.remove_reader(listener)
                listener.close()
        self._listeners.clear()

    def _listen(self, door: Door, listener: socket.socket) -> None:
        if listener.fileno() >= 0:
            asyncio.get_running_loop().add_reader(listener, self._accept, door, listener)

    def _accept(self, door: Door, listener: socket.socket) -> None:
        """Take connections that wait; a few at a time, since others wait for this loop too."""
        loop = asyncio.get_running_loop()
        try:
            for _ in range(_ACCEPTED_AT_ONCE):
                if listener.fileno() < 0:
                    return
                connection, _ = listener.accept()
                connection.settimeout(0)
                # asyncio does so only for sockets that were made with their protocol's number
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._begin(door, connection)
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            _log.warning("a run cannot connect to %s: %s", door.host, error.strerror)
            loop.remove_reader(listener)
            loop.call_later(_ACCEPT_PAUSE_S, self._listen, door, listener)

    def _begin(self, door: Door, connection: socket.socket) -> None:
        passage = Passage(door, self._around)
        try:
            self._around.meter.enter()
        except RefusedError as error:
            connection.close()
            passage.note(error)
            if self._around.meter.is_flooded:
                self._stop_listening()
            return
        task = asyncio.create_task(self._pass(passage, connection))
        self._passing[task] = passage
        task.add_done_callback(functools.partial(self._ended, connection))

    def _ended(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        passage = self._passing.pop(task)
        passage.settled.set()
        self._around.meter.leave()
        if not passage.has_begun:  # ended before its first step: nobody else owns it
            connection.close()

    async def _pass(self, passage: Passage, connection: socket.socket) -> None:
        """Let one connection through; the outermost frame of its task."""
        passage.has_begun = True
        try:
            await within(self._around.limits.total_s, self._handle(passage, connection))
        except RefusedError as error:
            passage.end(error)
        except OSError:
            passage.end(RefusedError(Reason.CLOSED, "a side hung up"))
        except asyncio.CancelledError:
            is_over = passage.settled.is_set()  # the host alone still held it
            passage.end(None if is_over else RefusedError(Reason.CLOSED, "the run ended"))
            raise
        except Exception:  # noqa: BLE001 - the outermost frame of a task: the run goes on
            _log.exception("a connection to %s failed", passage.door.host)
            passage.end(RefusedError(Reason.UPSTREAM, "the broker failed"))
        else:
            passage.end(None)

    async def _handle(self, passage: Passage, connection: socket.socket) -> None:
        try:
            await self._around.meter.turn()
            handler, tls = await self._way(passage.door, connection)
        except BaseException:
            connection.close()
            raise
        inside = await accepted(connection, tls)
        try:
            await handler(passage, inside)
        except BaseException:
            inside[1].transport.abort()  # of TLS and chunks, what broke off must not look complete
            raise
        finally:
            await close(inside[1])

    async def _way(
        self, door: Door, connection: socket.socket
    ) -> tuple[Handler, ssl.SSLContext | None]:
        """Choose who speaks with the tool, and whether TLS ends here."""
        if door.protocol == "tcp":
            return pass_tcp, None
        if door.protocol == "smtp":
            if door.login is None:
                return pass_smtp, None
            return pass_mail, self._context(door) if door.is_smtps else None
        if not door.speaks_http:
            return pass_tls, None
        if door.protocol == "http":
            return pass_http, None
        first = await first_byte(connection, self._around.limits.idle_s)
        return pass_http, self._context(door) if first == _TLS_HANDSHAKE else None

    def _context(self, door: Door) -> ssl.SSLContext:
        return self._authority.context_for(door.host)
