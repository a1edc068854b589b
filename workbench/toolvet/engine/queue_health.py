"""How the queue does, as a team: what waits, how long, what is stuck. No line is about one person."""

from collections.abc import Iterable
from datetime import timedelta
from statistics import median

from toolvet.config import parse_stamp, stamp
from toolvet.engine import attend
from toolvet.engine.services import Services
from toolvet.errors import ForbiddenError
from toolvet.storage import View
from toolvet.storage.figures import OpenItem
from toolvet_reviews.events import Verb
from toolvet_reviews.policy import Policy
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import QueueHealth
from toolvet_reviews.waiting import Clock

WINDOW = timedelta(days=7)
"""How far back decisions are counted."""
_DECISIONS = (Verb.VOTE_APPROVE, Verb.PROPOSAL_REQUEST_CHANGES, Verb.PROPOSAL_REJECT)


async def health(services: Services, caller: Caller) -> QueueHealth:
    """Count what waits and how it goes.

    Raises:
        ForbiddenError: The caller sees its own proposals only.
    """
    if not caller.has("reviewer", "auditor", "operator"):
        raise ForbiddenError("how the queue does is for reviewers, auditors and operators")
    return await services.store.query(lambda view: _health(services, view))


def _health(services: Services, view: View) -> QueueHealth:
    now = services.clock()
    since = stamp(now - WINDOW)
    items = view.figures.open_items()
    numbers = {one.number for one in items if one.state != "stale"}
    waiting = [one for one in items if one.waiting_since is not None]
    spans = [_clock(one).at(now) for one in waiting]
    looked = view.figures.looked(since)
    decided = view.figures.decisions(since, _DECISIONS)
    policy = attend.rules_in(view)
    return QueueHealth(
        open=len(items),
        waiting=len(waiting),
        oldest_waiting_s=max(spans, default=0.0),
        median_waited_s=median(spans) if spans else 0.0,
        overdue=sum(span > _due_s(policy, one) for one, span in zip(waiting, spans, strict=True)),
        snoozed=view.figures.snoozed(stamp(now)),
        stale=_count(items, "stale"),
        unassigned=sum(not one.is_assigned for one in waiting),
        with_author=_count(items, "changes_wanted") + _count(items, "stale"),
        verifying=_count(items, "verifying"),
        stuck=stuck(items),
        decided_7d=len(decided),
        median_decision_s=_middle(_took(view, decided)),
        median_attention_s=_middle(one.looked_s for one in looked),
        fast=sum(one.pace == "fast" for one in looked),
        duplicates=tuple(f"P-{one.number}" for one in items if one.same_as in numbers),
    )


def stuck(items: Iterable[OpenItem]) -> tuple[str, ...]:
    """Name what reviewers are asked to decide and could not be applied, were it approved."""
    return tuple(
        f"P-{one.number}"
        for one in items
        if one.state == "reviewing" and one.base_release != one.served
    )


def _clock(item: OpenItem) -> Clock:
    since = parse_stamp(item.waiting_since) if item.waiting_since else None
    return Clock(item.waited_s, since)


def _due_s(policy: Policy | None, item: OpenItem) -> float:
    return 3600.0 * attend.due_hours(policy, item.kind)


def _count(items: Iterable[OpenItem], state: str) -> int:
    return sum(one.state == state for one in items)


def _took(view: View, decided: list[tuple[str, str]]) -> list[float]:
    """Measure from the machine's last word before a decision to the decision."""
    spoke = view.figures.verdicts([target for target, _ in decided], Verb.REVISION_VERIFY)
    taken: list[float] = []
    for target, time in decided:
        before = [one for one in spoke.get(target, []) if one <= time]
        if before:
            taken.append((parse_stamp(time) - parse_stamp(before[-1])).total_seconds())
    return taken


def _middle(values: Iterable[float]) -> float | None:
    found = [*values]
    return median(found) if found else None
