"""Looking at proposals: the queue, one proposal, its dossier, files and differences."""

import asyncio
from typing import Literal

from toolvet.engine import counting, waivers, waivers_shown
from toolvet.engine.cases import cases
from toolvet.engine.needs import needs_of_digest
from toolvet.engine.services import Services
from toolvet.engine.stored import find, load_evidence, name_of, revision_of
from toolvet.engine.verdict_shown import shown_verdict
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow, RevisionRow
from toolvet_reviews import canonical
from toolvet_reviews.moves import turn_of
from toolvet_reviews.principals import Caller
from toolvet_reviews.views import (
    CommentView,
    Need,
    ProposalState,
    ProposalView,
    RevisionView,
    VoteView,
)

LONGEST_S = 50.0
"""How long one question is held open."""
_WAITING: dict[str, frozenset[ProposalState]] = {
    "verdict": frozenset({"verifying"}),
    "decision": frozenset({"verifying", "reviewing"}),
}
_RUNNING: frozenset[ProposalState] = frozenset({"reviewing", "published"})
"""States in which it matters whether the tool could run."""
_TELLING = ("proposal:", "revision:", "vote:", "waiver:", "release:")
"""Beginnings of the verbs after which a proposal is worth another look; calls are not among them."""


async def show(
    services: Services, caller: Caller, proposal: str, revision: int | None = None
) -> ProposalView:
    """Show one proposal with the verdict on a revision, by default the newest.

    Raises:
        ProposalNotFoundError: None such, or not the caller's.
    """
    return await services.store.query(
        lambda view: _view(services, view, caller, find(view, caller, proposal), revision)
    )


def _view(
    services: Services, view: View, caller: Caller, row: ProposalRow, wanted: int | None
) -> ProposalView:
    revisions = view.proposals.revisions(row.number)
    shown = revision_of(revisions, row, wanted)
    evidence = load_evidence(view, row.number, shown.number)
    policy = services.standing.rules
    waived = frozenset(waivers.leaned_on(view, shown.dossier))
    verdict = shown_verdict(services, caller, row, shown, evidence, policy, waived=waived)
    tried, count = cases(services, view, row.number, shown.number)
    needs = needs_of_digest(services, view, shown.release_digest) if row.state in _RUNNING else ()
    return ProposalView(
        id=f"P-{row.number}",
        toolset=row.toolset,
        tool=row.tool,
        state=row.state,
        turn=turn_of(row.state),
        author=name_of(view, row.author),
        author_id=row.author,
        sponsor_id=row.sponsor,
        kind=row.kind,
        revision=shown.number,
        revision_digest=shown.digest,
        release_digest=shown.release_digest,
        base_release=row.base_release,
        created_at=row.created_at,
        updated_at=row.updated_at,
        verdict=_verdict(shown, needs),
        summary=verdict.summary,
        reason=verdict.reason,
        evidence=verdict.evidence,
        rubric=verdict.rubric,
        votes=tuple(_votes(view, row)),
        comments=tuple(_comments(view, row)),
        revisions=tuple(
            RevisionView(r.number, r.digest, r.submitted_at, r.state, r.release_digest, r.dossier)
            for r in revisions
        ),
        people_needed=counting.people_needed(services, view, row, policy),
        follows=f"P-{row.follows}" if row.follows else None,
        drafts=tried,
        draft_count=count,
        needs=needs,
        awaiting=verdict.awaiting,
        retry_after_s=verdict.retry_after_s,
        waivers=waivers_shown.of_proposal(services, view, caller, shown.release_digest),
    )


def _verdict(
    shown: RevisionRow, needs: tuple[Need, ...]
) -> Literal["pending", "passed", "needs_secret", "failed"]:
    if shown.state == "verifying":
        return "pending"
    return "needs_secret" if shown.state == "passed" and needs else shown.state


def _votes(view: View, row: ProposalRow) -> list[VoteView]:
    return [
        VoteView(
            voter=name_of(view, vote.voter),
            voter_id=vote.voter,
            verdict=vote.verdict,
            release_digest=vote.release_digest,
            envelope=vote.envelope,
            time=vote.time,
            note=_note(view, vote.entry),
            as_sponsor=vote.as_sponsor,
            revoked=vote.revoked,
        )
        for vote in view.proposals.votes_of(row.number)
    ]


def _note(view: View, index: int) -> str:
    """Read what a voter wrote beside the vote; empty when they wrote nothing, or it was erased."""
    for payload in view.payloads(index):
        if payload.name == "note" and payload.body is not None:
            said = canonical.parse(payload.body)
            text = said.get("text") if isinstance(said, dict) else None
            return text if isinstance(text, str) else ""
    return ""


def _comments(view: View, row: ProposalRow) -> list[CommentView]:
    shown: list[CommentView] = []
    for comment in view.proposals.comments(row.number):
        if not comment.text:
            continue  # settling a thread without a word
        author = view.principals.get(comment.author)
        shown.append(
            CommentView(
                id=comment.id,
                author=author.name if author else comment.author,
                author_kind=author.kind if author else "",
                text=comment.text,
                time=comment.time,
                path=comment.path,
                line=comment.line,
                revision=comment.revision,
            )
        )
    return shown


async def wait(
    services: Services,
    caller: Caller,
    proposal: str,
    wait_s: float,
    *,
    until: Literal["verdict", "decision"] = "verdict",
) -> ProposalView:
    """Show a proposal as soon as what is waited for is there, or after `wait_s` seconds.

    A service that is stopping waits for nothing: the answer is the proposal as it is.

    Args:
        until: The machine's verdict; or a decision, when nobody but the author has to move: it is
            published, closed, stale or back with its author.
        wait_s: At most `LONGEST_S`.

    Raises:
        ProposalNotFoundError: None such, or not the caller's.
    """
    waiting = _WAITING[until]
    async with services.feed.subscribe() as changes:
        found = await show(services, caller, proposal)
        try:
            async with asyncio.timeout(max(0.0, min(wait_s, LONGEST_S))):
                while found.state in waiting:
                    change = await anext(changes)
                    if any(kind.startswith(_TELLING) for kind in change.kinds):
                        found = await show(services, caller, proposal)
        except (TimeoutError, StopAsyncIteration):
            pass
    return found
