"""Sittings: a face tells what is on a person's screen, so that the log can say how fast a decision was.

It is the word of the person's own program, held to what the clock allows. Nothing but revision, parts
and seconds is kept, and that only for a while; the log gets one word, `plausible`, `fast` or `unknown`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from toolvet.client.review_shapes import SittingView
from toolvet.config import parse_stamp, stamp, uuid7
from toolvet.engine import seated, stored
from toolvet.engine.services import Services
from toolvet.errors import NotFoundError
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import SittingRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import reading_pace
from toolvet_reviews.principals import Caller
from toolvet_reviews.reading_pace import Load, Pace

BESIDE = timedelta(minutes=10)
"""How long after their last look people are shown as being there."""
FIRST_S = 15 * 60.0
"""At most what a first word may claim: as long as a key stays open."""
_SLACK_S = 5.0
"""By how much the clocks of screen and service may disagree."""
_UNDECIDED = timedelta(days=7)
_DECIDED = timedelta(days=90)
MOST_PARTS = 100


@dataclass(frozen=True)
class Told:
    """What a face tells."""

    revision: int
    sitting: str | None
    looked_s: float
    """Since it told the last time."""
    parts: tuple[str, ...]


async def sit(services: Services, caller: Caller, proposal: str, told: Told) -> SittingView:
    """Keep what is on a person's screen.

    Raises:
        SessionNeededError: No key of a person opened the session: any program could tell that.
        NotFoundError: No such proposal or revision, or the sitting is none of theirs.
    """
    seated.need_person(caller, "telling what is looked at")
    row = await services.store.write(lambda unit: _sit(services, unit, caller, proposal, told))
    return SittingView(row.id, row.looked_s)


def _sit(services: Services, unit: Unit, caller: Caller, proposal: str, told: Told) -> SittingRow:
    row = stored.find(unit, caller, proposal)
    revision = stored.revision_of(unit.proposals.revisions(row.number), row, told.revision)
    now = services.clock()
    before = _continued(unit, caller, row, told)
    if before is None:
        unit.sittings.forget_before(stamp(now - _UNDECIDED), stamp(now - _DECIDED))
    kept = before or SittingRow(
        id=uuid7(),
        person=caller.id,
        proposal=row.number,
        revision=revision.number,
        digest=revision.digest,
        seat=caller.seat,
        opened_at=stamp(now),
        last_at=stamp(now),
        looked_s=0.0,
        parts=[],
    )
    most_s = FIRST_S
    if before is not None:
        most_s = (now - parse_stamp(before.last_at)).total_seconds() + _SLACK_S
    kept = replace(
        kept,
        last_at=max(kept.last_at, stamp(now)),
        looked_s=round(kept.looked_s + max(0.0, min(told.looked_s, most_s)), 3),
        parts=list(dict.fromkeys((*kept.parts, *told.parts)))[:MOST_PARTS],
    )
    unit.sittings.save(kept)
    return kept


def _continued(unit: Unit, caller: Caller, row: ProposalRow, told: Told) -> SittingRow | None:
    """Find the sitting that goes on; a decision, or another revision, begins a new one."""
    if told.sitting is None:
        return None
    found = unit.sittings.get(told.sitting)
    if found is None or (found.person, found.proposal) != (caller.id, row.number):
        raise NotFoundError("no such sitting", hint="Leave it out to begin one.")
    goes_on = found.revision == told.revision and found.decided_at is None
    return found if goes_on else None


def others(view: View, row: ProposalRow, caller: Caller, now: datetime) -> tuple[str, ...]:
    """Name the people who looked at a proposal within the last minutes, the caller left out."""
    recent = view.sittings.since(row.number, stamp(now - BESIDE))
    people = {one.person for one in recent if one.person != caller.id}
    return tuple(sorted(stored.name_of(view, person) for person in people))


def decided(
    services: Services,
    unit: Unit,
    row: ProposalRow,
    person: str,
    decision: str,
    loads: Mapping[int, Load],
) -> Pace:
    """Close a person's sittings at a decision, and say whether it left time to read.

    Args:
        services: Gives the time.
        unit: Of the write that decides.
        row: Of the proposal, as it was decided on.
        person: Principal id of who decided.
        decision: `approve`, `request_changes` or `reject`.
        loads: What there was to read, by revision; see `reading.load_for`.
    """
    mine = [
        one
        for one in unit.sittings.of(row.number, person)
        if one.revision == row.revision and one.digest == row.revision_digest
    ]
    looked = sum(one.looked_s for one in mine) if mine else None
    pace = reading_pace.pace(looked, loads.get(row.revision))
    moment = stamp(services.clock())
    for one in mine:
        if one.decided_at is None:
            unit.sittings.save(replace(one, decided_at=moment, decision=decision, pace=pace))
    return pace
