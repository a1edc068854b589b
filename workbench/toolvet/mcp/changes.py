"""`listChanged` in both eras, told only to those whose own list changed.

2026-07-28: events on the `subscriptions/listen` streams a client opened. Before: a notification on
the session's standing stream. Both follow the service's feed. A change that a caller cannot see
in its list is not told to it, so its moment says nothing about other people's tools.
"""

import logging
import weakref
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import anyio
import mcp_types as t
from anyio.abc import TaskGroup
from mcp.server import ServerRequestContext
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult
from mcp.server.subscriptions import ListenHandler, ServerEvent, ToolsListChanged

from toolvet.engine.services import Services
from toolvet.mcp.access import Streams, caller_of, still_stands
from toolvet.mcp.listing import Fingerprint, Listing
from toolvet_reviews.principals import Caller

_log = logging.getLogger(__name__)

MODERN = "2026-07-28"
_SEND_S = 5.0
"""A client that does not read for so long misses the notification; it lists again anyway."""


@dataclass(eq=False)
class Watcher:
    """Somebody to tell when the list of a caller changes."""

    caller: Caller
    seen: Fingerprint
    """The list as it was when last looked at."""


_watching: ContextVar[Watcher] = ContextVar("watching")


class WatcherBus:
    """The SDK's seam for events, knowing who listens: `subscribe` runs in the listener's task."""

    def __init__(self) -> None:
        self.listeners: dict[Watcher, Callable[[ServerEvent], None]] = {}

    async def publish(self, event: ServerEvent) -> None:
        """Deliver to everybody; `Changes` delivers to those concerned instead."""
        for listener in list(self.listeners.values()):
            listener(event)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Register a stream under the watcher of the current task."""
        watcher = _watching.get()
        self.listeners[watcher] = listener

        def unsubscribe() -> None:
            self.listeners.pop(watcher, None)

        return unsubscribe


class Changes:
    """Follows the feed and tells open sessions and streams."""

    def __init__(self, services: Services, listing: Listing, streams: Streams) -> None:
        self._services = services
        self._listing = listing
        self._streams = streams
        self._bus = WatcherBus()
        self._handler = ListenHandler(self._bus)
        # The session object is made anew for each request; only the connection lives on.
        self._sessions: weakref.WeakKeyDictionary[Connection, Watcher] = weakref.WeakKeyDictionary()

    async def listen(
        self, ctx: ServerRequestContext[Any, Any], params: t.SubscriptionsListenRequestParams
    ) -> t.SubscriptionsListenResult:
        """Serve one `subscriptions/listen` stream."""
        caller = caller_of(ctx)
        _watching.set(Watcher(caller, self._listing.fingerprint(caller)))
        return await self._handler(ctx, params)

    async def track_session(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Remember handshake-era sessions; server middleware."""
        result = await call_next(ctx)
        # Of the SDK, private: the only handle that outlives a request.
        connection: Connection = ctx.session._connection  # pyright: ignore[reportPrivateUsage]
        if ctx.protocol_version < MODERN and connection not in self._sessions:
            caller = caller_of(ctx)
            fingerprint = self._listing.fingerprint(caller)
            self._sessions[connection] = Watcher(caller, fingerprint)
        return result

    async def follow(self) -> None:
        """Tell everybody of every change, until cancelled."""
        async with self._services.feed.subscribe() as feed, anyio.create_task_group() as sending:
            async for change in feed:
                if not change.catalogue:
                    continue
                try:
                    self._streams.end(self._stands)
                    self._announce(sending)
                except Exception:  # noqa: BLE001 (logged; the next change is announced again)
                    _log.exception("a change of the catalogue was not announced")

    async def close_at_the_end(self) -> None:
        """End every stream as soon as the service is stopping: the server waits for them."""
        await self._services.stopping.wait()
        self.close()

    def close(self) -> None:
        """End every listen stream gracefully, and cut the standing streams of sessions."""
        self._handler.close()
        self._streams.cut()

    def _announce(self, sending: TaskGroup) -> None:
        lists: dict[str, Fingerprint] = {}
        for watcher, tell in self._watchers(sending):
            if not self._stands(watcher.caller):
                continue
            caller = watcher.caller
            if caller.id not in lists:
                lists[caller.id] = self._listing.fingerprint(caller)
            if lists[caller.id] != watcher.seen:
                watcher.seen = lists[caller.id]
                tell()

    def _watchers(self, sending: TaskGroup) -> list[tuple[Watcher, Callable[[], object]]]:
        def on_stream(listener: Callable[[ServerEvent], None]) -> Callable[[], object]:
            return lambda: listener(ToolsListChanged())

        def on_session(connection: Connection) -> Callable[[], object]:
            return lambda: sending.start_soon(_quietly, connection.send_tool_list_changed)

        return [
            *((watcher, on_stream(told)) for watcher, told in self._bus.listeners.items()),
            *((watcher, on_session(told)) for told, watcher in self._sessions.items()),
        ]

    def _stands(self, caller: Caller) -> bool:
        return still_stands(self._services, caller)


async def _quietly(send: Callable[[], Awaitable[None]]) -> None:
    try:
        with anyio.move_on_after(_SEND_S):
            await send()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        _log.debug("a session ended before it was told of a change")
