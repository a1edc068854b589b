"""Where the person sits: everything the screens ask of a service, and the key that signs.

Every method blocks; screens call them through `errands`. One more desk exists, in the tests.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from toolvet.client.client import Client
from toolvet.client.connect import Connection, connect, trusted
from toolvet.client.events import Events, LogEvent
from toolvet.client.queues import Order, Whose
from toolvet.client.shapes import KeyOwner, QueuePage
from toolvet.client.signer import Signer
from toolvet.config import Settings
from toolvet.errors import UnreachableError
from toolvet_reviews.errors import UnmetError
from toolvet_reviews.review_views import BulkResult
from toolvet_reviews.views import ProposalView, ServiceView

if TYPE_CHECKING:
    from toolvet.client.acts import Pen
    from toolvet.client.review import Review  # checking bytes takes what the queue does not need
    from toolvet.client.shown import Shown
    from toolvet_reviews.findings import Finding
    from toolvet_tui.overruling import Overrulable

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

    @property
    def reader(self) -> Client:
        """Who reads: whoever the token at hand is, else the person. Its calls block."""
        ...

    @property
    def person(self) -> Client:
        """The person, in the session that their open key gives; the first use blocks.

        Raises:
            LockedError: The key is locked.
        """
        ...

    def connect(self, *, start: bool) -> ServiceView:
        """Reach the service; `start` the local one when it sleeps."""
        ...

    def queue(
        self,
        cursor: str | None = None,
        *,
        order: Order = "rank",
        whose: Whose = "everybody",
    ) -> QueuePage:
        """Get a page of what is open; the cursor is of the same order and the same view."""
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

    def pen(self) -> "Pen":
        """Write acts with the open key, on the newest checkpoint and policy.

        Raises:
            LockedError: The key is locked.
        """
        ...

    def approve(self, review: "Review", note: str, *, drafts: Sequence[str] = ()) -> ProposalView:
        """Sign exactly what is shown and hand it in; drafts are published with it."""
        ...

    def approve_many(self, reviews: "Sequence[tuple[Review, str]]") -> BulkResult:
        """Sign each of what was shown, with its words, and hand all in at once."""
        ...

    def request_changes(
        self, view: ProposalView, words: str, *, drafts: Sequence[str] = ()
    ) -> ProposalView:
        """Give a proposal back, as it is shown."""
        ...

    def reject(
        self, view: ProposalView, words: str, *, similar: str = "", drafts: Sequence[str] = ()
    ) -> ProposalView:
        """Close a proposal, as it is shown; `similar` is a tool to extend instead."""
        ...

    def overrulable(self, proposal: str) -> "Overrulable":
        """Get what may be overruled of a proposal, every byte checked."""
        ...

    def waive(
        self, about: "Overrulable", finding: "Finding", words: str, days: int
    ) -> ProposalView:
        """Sign that a finding does not matter here, for a while."""
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

    @property
    def reader(self) -> Client:
        """Who reads: the token at hand, else the person, once their key is open."""
        client = self._reached.client
        if not client.token and self.seconds_left > 0:
            return self._key.person()
        return client

    @property
    def person(self) -> Client:
        """The person, in a session of their key.

        Raises:
            LockedError: The key is locked.
        """
        return self._key.person()

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

    def queue(
        self,
        cursor: str | None = None,
        *,
        order: Order = "rank",
        whose: Whose = "everybody",
    ) -> QueuePage:
        """Get a page of what is open, as the person once their key is open: whose turn it is."""
        reader = self.person if self.seconds_left > 0 else self.reader
        return reader.queue(cursor=cursor, limit=PAGE, order=order, whose=whose)

    def look(self, proposal: str) -> ProposalView:
        """Get a proposal as it is now."""
        return self.reader.show(proposal)

    def review(self, proposal: str) -> "Review":
        """Get everything about a proposal, against the policy and the log as they are now."""
        from toolvet.client.review import open_review  # noqa: PLC0415 - as above

        # As the person, once their key is open: an agent's token is not shown all of the evidence.
        reader = self._key.person() if self.seconds_left > 0 else self.reader
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

    def pen(self) -> "Pen":
        """Write acts with the open key."""
        return self._key.pen()

    def approve(self, review: "Review", note: str, *, drafts: Sequence[str] = ()) -> ProposalView:
        """Sign what is shown.

        Raises:
            UnmetError: It was never shown whole, so there is nothing to sign.
        """
        return self._key.approve(_whole(review), note, drafts=drafts)

    def approve_many(self, reviews: "Sequence[tuple[Review, str]]") -> BulkResult:
        """Sign each of what was shown.

        Raises:
            UnmetError: One was never shown whole; none is signed.
        """
        return self._key.approve_many([(_whole(review), note) for review, note in reviews])

    def request_changes(
        self, view: ProposalView, words: str, *, drafts: Sequence[str] = ()
    ) -> ProposalView:
        """Give it back."""
        return self.person.request_changes(view.id, view.revision_digest, words, drafts=drafts)

    def reject(
        self, view: ProposalView, words: str, *, similar: str = "", drafts: Sequence[str] = ()
    ) -> ProposalView:
        """Close it."""
        return self.person.reject(
            view.id, view.revision_digest, words, similar=similar or None, drafts=drafts
        )

    def overrulable(self, proposal: str) -> "Overrulable":
        """Get what may be overruled, as a person: an agent is not shown all of the findings."""
        from toolvet_tui.overruling import overrulable  # noqa: PLC0415 - as above

        return overrulable(self.person, trusted(self._reached), proposal)

    def waive(
        self, about: "Overrulable", finding: "Finding", words: str, days: int
    ) -> ProposalView:
        """Overrule it."""
        from toolvet_tui.overruling import waive  # noqa: PLC0415 - as above

        return waive(self._key.pen(), self.person, about, finding, words, days)

    def comment(self, proposal: str, words: str, path: str, line: int) -> ProposalView:
        """Say something."""
        return self.person.comment(proposal, words, path, line)

    def follow(self) -> Iterator[LogEvent]:
        """Wait for what the log says, on a connection of its own."""
        self._events = self.reader.events()
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


def _whole(review: "Review") -> "Shown":
    if review.shown is None:
        raise UnmetError(review.why_not or "it cannot be approved now")
    return review.shown
