"""Objections: a person's word against stands, over later revisions too, until they lift it.

What stands is what the log says, and this very transaction; the table is a cache for lists. Beside it:
a vote for something else, which its voter may sign again.
"""

from dataclasses import replace

from toolvet.audit.entries import Entry, parse_entry
from toolvet.audit.objecting import OBJECTING
from toolvet.config import stamp
from toolvet.engine import acts, after, counting, entry, publish, review_state, seated, stored
from toolvet.engine.services import Services
from toolvet.errors import ConflictError
from toolvet.storage import Unit, View
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import canonical, moves
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import ObjectionView, ReviewState, SignAgain
from toolvet_reviews.values import Digest, Json


class NoObjectionError(ConflictError):
    """There is no objection of the caller's to lift."""

    code = "objection.none"
    hint = "`toolvet show` names who objects; only they can lift it."


async def lift(services: Services, caller: Caller, proposal: str, note: str = "") -> ReviewState:
    """Take one's own word against back; a proposal that waited for nothing else is published.

    Raises:
        SessionNeededError: No key of a person opened the session.
        NoObjectionError: The caller does not object.
        MoveRefusedError: The proposal is closed.
        UnsettledError: Keys, people or the policy are changing at this very moment.
    """

    def step(unit: Unit) -> None:
        row = stored.find(unit, caller, proposal)
        seated.need_person(caller, "lifting an objection")
        moves.apply(stored.facts(row), "lift", caller.principal)
        if caller.id not in counting.said_against(services, unit, row):
            raise NoObjectionError(f"you do not object to {proposal}")
        acts.check_settled(services, unit)
        _enter(services, unit, caller, row, note)
        publish.try_publish(services, unit, _restored(services, unit, row))

    with services.refusals.recorded(caller, Verb.OBJECTION_LIFT, ("proposal", proposal)):
        await services.store.write(step)
    return await review_state.review_state(services, caller, proposal)


def _enter(services: Services, unit: Unit, caller: Caller, row: ProposalRow, note: str) -> None:
    said: dict[str, Json] = {"note": note} if note.strip() else {}
    facts = {"proposal": f"P-{row.number}", "revision": row.revision}
    target = ("proposal", f"P-{row.number}")
    unit.append(
        entry.by(
            caller,
            Verb.OBJECTION_LIFT,
            target,
            digest=Digest(row.revision_digest),
            facts=facts,
            payloads=said,
        )
    )
    unit.objections.lift(row.number, caller.id, stamp(services.clock()))
    after.happened(unit, row.number, "lifted", caller.id)


def _restored(services: Services, unit: Unit, row: ProposalRow) -> ProposalRow:
    """Put a revision that the machine let pass up for review again, when nobody sends it back."""
    revision = unit.proposals.revision(row.number, row.revision)
    left = counting.objecting(services, unit, row)
    is_wanted = any(one.revision == row.revision for one in left)
    if row.state != "changes_wanted" or revision is None or revision.state != "passed" or is_wanted:
        return row
    state = moves.apply(stored.facts(row), "overrule", moves.SERVICE)
    changed = replace(row, state=state, reason="", updated_at=stamp(services.clock()))
    unit.proposals.save(changed)
    after.happened(unit, row.number, "verdict_passed", services.service_id)
    return changed


# --- as it is shown ------------------------------------------------------------------------------


def of_proposal(services: Services, view: View, row: ProposalRow) -> tuple[ObjectionView, ...]:
    """List what people said against a proposal, standing and lifted, oldest first."""
    shown: dict[str, ObjectionView] = {}
    done: list[ObjectionView] = []
    for said in _said(view, row):
        before = shown.pop(said.actor, None)
        if before is not None:
            done.append(replace(before, lifted_at=said.time))
        if said.verb is Verb.PROPOSAL_REQUEST_CHANGES and said.facts.get("stands") is True:
            shown[said.actor] = _view_of(view, said)
    holds = {one.person for one in counting.objecting(services, view, row)}
    gone = [_without_person(view, one) for person, one in shown.items() if person not in holds]
    standing = [one for person, one in shown.items() if person in holds]
    return tuple(sorted((*done, *gone, *standing), key=lambda one: one.time))


def _said(view: View, row: ProposalRow) -> list[Entry]:
    found = view.entries_about(f"P-{row.number}", OBJECTING)
    parsed = (parse_entry(one.leaf) for one in found)
    return [one for one in parsed if one.outcome == "ok"]


def _view_of(view: View, said: Entry) -> ObjectionView:
    revision = said.facts.get("revision")
    return ObjectionView(
        person=stored.name_of(view, said.actor),
        person_id=said.actor,
        revision=revision if isinstance(revision, int) else 0,
        time=said.time,
        note=words_at(view, said.index),
    )


def _without_person(view: View, one: ObjectionView) -> ObjectionView:
    """Say since when an objection holds nothing back: its person may decide no more."""
    revoked = view.entries_about(one.person_id, (Verb.PRINCIPAL_REVOKE, Verb.PRINCIPAL_ADD))
    return replace(one, lifted_at=revoked[-1].time if revoked else one.time)


def words_at(view: View, index: int) -> str:
    """Read what somebody wrote beside an entry; empty when they wrote nothing, or it was erased."""
    for payload in view.payloads(index):
        if payload.name != "note" or payload.body is None:
            continue
        try:
            said = canonical.parse(payload.body)
        except CanonicalError:
            return ""
        text = said.get("text") if isinstance(said, dict) else said
        return text if isinstance(text, str) else ""
    return ""


def similar_of(view: View, row: ProposalRow) -> str:
    """Name the served tool that a rejected proposal should extend: `toolset/name`, or nothing."""
    for found in reversed(view.entries_about(f"P-{row.number}", (Verb.PROPOSAL_REJECT,))):
        for payload in view.payloads(found.index):
            if payload.name == "similar" and payload.body is not None:
                said = canonical.parse(payload.body)
                return said if isinstance(said, str) else ""
    return ""


def sign_again(
    services: Services, view: View, row: ProposalRow, caller: Caller
) -> SignAgain | None:
    """Find the caller's vote for something else than what is under review: it counts no more.

    Returns:
        None when they never voted, their vote counts, or there is nothing to sign.
    """
    if row.state != "reviewing" or row.release_digest is None:
        return None
    if caller.principal.kind != "human" or not caller.has("reviewer") or caller.id == row.author:
        return None
    counted = counting.counted_votes(services, view, row, Digest(row.release_digest))
    if caller.id in {vote.voter for vote in counted}:
        return None
    ledger = services.standing.ledger
    mine = [
        vote
        for one in view.proposals.votes_of(row.number)
        if one.voter == caller.id
        for vote in ledger.votes(Digest(one.release_digest))
        if vote.entry == one.entry
    ]
    if not mine:
        return None
    last = max(mine, key=lambda vote: vote.entry)
    return SignAgain(last.revision, last.release, words_at(view, last.entry))
