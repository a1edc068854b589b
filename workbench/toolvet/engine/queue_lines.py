"""Lines of the queue as a caller may see them, fetched for a whole page at once."""

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from toolvet.config import parse_stamp
from toolvet.engine import attend, listing
from toolvet.engine.needs import needs_of_digest
from toolvet.engine.services import Services
from toolvet.engine.verdict_shown import sees_hidden
from toolvet.storage import View
from toolvet.storage.proposals import OPEN_STATES
from toolvet.storage.review_rows import AssignmentRow, ListingRow, SnoozeRow, TurnRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import waiting
from toolvet_reviews.moves import turn_of
from toolvet_reviews.policy import Policy
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import ClockView
from toolvet_reviews.views import ProposalState, QueueItem

_Row = TypeVar("_Row", TurnRow, AssignmentRow, SnoozeRow)
_VERDICTS: dict[ProposalState, str] = {
    "verifying": "pending",
    "reviewing": "passed",
    "changes_wanted": "failed",
    "stale": "stale",
}


class _Around(NamedTuple):
    """What is fetched for a whole page."""

    rows: dict[int, ProposalRow]
    lines: dict[int, ListingRow]
    turns: dict[int, list[TurnRow]]
    assigned: dict[int, list[AssignmentRow]]
    snoozes: dict[int, list[SnoozeRow]]
    names: dict[str, str]
    active: frozenset[str]
    policy: Policy | None


@dataclass(frozen=True)
class _Asked:
    """Who asks for it, and when."""

    services: Services
    view: View
    caller: Caller
    now: str


def lines_of(
    services: Services, view: View, caller: Caller, numbers: list[int], now: str
) -> list[QueueItem]:
    """Show the lines of some proposals, in the order given."""
    asked, around = _Asked(services, view, caller, now), _fetch(view, numbers)
    return [_line(asked, around, number) for number in numbers if number in around.rows]


def _fetch(view: View, numbers: list[int]) -> _Around:
    people = view.principals.all()
    lines = view.listing.lines(numbers)
    others = [one.same_as for one in lines.values() if one.same_as is not None]
    found = view.proposals.some([*numbers, *others])
    return _Around(
        rows={row.number: row for row in found},
        lines=lines,
        turns=_by_proposal(view.turns.of(*numbers)),
        assigned=_by_proposal(view.turns.assigned(*numbers)),
        snoozes=_by_proposal(view.turns.snoozes(*numbers)),
        names={one.id: one.name for one in people},
        active=frozenset(one.id for one in people if one.active),
        policy=attend.rules_in(view),
    )


def _by_proposal(rows: list[_Row]) -> dict[int, list[_Row]]:
    found: dict[int, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.proposal, []).append(row)
    return found


def _line(asked: _Asked, around: _Around, number: int) -> QueueItem:
    row, view, caller = around.rows[number], asked.view, asked.caller
    said = around.lines.get(number) or listing.line_of(view, row, None, asked.now)
    people = [one.person for one in around.turns.get(number, []) if one.person in around.active]
    away = {
        one.person: one.until for one in around.snoozes.get(number, []) if one.until > asked.now
    }
    clock = _clock(asked, around, row, people, away)
    hidden = sees_hidden(caller)
    return QueueItem(
        id=f"P-{number}",
        toolset=row.toolset,
        tool=row.tool,
        kind=row.kind,
        state=row.state,
        turn=turn_of(row.state),
        verdict=_verdict(asked, row),
        change="update" if row.base_release else "new",
        author=around.names.get(row.author, row.author),
        revision=row.revision,
        updated_at=row.updated_at,
        marks=said.marks,
        errors=said.errors if hidden else said.errors_told,
        warnings=said.warnings if hidden else said.warnings_told,
        summary=said.summary,
        created_at=row.created_at,
        risk=said.risk if hidden else 0,
        risk_why=said.risk_why if hidden else "",
        reach=said.reach,
        waited_s=clock.waited_s,
        clock_runs=clock.running,
        due_at=clock.due_at,
        whose=tuple(around.names.get(one, one) for one in people),
        mine=caller.id in people and caller.id not in away,
        claimed_by=_claimed_by(asked, around, number),
        snoozed_until=away.get(caller.id),
        open_threads=said.open_threads,
        objections=said.objections,
        release_digest=row.release_digest,
        revision_digest=row.revision_digest,
        same_as=_same_as(around, said),
        low_risk=said.low_risk and hidden,
    )


def _clock(
    asked: _Asked, around: _Around, row: ProposalRow, people: list[str], away: dict[str, str]
) -> ClockView:
    paused = waiting.paused_by(row.state, row.author, people, away)
    clock = attend.clock_of(around.lines.get(row.number))
    hours = attend.due_hours(around.policy, row.kind)
    return waiting.shown(clock, paused, parse_stamp(asked.now), hours)


def _verdict(asked: _Asked, row: ProposalRow) -> str:
    may_need = row.state == "reviewing" and row.kind != "pure"
    if may_need and needs_of_digest(asked.services, asked.view, row.release_digest):
        return "needs_secret"
    return _VERDICTS.get(row.state, "")


def _claimed_by(asked: _Asked, around: _Around, number: int) -> str:
    for one in around.assigned.get(number, []):
        if one.claimed and not attend.has_run_out(asked.view, one, asked.now):
            return around.names.get(one.person, one.person)
    return ""


def _same_as(around: _Around, said: ListingRow) -> str | None:
    other = around.rows.get(said.same_as or 0)
    return f"P-{other.number}" if other is not None and other.state in OPEN_STATES else None
