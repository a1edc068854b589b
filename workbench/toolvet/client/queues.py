"""The client's words about the queue: what waits, for whom, who takes it."""

from typing import Literal

from toolvet.client.exchange import Exchange, part
from toolvet.client.review_shapes import NoticeList
from toolvet.client.shapes import Done, QueuePage
from toolvet_reviews.review_views import QueueHealth, ReviewState

Order = Literal["rank", "risk", "age", "updated", "number"]
Whose = Literal["everybody", "mine", "nobody", "snoozed"]


class QueueCalls:
    """The part of the client that is about the queue."""

    _http: Exchange

    def queue(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        order: Order = "rank",
        whose: Whose = "everybody",
        words: str = "",
    ) -> QueuePage:
        """Get one page of what is open.

        Args:
            cursor: What the last page answered as the next one, in the same order.
            limit: At most 200.
            order: `rank` puts risk, age and reach together, the most urgent first.
            whose: `mine` is where it is the caller's turn; what the caller snoozed is in
                `snoozed` only.
            words: Every one of them is in id, tool, author or summary.
        """
        query = {"cursor": cursor, "limit": limit, "order": order, "whose": whose}
        return self._http.get(QueuePage, "/queue", {**query, "words": words or None})

    def assign(self, proposal: str, person: str, *, off: bool = False) -> ReviewState:
        """Ask a person, by name, to review; with `off`, take them off it."""
        body = {"person": person, "off": off}
        return self._http.post(ReviewState, f"/proposals/{part(proposal)}/assign", body)

    def claim(self, proposal: str, *, give_back: bool = False) -> ReviewState:
        """Take a proposal on oneself, or give it back."""
        body = {"give_back": give_back}
        return self._http.post(ReviewState, f"/proposals/{part(proposal)}/claim", body)

    def snooze(self, proposal: str, until: str | None) -> ReviewState:
        """Put it away until a moment (RFC 3339), or bring it back."""
        return self._http.post(ReviewState, f"/proposals/{part(proposal)}/snooze", {"until": until})

    def queue_health(self) -> QueueHealth:
        """Ask how the queue does."""
        return self._http.get(QueueHealth, "/queue/health")

    def notices(self, *, unread: bool = True, limit: int = 50) -> NoticeList:
        """List what the caller is told, newest first."""
        query = {"unread": "true" if unread else "false", "limit": limit}
        return self._http.get(NoticeList, "/notices", query)

    def read_notices(self, notices: list[str]) -> Done:
        """Say that notices were read."""
        return self._http.post(Done, "/notices/read", {"notices": notices})
