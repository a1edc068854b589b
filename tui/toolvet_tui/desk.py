"""Where the person sits: everything the screens ask of a service, and the key that signs.

Every method blocks; screens call them through `errands`. One more desk exists, in the tests.
"""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from toolvet.client.client import Client
from toolvet.client.connect import Connection, connect, trusted
from toolvet.client.events import Events, LogEvent
from toolvet.client.shapes import KeyOwner, QueuePage
from toolvet.client.signer import Signer
from toolvet.config import Settings
from toolvet.errors import UnreachableError
from toolvet_reviews.errors import UnmetError
from toolvet_reviews.views import ProposalView, ServiceView

if TYPE_CHECKING:
    from toolvet.client.review import Review  # checking bytes takes what the queue does not need

PAGE = 200
"""Items of the queue that are fetched at once; the most the service gives."""


class Desk(Protocol):
    """What the screens stand on. Methods raise what `toolvet.errors.KNOWN` holds."""

    @property
    def seconds_left(self) -> float:
        """How long the key stays open; 0 when it is locked. Does not block."""
        ...

    @property
    def where(self) -> str:
        """Which service this is about. Does not block."""
        ...

    def connect(self, *, start: bool) -> ServiceView:
        """Reach the service; `start` the local one when it sleeps."""
        ...

    def queue(self, cursor: str | None = None) -> QueuePage:
        """Get a page of what is open, in the service's order."""
        ...

    def look(self, proposal: str) -> ProposalView:
        """Get a proposal as it is now, unchecked: to notice that it changed."""
        ...

    def review(self, proposal: str) -> "Review":
        """Get everything about a proposal, every byte checked."""
        ...

    def owner(self) -> KeyOwner:
        """Say whose key would sign."""
        ...

    def unlock(self, passphrase: str) -> None:
        """Open the key for a while."""
        ...

    def lock(self) -> None:
        """Close the key. Does not block."""
        ...

    def approve(self, review: "Review", note: str) -> ProposalView:
        """Sign exactly what is shown and hand it in."""
        ...

    def request_changes(self, view: ProposalView, words: str) -> ProposalView:
        """Give a proposal back, as it is shown."""
        ...

    def reject(self, view: ProposalView, words: str) -> ProposalView:
        """Close a proposal, as it is shown."""
        ...

    def comment(self, proposal: str, words: str, path: str, line: int) -> ProposalView:
        """Say something about a proposal, or a line of it."""
        ...

    def follow(self) -> Iterator[LogEvent]:
        """Wait for what the log says next."""
        ...

    def close(self) -> None:
        """Let go of everything; whoever waits is woken."""
        ...


class ServiceDesk:
    """A desk at a real service.

    Args:
        settings: Which one, and where the person's keys lie.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: Connection | None = None
        self._signer: Signer | None = None
        self._events: Events | None = None
        self._connecting = threading.Lock()  # a second connection would lose the open key

    @property
    def seconds_left(self) -> float:
        """How long the key stays open."""
        return self._signer.seconds_left if self._signer else 0.0

    @property
    def where(self) -> str:
        """The address, or the home."""
        return self._settings.url or str(self._settings.home)

    def connect(self, *, start: bool) -> ServiceView:
        """Reach the service. The key stays open as long as the connection can be used again."""
        with self._connecting:
            if self._connection is not None:
                try:
                    return trusted(self._connection)
                except UnreachableError:
                    if not start:
                        raise
            connection = connect(self._settings, seat="tui", start=start)
            self._connection, self._signer = connection, Signer(connection)
            return connection.service

    def queue(self, cursor: str | None = None) -> QueuePage:
        """Get a page of what is open."""
        return self._reader.queue(cursor=cursor, limit=PAGE)

    def look(self, proposal: str) -> ProposalView:
        """Get a proposal as it is now."""
        return self._reader.show(proposal)

    def review(self, proposal: str) -> "Review":
        """Get everything about a proposal, against the policy and the log as they are now."""
        from toolvet.client.review import open_review  # noqa: PLC0415 - as above

        # As the person, once their key is open: an agent's token is not shown all of the evidence.
        reader = self._key.person() if self.seconds_left > 0 else self._reader
        return open_review(reader, trusted(self._reached), proposal)

    def owner(self) -> KeyOwner:
        """Say whose key would sign."""
        return self._key.owner()

    def unlock(self, passphrase: str) -> None:
        """Open the key."""
        self._key.unlock(passphrase)

    def lock(self) -> None:
        """Close the key."""
        if self._signer is not None:
            self._signer.lock()

    def approve(self, review: "Review", note: str) -> ProposalView:
        """Sign what is shown.

        Raises:
            UnmetError: It was never shown whole, so there is nothing to sign.
        """
        if review.shown is None:
            raise UnmetError(review.why_not or "it cannot be approved now")
        return self._key.approve(review.shown, note)

    def request_changes(self, view: ProposalView, words: str) -> ProposalView:
        """Give it back."""
        return self._key.person().request_changes(view.id, view.revision_digest, words)

    def reject(self, view: ProposalView, words: str) -> ProposalView:
        """Close it."""
        return self._key.person().reject(view.id, view.revision_digest, words)

    def comment(self, proposal: str, words: str, path: str, line: int) -> ProposalView:
        """Say something."""
        return self._key.person().comment(proposal, words, path, line)

    def follow(self) -> Iterator[LogEvent]:
        """Wait for what the log says, on a connection of its own."""
        self._events = self._reader.events()
        yield from self._events

    def close(self) -> None:
        """Let go of everything."""
        self.lock()
        if self._events is not None:
            self._events.close()
        if self._connection is not None:
            self._connection.client.close()

    @property
    def _reached(self) -> Connection:
        if self._connection is None:
            raise UnreachableError("no service was reached yet")
        return self._connection

    @property
    def _key(self) -> Signer:
        if self._signer is None:
            raise UnreachableError("no service was reached yet")
        return self._signer

    @property
    def _reader(self) -> Client:
        """Who reads: the token at hand, else the person, once their key is open."""
        client = self._reached.client
        if not client.token and self.seconds_left > 0:
            return self._key.person()
        return client
