"""Whose turn a proposal is, as one caller sees it."""

from dataclasses import dataclass

from toolvet.config import stamp
from toolvet.engine import attend
from toolvet.engine.services import Services
from toolvet.engine.stored import name_of
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import waiting
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import AssignedView, ClockView, TurnView


@dataclass(frozen=True)
class TurnsShown:
    """Whose turn it is, as one caller sees it."""

    turns: tuple[TurnView, ...]
    assigned: tuple[AssignedView, ...]
    clock: ClockView
    snoozed_until: str | None
    """The caller's own snooze."""
    stale_base: bool


def turns_of(services: Services, view: View, row: ProposalRow, caller: Caller) -> TurnsShown:
    """Show whose turn a proposal is."""
    now = services.clock()
    moment = stamp(now)
    turns = [one for one in view.turns.of(row.number) if attend.is_active(view, one.person)]
    away = {one.person: one.until for one in view.turns.snoozes(row.number) if one.until > moment}
    paused = waiting.paused_by(row.state, row.author, [one.person for one in turns], away)
    clock = attend.clock_of(view.listing.get(row.number))
    alive = attend.living(view, view.turns.assigned(row.number), moment)
    return TurnsShown(
        turns=tuple(
            TurnView(name_of(view, one.person), one.person, one.reason, one.since) for one in turns
        ),
        assigned=tuple(
            AssignedView(
                name_of(view, one.person), one.person, one.claimed, name_of(view, one.by), one.at
            )
            for one in alive
        ),
        clock=waiting.shown(clock, paused, now, attend.due_hours(attend.rules_in(view), row.kind)),
        snoozed_until=away.get(caller.id),
        stale_base=attend.is_base_stale(view, row),
    )
