"""The client's words about the past: decisions, what was callable, policies tried on them."""

from toolvet.client.exchange import Exchange, part
from toolvet.client.review_shapes import CallableList, HistoryPage, PolicyTrial
from toolvet.client.shapes import Attestation
from toolvet_reviews.review_views import CheckedDecision


class HistoryCalls:
    """The part of the client that is about what was decided."""

    _http: Exchange

    def history(
        self,
        *,
        words: str = "",
        verb: str = "",
        tool: str = "",
        person: str = "",
        since: str = "",
        until: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> HistoryPage:
        """List decisions and changes of what is served, newest first.

        Args:
            words: Every one is in tool, person, proposal or what was said.
            verb: A verb, or the beginning of some (`vote:`).
            tool: `toolset/name`, or a name.
            person: Name of who did it.
            since: RFC 3339, or a day.
            until: The same, not included.
            cursor: What the last page answered as the next one.
            limit: At most 200.
        """
        given = {
            "words": words,
            "verb": verb,
            "tool": tool,
            "person": person,
            "since": since,
            "until": until,
        }
        query = {name: value or None for name, value in given.items()}
        return self._http.get(HistoryPage, "/history", {**query, "cursor": cursor, "limit": limit})

    def decision(self, index: int) -> CheckedDecision:
        """Get one decision in full, as the service tells it; `toolvet.client.proof` checks it."""
        return self._http.get(CheckedDecision, f"/history/{part(str(index))}")

    def callable_at(self, at: str) -> CallableList:
        """List what could be called at a moment (RFC 3339, or a day: its end)."""
        return self._http.get(CallableList, "/callable", {"at": at})

    def attestation(
        self, tool: str, version: int | None = None, *, names: bool = False
    ) -> Attestation:
        """Get what attests a release; `toolvet.client.attest` checks it before it is kept."""
        query = {"version": version, "names": "true" if names else None}
        return self._http.get(Attestation, f"/tools/{part(tool)}/attestation", query)

    def try_policy(self, text: str) -> PolicyTrial:
        """Try a policy on past decisions; nothing is applied."""
        return self._http.post(PolicyTrial, "/policy/try", {"text": text})
