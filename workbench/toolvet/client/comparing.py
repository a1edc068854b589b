"""The client's words about two revisions beside each other, and what was seen of them."""

from collections.abc import Sequence
from dataclasses import asdict

from toolvet.client.exchange import Exchange, part
from toolvet.client.review_shapes import SeenList
from toolvet.client.shapes import DiffText
from toolvet_reviews.review_views import Comparison, FileComparison, SeenMark, Whitespace

__all__ = ["CompareCalls", "Whitespace"]


class CompareCalls:
    """The part of the client that is about differences."""

    _http: Exchange

    def compare(
        self, proposal: str, *, from_: str = "published", to: int | None = None
    ) -> Comparison:
        """Compare a revision with what it starts from.

        Args:
            proposal: `P-<n>`.
            from_: `published`, `seen` (what the caller looked at last), or a revision's number.
            to: A revision; None is the newest.
        """
        path = f"/proposals/{part(proposal)}/compare"
        return self._http.get(Comparison, path, {"from": from_, "to": to})

    def compare_file(
        self,
        proposal: str,
        path: str,
        *,
        from_: str = "published",
        to: int | None = None,
        whitespace: Whitespace = "exact",
        context: int = 3,
        offset: int = 0,
        limit: int = 1000,
    ) -> FileComparison:
        """Get a page of rows of one file; a `context` below 0 is the whole file."""
        query = {
            "path": path,
            "from": from_,
            "to": to,
            "whitespace": whitespace,
            "context": context,
            "offset": offset,
            "limit": limit,
        }
        where = f"/proposals/{part(proposal)}/compare/file"
        return self._http.get(FileComparison, where, query)

    def unified(
        self,
        proposal: str,
        *,
        from_: str = "published",
        to: int | None = None,
        whitespace: Whitespace = "exact",
        context: int = 3,
    ) -> str:
        """Get the difference as a unified diff to read; `patch` is the one that applies."""
        query = {"from": from_, "to": to, "whitespace": whitespace, "context": context}
        return self._http.get(DiffText, f"/proposals/{part(proposal)}/diff", query).diff

    def patch(self, proposal: str, *, from_: str = "published", to: int | None = None) -> bytes:
        """Get the difference as a patch that applies to the byte."""
        path = f"/proposals/{part(proposal)}/patch"
        return self._http.raw(path, {"from": from_, "to": to})

    def seen(self, proposal: str) -> list[SeenMark]:
        """List what the caller has looked at."""
        return list(self._http.get(SeenList, f"/proposals/{part(proposal)}/seen").items)

    def mark_seen(
        self, proposal: str, marks: Sequence[SeenMark], *, off: bool = False
    ) -> list[SeenMark]:
        """Say what was looked at; with `off`, that it was not. `at` is the service's to say."""
        body = {"marks": [asdict(mark) for mark in marks], "off": off}
        return list(self._http.post(SeenList, f"/proposals/{part(proposal)}/seen", body).items)
