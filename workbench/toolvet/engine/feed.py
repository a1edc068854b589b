"""Who wants to know that the log grew: open MCP sessions, event streams, waiting authors."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """The log grew."""

    index: int
    """Number of entries now committed."""

    catalogue: bool
    """True when a list of tools may have changed for somebody."""

    kinds: tuple[str, ...] = ()
    """Verbs of the new entries, without repeats."""


class Subscription:
    """Changes in order, merged while the reader is slow: nothing is lost, nothing piles up.

    The iteration ends when the service is stopping.
    """

    def __init__(self) -> None:
        self._latest: Change | None = None
        self._is_over = False
        self._arrived = asyncio.Event()

    def offer(self, change: Change) -> None:
        """Merge a change into what the reader has not taken yet."""
        if self._latest is None:
            self._latest = change
        else:
            kinds = dict.fromkeys(self._latest.kinds + change.kinds)
            catalogue = self._latest.catalogue or change.catalogue
            self._latest = Change(change.index, catalogue, tuple(kinds))
        self._arrived.set()

    def end(self) -> None:
        """Let the reader go, after what it has not taken yet."""
        self._is_over = True
        self._arrived.set()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Change:
        await self._arrived.wait()
        if not self._is_over:
            self._arrived.clear()
        change, self._latest = self._latest, None
        if change is not None:
            return change
        if self._is_over:
            raise StopAsyncIteration
        return await self.__anext__()


class Feed:
    """Spreads changes to subscribers on the service's event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._subscriptions: set[Subscription] = set()
        self._is_over = False

    def announce(self, change: Change) -> None:
        """Tell everybody; callable from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread, change)

    def _spread(self, change: Change) -> None:
        for subscription in self._subscriptions:
            subscription.offer(change)

    def end(self) -> None:
        """End every subscription, those to come too: who waits for a change waits no longer."""
        self._is_over = True
        for subscription in self._subscriptions:
            subscription.end()

    @asynccontextmanager
    async def subscribe(self) -> AsyncGenerator[Subscription]:
        """Receive changes until the block ends."""
        subscription = Subscription()
        if self._is_over:
            subscription.end()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
