"""The client's words about deciding: votes, words against, bulks, trials, cases that are kept."""

from collections.abc import Mapping, Sequence
from typing import Literal

from toolvet.client.exchange import Exchange, part
from toolvet.client.review_shapes import SittingView
from toolvet_reviews.review_views import BulkResult, ReviewState, TryView
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import ProposalView

BulkAct = Literal["approve", "request_changes", "reject", "assign", "claim", "snooze"]


class DecideCalls:
    """The part of the client that is about decisions."""

    _http: Exchange

    def vote(
        self,
        proposal: str,
        envelope: bytes,
        note: dict[str, str] | None = None,
        *,
        drafts: Sequence[str] = (),
    ) -> ProposalView:
        """Hand in a signed vote; `note` has salt (hex) and text.

        Args:
            proposal: `P-<n>`.
            envelope: DSSE.
            note: Words beside it, which the statement commits to.
            drafts: Ids of the caller's own drafts to publish in the same transaction.
        """
        body = {"envelope": envelope.decode(), "note": note, "drafts": list(drafts)}
        return self._http.post(ProposalView, f"/proposals/{part(proposal)}/votes", body)

    def request_changes(
        self, proposal: str, digest: str, note: str, *, drafts: Sequence[str] = ()
    ) -> ProposalView:
        """Give a proposal back to its author; it stands against it until it is lifted."""
        body = {"digest": digest, "note": note, "drafts": list(drafts)}
        return self._http.post(ProposalView, f"/proposals/{part(proposal)}/request-changes", body)

    def reject(
        self,
        proposal: str,
        digest: str,
        note: str,
        *,
        similar: str | None = None,
        drafts: Sequence[str] = (),
    ) -> ProposalView:
        """Close a proposal; `similar` names a served tool that should be extended instead."""
        body = {"digest": digest, "note": note, "similar": similar, "drafts": list(drafts)}
        return self._http.post(ProposalView, f"/proposals/{part(proposal)}/reject", body)

    def lift(self, proposal: str, note: str = "") -> ReviewState:
        """Take one's own word against back."""
        return self._http.post(ReviewState, f"/proposals/{part(proposal)}/lift", {"note": note})

    def bulk(
        self,
        act: BulkAct,
        items: Sequence[Mapping[str, object]],
        *,
        words: str = "",
        person: str = "",
        until: str | None = None,
    ) -> BulkResult:
        """Do one thing to exactly the items that were shown.

        Args:
            act: What.
            items: `proposal` and `digest` as they were on the screen (the release digest for an
                approval, else the revision digest), and for an approval `envelope` and `note`.
            words: For `request_changes` and `reject`.
            person: For `assign`.
            until: For `snooze`.
        """
        body = {"act": act, "items": list(items), "words": words, "person": person, "until": until}
        return self._http.post(BulkResult, "/bulk", body)

    def try_out(
        self, proposal: str, arguments: JsonObject, *, revision: int | None = None
    ) -> TryView:
        """Run the candidate in the sandbox with one's own arguments, against fakes."""
        body = {"arguments": arguments, "revision": revision}
        return self._http.post(TryView, f"/proposals/{part(proposal)}/try", body)

    def keep_case(
        self,
        proposal: str,
        name: str,
        arguments: JsonObject,
        expected: Json,
        *,
        code: str = "",
        note: str = "",
    ) -> ReviewState:
        """Keep arguments and what they must give as a test of the proposal.

        Args:
            proposal: `P-<n>`.
            name: What it is about, in a few words.
            arguments: Of the call.
            expected: The result; null with `code` when the call must fail.
            code: Of the failure that is right; empty for a result.
            note: Words to the author.
        """
        body = {
            "name": name,
            "arguments": arguments,
            "expected": expected,
            "code": code,
            "note": note,
        }
        return self._http.post(ReviewState, f"/proposals/{part(proposal)}/cases", body)

    def drop_case(self, proposal: str, case: str) -> ReviewState:
        """Keep a case no longer."""
        return self._http.delete(ReviewState, f"/proposals/{part(proposal)}/cases/{part(case)}")

    def verify_again(self, proposal: str) -> ReviewState:
        """Have the newest revision verified once more, with the cases that were kept since."""
        return self._http.post(ReviewState, f"/proposals/{part(proposal)}/verify-again")

    def sit(
        self,
        proposal: str,
        revision: int,
        *,
        sitting: str | None = None,
        looked_s: float = 0.0,
        parts: Sequence[str] = (),
    ) -> SittingView:
        """Tell what is being looked at, so that the log can say whether a decision was plausible.

        Args:
            proposal: `P-<n>`.
            revision: That is on the screen.
            sitting: As answered before; None begins one.
            looked_s: Seconds it was on the screen since the last time this was told.
            parts: What was shown: `brief`, `diff:PATH`, `tests`, `effects`, `rubric`, `threads`.
        """
        body = {
            "revision": revision,
            "sitting": sitting,
            "looked_s": looked_s,
            "parts": list(parts),
        }
        return self._http.post(SittingView, f"/proposals/{part(proposal)}/sitting", body)
