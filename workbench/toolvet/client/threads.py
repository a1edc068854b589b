"""The client's words about the conversation: threads, drafts of remarks, change requests."""

from collections.abc import Mapping
from dataclasses import asdict

from toolvet.client.exchange import Exchange, part
from toolvet.client.review_shapes import DraftList
from toolvet.client.shapes import Done
from toolvet_reviews.review_views import Anchor, ChangeRequests, DraftRemark, ReviewState


class ThreadCalls:
    """The part of the client that is about what is said."""

    _http: Exchange

    def review_state(self, proposal: str, revision: int | None = None) -> ReviewState:
        """Get threads, turns, objections and the caller's own drafts of one proposal."""
        path = f"/proposals/{part(proposal)}/review"
        return self._http.get(ReviewState, path, {"revision": revision})

    def open_thread(
        self,
        proposal: str,
        anchor: Anchor,
        text: str,
        *,
        suggestion: str | None = None,
        blocking: bool = False,
        revision: int | None = None,
        flag: bool = False,
    ) -> ReviewState:
        """Open a thread; `revision` is the one that was looked at, by default the newest."""
        body = {
            "anchor": asdict(anchor),
            "text": text,
            "suggestion": suggestion,
            "blocking": blocking,
            "revision": revision,
            "flag": flag,
        }
        return self._http.post(ReviewState, f"/proposals/{part(proposal)}/threads", body)

    def reply(self, thread: str, text: str, *, suggestion: str | None = None) -> ReviewState:
        """Answer in a thread."""
        body = {"text": text, "suggestion": suggestion}
        return self._http.post(ReviewState, f"/threads/{part(thread)}/replies", body)

    def resolve(self, thread: str, text: str = "") -> ReviewState:
        """Say that a thread is settled."""
        return self._http.post(ReviewState, f"/threads/{part(thread)}/resolve", {"text": text})

    def reopen(self, thread: str, text: str = "") -> ReviewState:
        """Say that a thread is not settled after all."""
        return self._http.post(ReviewState, f"/threads/{part(thread)}/reopen", {"text": text})

    def drafts_of_remarks(self, proposal: str) -> list[DraftRemark]:
        """List what the caller wrote about a proposal and has not published."""
        path = f"/proposals/{part(proposal)}/drafts"
        return list(self._http.get(DraftList, path).items)

    def keep_draft(self, proposal: str, draft: DraftRemark) -> DraftRemark:
        """Keep a draft, over the one of the same id; `updated_at` is the service's to say."""
        path = f"/proposals/{part(proposal)}/drafts/{part(draft.id)}"
        body = {
            "anchor": asdict(draft.anchor),
            "text": draft.text,
            "thread": draft.thread,
            "suggestion": draft.suggestion,
            "blocking": draft.blocking,
            "revision": draft.revision,
        }
        return self._http.post(DraftRemark, path, body)

    def drop_draft(self, proposal: str, draft: str) -> Done:
        """Forget a draft."""
        return self._http.delete(Done, f"/proposals/{part(proposal)}/drafts/{part(draft)}")

    def publish_drafts(self, proposal: str, drafts: list[str]) -> ReviewState:
        """Publish drafts without deciding anything."""
        path = f"/proposals/{part(proposal)}/publish-drafts"
        return self._http.post(ReviewState, path, {"drafts": drafts})

    def change_requests(self, proposal: str) -> ChangeRequests:
        """Get what the author is asked to settle."""
        return self._http.get(ChangeRequests, f"/proposals/{part(proposal)}/change-requests")


def answered(answers: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Write an author's answers, request id to words, as a revision carries them."""
    return [{"request": request, "words": words} for request, words in (answers or {}).items()]
