"""Looking at proposals: the queue, one proposal, its dossier, files and differences."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Literal

from toolvet.audit.entries import parse_entry
from toolvet.audit.ledger import Ledger
from toolvet.engine import bundles, waivers, waivers_shown
from toolvet.engine.cases import cases
from toolvet.engine.needs import needs_of_digest
from toolvet.engine.services import Services
from toolvet.engine.stored import find, load_evidence, name_of, number_of
from toolvet.engine.verdict_shown import counted, sees_hidden, shown_verdict
from toolvet.errors import ForbiddenError, NotFoundError
from toolvet.storage import View
from toolvet.storage.errors import BlobMissingError
from toolvet.storage.rows import ProposalRow, RevisionRow, VoteRow
from toolvet_reviews import canonical, diffs, rubric
from toolvet_reviews.events import Verb
from toolvet_reviews.evidence_views import holds_back
from toolvet_reviews.findings import Evidence, evidence_from_json
from toolvet_reviews.moves import turn_of
from toolvet_reviews.policy import CountedVote, Policy, parse_policy, tally
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest
from toolvet_reviews.views import (
    CommentView,
    Need,
    ProposalState,
    ProposalView,
    QueueItem,
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


class HiddenEvidenceError(ForbiddenError):
    """Evidence that holds what an author must not know, asked for by an agent."""

    code = "evidence.hidden"
    hint = "A person who reviews sees it: open your key, or sign in."


def policy_in_force(services: Services) -> Policy:
    """Parse the policy that the log says is in force."""
    return parse_policy(services.standing.ledger.policy_text or "")


def sees_findings(caller: Caller) -> bool:
    """Tell whether a caller looks at the work of others, or at its own only."""
    return caller.principal.kind == "human" or caller.has("reviewer", "auditor")


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
    shown = _revision(revisions, row, wanted)
    evidence = load_evidence(view, row.number, shown.number)
    policy = policy_in_force(services)
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
        people_needed=people_needed(services, view, row, policy),
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


def _revision(revisions: list[RevisionRow], row: ProposalRow, wanted: int | None) -> RevisionRow:
    for revision in revisions:
        if revision.number == (wanted or row.revision):
            return revision
    raise NotFoundError(f"P-{row.number} has no revision {wanted}")


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


def counted_votes(
    services: Services, view: View, row: ProposalRow, release: Digest
) -> list[CountedVote]:
    """List the votes that count now: those of the log, and those this transaction is entering.

    A row that the log does not know is not a vote, however it came into the table. A vote that was
    cast on another proposal, or under another policy, base or tier, is not about what would be
    published now.
    """
    ledger = services.standing.ledger
    standing = [
        vote.voter
        for vote in ledger.votes(release)
        if vote.proposal == f"P-{row.number}"
        and vote.policy == services.standing.policy
        and vote.base == row.base_release
        and vote.tier == services.tier.tier
    ]
    entering = [
        vote.voter
        for vote in view.proposals.votes(release)
        if vote.proposal == row.number and _is_entering(ledger, view, vote)
    ]
    return [
        CountedVote(
            voter=person.id,
            roles=person.roles,
            is_sponsor=person.id == row.sponsor,
            is_author=person.id == row.author,
            verdict="approve",
            release_digest=release,
        )
        for voter in dict.fromkeys((*standing, *entering))
        if (person := ledger.principals.get(voter)) is not None and person.active
    ]


def _is_entering(ledger: Ledger, view: View, vote: VoteRow) -> bool:
    """Tell whether a row's entry is one of this very transaction; its signature was just checked."""
    if vote.entry < ledger.size:
        return False
    row = view.entry(vote.entry)
    if row is None:
        return False
    found = parse_entry(row.leaf)
    said = (found.verb, found.actor, found.digest, found.act, found.outcome)
    return said == (Verb.VOTE_APPROVE, vote.voter, vote.release_digest, vote.envelope, "ok")


def people_needed(services: Services, view: View, row: ProposalRow, policy: Policy) -> int:
    """Count how many more approving people the policy asks for."""
    if row.release_digest is None or row.kind is None or row.state != "reviewing":
        return 0
    release = Digest(row.release_digest)
    result = tally(policy, row.kind, counted_votes(services, view, row, release), release)
    return max(0, result.needed - result.have)


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


async def queue(
    services: Services, caller: Caller, *, cursor: str | None = None, limit: int = 50
) -> tuple[list[QueueItem], str | None]:
    """List open proposals the caller may see, those that wait for reviewers first.

    Args:
        cursor: What the last page answered as the next one.
        limit: At most this many, up to 200.
    """
    items, more = await proposals(
        services, caller, states=tuple(_QUEUE_ORDER), cursor=cursor, limit=limit
    )
    renew = (
        [] if cursor else await services.store.query(lambda view: _renew(services, view, caller))
    )
    return [*renew, *sorted(items, key=lambda item: _QUEUE_ORDER[item.state])], more


def _renew(services: Services, view: View, caller: Caller) -> list[QueueItem]:
    """List tools of the caller's that are served and lean on waivers that end."""
    policy = policy_in_force(services)
    return [
        replace(
            _item(services, view, caller, row, policy),
            verdict="waiver_expired" if is_over else "waiver_expires",
        )
        for row, is_over in waivers_shown.to_renew(services, view, caller)
    ]


_QUEUE_ORDER: dict[ProposalState, int] = {"reviewing": 0, "verifying": 1, "changes_wanted": 2}


async def proposals(
    services: Services,
    caller: Caller,
    *,
    states: Collection[ProposalState] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[QueueItem], str | None]:
    """List proposals the caller may see, by number, closed ones too.

    Args:
        states: Only these; None takes all.
        cursor: What the last page answered as the next one.
        limit: At most this many, up to 200.
    """
    own = None if sees_findings(caller) else caller.id
    after = number_of(cursor) if cursor else None
    size = max(1, min(limit, 200))

    def read(view: View) -> list[QueueItem]:
        rows = view.proposals.list(states=states, author=own, after=after, limit=size + 1)
        policy = policy_in_force(services)
        return [_item(services, view, caller, row, policy) for row in rows]

    items = await services.store.query(read)
    return items[:size], items[size - 1].id if len(items) > size else None


def _item(
    services: Services, view: View, caller: Caller, row: ProposalRow, policy: Policy
) -> QueueItem:
    evidence = [found for found, _ in load_evidence(view, row.number, row.revision)]
    marks = "······"
    if row.kind is not None and row.state != "verifying":
        newest = view.proposals.revision(row.number, row.revision)
        waived = frozenset(waivers.leaned_on(view, newest.dossier if newest else None))
        marks = rubric.marks(rubric.conclude(policy, row.kind, evidence, waived=waived))
    errors, warnings = counted(evidence, caller)
    verdicts = {"verifying": "pending", "reviewing": "passed", "changes_wanted": "failed"}
    outcome = verdicts.get(row.state, "")
    if row.state == "reviewing" and needs_of_digest(services, view, row.release_digest):
        outcome = "needs_secret"
    return QueueItem(
        id=f"P-{row.number}",
        toolset=row.toolset,
        tool=row.tool,
        kind=row.kind,
        state=row.state,
        turn=turn_of(row.state),
        verdict=outcome,
        change="update" if row.base_release else "new",
        author=name_of(view, row.author),
        revision=row.revision,
        updated_at=row.updated_at,
        marks=marks,
        errors=errors,
        warnings=warnings,
    )


async def dossier(services: Services, caller: Caller, proposal: str) -> bytes:
    """Give the bytes of the newest revision's dossier; their digest is what a vote names.

    Raises:
        ForbiddenError: The caller sees proposals as their author only, or is not told of the
            waivers that it leans on, and so could not check it.
        NotFoundError: The revision is still being verified, or failed.
    """

    def read(view: View) -> bytes:
        row = find(view, caller, proposal)
        if not sees_findings(caller):
            raise ForbiddenError("a dossier is for people, reviewers and auditors")
        loaded = load_evidence(view, row.number, row.revision)
        _check_may_see(caller, [found for found, _ in loaded])
        revision = view.proposals.revision(row.number, row.revision)
        if revision is None or revision.dossier is None:
            raise NotFoundError(
                f"{proposal} has no dossier", hint="Its verification has not passed."
            )
        if waivers.leaned_on(view, revision.dossier) and not sees_hidden(caller):
            raise HiddenEvidenceError("what was overruled here is for people who review")
        return view.blob(Digest(revision.dossier))

    return await services.store.query(read)


async def files(
    services: Services, caller: Caller, proposal: str, revision: int | None = None
) -> dict[str, bytes]:
    """Give the files of a revision, each checked against its digest."""

    def read(view: View) -> dict[str, bytes]:
        row = find(view, caller, proposal)
        wanted = _revision(view.proposals.revisions(row.number), row, revision)
        return bundles.load(view, Digest(wanted.digest))

    return await services.store.query(read)


async def diff(
    services: Services,
    caller: Caller,
    proposal: str,
    from_: int | None = None,
    to: int | None = None,
) -> str:
    """Compare two revisions, or the newest with the published release, as a unified diff.

    Args:
        from_: Revision to start from; None is the release the proposal is based on.
        to: Revision to compare with; None is the newest.
    """

    def read(view: View) -> str:
        row = find(view, caller, proposal)
        revisions = view.proposals.revisions(row.number)
        new = bundles.load(view, Digest(_revision(revisions, row, to).digest))
        old: dict[str, bytes] = {}
        if from_ is not None:
            old = bundles.load(view, Digest(_revision(revisions, row, from_).digest))
        elif row.base_release is not None:
            base = view.releases.get(row.base_release)
            old = bundles.load(view, Digest(base.revision_digest)) if base else {}
        return diffs.unified(old, new)

    return await services.store.query(read)


async def blob(services: Services, caller: Caller, digest: str) -> bytes:
    """Give stored bytes by digest, to those who may see every proposal.

    Raises:
        ForbiddenError: The caller sees its own proposals only, or it is evidence that it may not see.
    """
    if not sees_findings(caller):
        raise ForbiddenError("blobs are for people, reviewers and auditors")

    def read(view: View) -> bytes:
        if not sees_hidden(caller):
            _check_may_see(caller, _evidence_in(view, digest))
        return view.blob(Digest(digest))

    return await services.store.query(read)


def _check_may_see(caller: Caller, evidence: Sequence[Evidence]) -> None:
    """Refuse what holds more than an author may know to whoever is not a person that reviews.

    The local token is an agent's, too: everything of its user can read it.
    """
    if not sees_hidden(caller) and any(holds_back(found) for found in evidence):
        raise HiddenEvidenceError("some of this evidence is for people who review")


def _evidence_in(view: View, digest: str) -> list[Evidence]:
    """Read the evidence a blob is, or names when it is a dossier; none when it is neither."""
    data = _blob_as(view, digest, "evidence")
    if data is not None:
        return [evidence_from_json(canonical.parse(data))]
    data = _blob_as(view, digest, "dossier")
    listed = canonical.parse_object(data).get("evidence") if data is not None else None
    named = [one.get("digest") for one in listed or () if isinstance(one, dict)] if isinstance(listed, list) else []  # fmt: skip
    return [found for one in named for found in _evidence_in(view, str(one))]


def _blob_as(view: View, digest: str, kind: str) -> bytes | None:
    try:
        return view.blob(Digest(digest), kind)
    except BlobMissingError:
        return None
