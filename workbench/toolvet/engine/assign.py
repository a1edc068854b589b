"""Who looks at it: ask somebody, take it, put it away until later. People only, signed in."""

from datetime import datetime, timedelta

from toolvet.config import stamp
from toolvet.engine import attend, entry, stored
from toolvet.engine.after import happened
from toolvet.engine.seated import need_person
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, ForbiddenError, NotFoundError, ToolvetError
from toolvet.storage import Unit
from toolvet.storage.review_rows import AssignmentRow, SnoozeRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews.events import Fact, Verb
from toolvet_reviews.moves import CLOSED
from toolvet_reviews.principals import Caller, Principal
from toolvet_reviews.values import Digest

LONGEST_SNOOZE = timedelta(days=90)


class ClosedError(ConflictError):
    """Nobody looks at what is closed."""

    code = "queue.closed"
    hint = "`toolvet queue` lists what is open."


class ClaimedError(ConflictError):
    """Somebody else has taken it."""

    code = "queue.claimed"
    hint = "Talk to them; they can give it back, and it comes back by itself when they let it lie."


class ReviewerError(ConflictError):
    """A person who cannot review this."""

    code = "queue.reviewer"
    hint = "`toolvet user list` shows who has which role."


class SnoozeError(ToolvetError):
    """A moment until which nothing can be put away."""

    code = "queue.snooze"
    hint = f"A moment within {LONGEST_SNOOZE.days} days, such as 2027-01-31T09:00:00Z."


async def assign(
    services: Services, caller: Caller, proposal: str, person: str, *, off: bool = False
) -> None:
    """Ask a person to review, or take them off it.

    Args:
        person: Name.

    Raises:
        ReviewerError: That person may not decide on this.
        ForbiddenError: The caller is neither reviewer nor operator.
    """
    with services.refusals.recorded(caller, Verb.PROPOSAL_ASSIGN, ("proposal", proposal)):
        await services.store.write(
            lambda unit: assign_in(services, unit, caller, proposal, person, off=off)
        )


def assign_in(
    services: Services, unit: Unit, caller: Caller, proposal: str, person: str, *, off: bool = False
) -> None:
    """Ask a person to review, or take them off it, in a write."""
    row = _open(unit, caller, proposal)
    _need_role(caller)
    whom = _person(unit, person)
    if off:
        if not unit.turns.unassign(row.number, whom.id):
            return
    else:
        _check_may_vote(unit, row, whom)
        if any(one.person == whom.id for one in unit.turns.assigned(row.number)):
            return
        moment = stamp(services.clock())
        unit.turns.assign(
            AssignmentRow(row.number, whom.id, claimed=False, by=caller.id, at=moment)
        )
    _enter(unit, caller, row, Verb.PROPOSAL_ASSIGN, person=whom.id, taken_off=off)
    happened(unit, row.number, "taken_off" if off else "assigned", caller.id)


async def claim(
    services: Services, caller: Caller, proposal: str, *, give_back: bool = False
) -> None:
    """Take a proposal on oneself, or give it back.

    Raises:
        ClaimedError: Somebody else has it.
        ReviewerError: The caller may not decide on this.
    """
    with services.refusals.recorded(caller, Verb.PROPOSAL_CLAIM, ("proposal", proposal)):
        await services.store.write(
            lambda unit: claim_in(services, unit, caller, proposal, give_back=give_back)
        )


def claim_in(
    services: Services, unit: Unit, caller: Caller, proposal: str, *, give_back: bool = False
) -> None:
    """Take a proposal on oneself, or give it back, in a write."""
    row = _open(unit, caller, proposal)
    moment = stamp(services.clock())
    alive = [
        one for one in attend.living(unit, unit.turns.assigned(row.number), moment) if one.claimed
    ]
    mine = any(one.person == caller.id for one in alive)
    if give_back:
        if not mine:
            return
        unit.turns.unassign(row.number, caller.id)
    else:
        _check_may_vote(unit, row, caller.principal)
        for one in alive:
            if one.person != caller.id:
                name = stored.name_of(unit, one.person)
                raise ClaimedError(f"{name} took {proposal} at {one.at}")
        unit.turns.assign(
            AssignmentRow(row.number, caller.id, claimed=True, by=caller.id, at=moment)
        )
    _enter(unit, caller, row, Verb.PROPOSAL_CLAIM, given_back=give_back)
    happened(unit, row.number, "given_back" if give_back else "claimed", caller.id)


async def snooze(services: Services, caller: Caller, proposal: str, until: str | None) -> None:
    """Put a proposal away for oneself until a moment, or bring it back.

    Args:
        until: RFC 3339 with a zone; None brings it back.

    Raises:
        SnoozeError: No such moment, or one that is over or too far away.
    """
    with services.refusals.recorded(caller, Verb.PROPOSAL_SNOOZE, ("proposal", proposal)):
        await services.store.write(lambda unit: snooze_in(services, unit, caller, proposal, until))


def snooze_in(
    services: Services, unit: Unit, caller: Caller, proposal: str, until: str | None
) -> None:
    """Put a proposal away for oneself, or bring it back, in a write."""
    row = _open(unit, caller, proposal)
    now = services.clock()
    end = stamp(_moment(until, now)) if until is not None else None
    if end is None:
        unit.turns.wake(row.number, caller.id)
    else:
        unit.turns.snooze(SnoozeRow(row.number, caller.id, end, stamp(now)))
    _enter(unit, caller, row, Verb.PROPOSAL_SNOOZE, until=end)
    happened(unit, row.number, "woken" if end is None else "snoozed", caller.id)


def _moment(text: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SnoozeError(f"{text[:40]!r} is no moment") from error
    if moment.tzinfo is None:
        raise SnoozeError(f"{text[:40]!r} names no zone")
    if not now < moment <= now + LONGEST_SNOOZE:
        raise SnoozeError(f"{text[:40]!r} is over, or too far away")
    return moment


def _open(unit: Unit, caller: Caller, proposal: str) -> ProposalRow:
    need_person(caller, "saying who looks at a proposal")
    row = stored.find(unit, caller, proposal)
    if row.state in CLOSED:
        raise ClosedError(f"{proposal} is {row.state}")
    return row


def _need_role(caller: Caller) -> None:
    if not caller.has("reviewer", "operator"):
        raise ForbiddenError("asking for a review needs the role reviewer or operator")


def _person(unit: Unit, name: str) -> Principal:
    found = unit.principals.by_name(name)
    if found is None or found.kind != "human":
        raise NotFoundError(f"there is no person {name[:80]!r}")
    return found


def _check_may_vote(unit: Unit, row: ProposalRow, person: Principal) -> None:
    if person.id not in attend.may_vote([person], attend.rules_in(unit), row):
        raise ReviewerError(f"{person.name} may not decide on P-{row.number}")


def _enter(unit: Unit, caller: Caller, row: ProposalRow, verb: Verb, **facts: Fact) -> None:
    target = ("proposal", f"P-{row.number}")
    said = {"proposal": f"P-{row.number}", **facts}
    unit.append(entry.by(caller, verb, target, digest=Digest(row.revision_digest), facts=said))
