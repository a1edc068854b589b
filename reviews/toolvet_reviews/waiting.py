"""The clock of a proposal: how long it has waited for reviewers. Pure; no I/O.

It runs while somebody other than the author could decide and has not put the proposal away. It
stands still while the machine or the author works. What it has counted stays when it stops.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from toolvet_reviews.review_views import ClockView
from toolvet_reviews.views import ProposalState

Paused = Literal["", "author", "machine", "snoozed", "closed"]


@dataclass(frozen=True)
class Clock:
    """What is stored of it."""

    waited_s: float = 0.0
    """Up to `since`, or in all while it stands still."""
    since: datetime | None = None
    """When it began to run; None while it stands still."""

    def at(self, now: datetime) -> float:
        """Read it; a moment before it began counts as none."""
        if self.since is None:
            return self.waited_s
        return self.waited_s + max(0.0, (now - self.since).total_seconds())


def paused_by(
    state: ProposalState, author: str, turns: Collection[str], away: Collection[str]
) -> Paused:
    """Say what keeps the clock from running; empty when nothing does.

    Args:
        turns: Principal ids of those whose turn it is.
        away: Those of them who put it away until later.
    """
    if state == "verifying":
        return "machine"
    if state in ("changes_wanted", "stale"):
        return "author"
    if state != "reviewing":
        return "closed"
    reviewers = {person for person in turns if person != author}
    if not reviewers and author in turns:
        return "author"
    if reviewers and reviewers <= set(away):
        return "snoozed"
    return ""


def moved(clock: Clock, paused: Paused, now: datetime) -> Clock:
    """Stop it, start it, or let it go on."""
    if not paused:
        return clock if clock.since is not None else Clock(clock.waited_s, now)
    return clock if clock.since is None else Clock(clock.at(now), None)


def shown(clock: Clock, paused: Paused, now: datetime, due_hours: int) -> ClockView:
    """Show it, with the moment at which it should be decided while it runs."""
    waited = clock.at(now)
    if paused:
        return ClockView(waited, running=False, paused_by=paused)
    due = now + timedelta(hours=due_hours) - timedelta(seconds=waited)
    return ClockView(waited, running=True, due_at=_stamp(due))


def woken(until: Mapping[str, str], now: str) -> dict[str, str]:
    """Keep the snoozes that still last: people with the moment they end."""
    return {person: end for person, end in until.items() if end > now}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
