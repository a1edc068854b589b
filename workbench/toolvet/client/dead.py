"""The client's words about dead letters, and how one is replayed with a person's key."""

from collections.abc import Iterator
from dataclasses import dataclass

from toolvet.client.exchange import Exchange, part
from toolvet_reviews.views import CallView, DeadView


@dataclass(frozen=True)
class DeadList:
    """Dead letters, oldest first."""

    items: tuple[DeadView, ...]
    next: str | None = None


@dataclass(frozen=True)
class ReplayedLetter:
    """A letter after its replay, and what the tool answered."""

    letter: DeadView
    answer: CallView


class DeadCalls:
    """The part of the client that is about what was given up."""

    _http: Exchange

    def dead_letters(
        self, *, everything: bool = False, cursor: str | None = None, limit: int = 50
    ) -> DeadList:
        """Get one page of letters that wait, or of all."""
        query = {"everything": "true" if everything else None, "cursor": cursor, "limit": limit}
        return self._http.get(DeadList, "/dead", query)

    def all_dead_letters(self, *, everything: bool = False) -> Iterator[DeadView]:
        """Go through the letters, page by page."""
        cursor: str | None = None
        while True:
            page = self.dead_letters(everything=everything, cursor=cursor, limit=200)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def dead_letter(self, letter: str) -> DeadView:
        """Get one letter with its arguments, and whether a replay would be let through."""
        return self._http.get(DeadView, f"/dead/{part(letter)}")

    def replay_dead(self, letter: str, envelope: bytes, document: bytes) -> ReplayedLetter:
        """Call a letter's tool again; signed."""
        body = {"envelope": envelope.decode(), "document": document.decode()}
        return self._http.post(ReplayedLetter, f"/dead/{part(letter)}/replay", body)

    def discard_dead(self, letter: str, reason: str = "") -> DeadView:
        """Give a letter up for good."""
        return self._http.post(DeadView, f"/dead/{part(letter)}/discard", {"reason": reason})
