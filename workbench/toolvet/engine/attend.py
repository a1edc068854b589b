"""The attention set of a proposal as it is stored, brought up to date in the write that changes it."""

from collections.abc import Collection
from datetime import timedelta
from functools import lru_cache

from toolvet.config import parse_stamp, stamp
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import AssignmentRow, ListingRow, TurnRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import attention
from toolvet_reviews.attention import Actor, Happening, Scene
from toolvet_reviews.errors import PolicyError
from toolvet_reviews.moves import CLOSED
from toolvet_reviews.policy import Policy, parse_policy
from toolvet_reviews.policy_asks import ReviewTimes
from toolvet_reviews.principals import Principal
from toolvet_reviews.values import EffectKind
from toolvet_reviews.waiting import Clock

CLAIM_LASTS = timedelta(hours=4)
"""How long a claim stands after its holder last had the proposal on the screen."""


@lru_cache(maxsize=8)
def _parsed(text: str) -> Policy | None:
    try:
        return parse_policy(text)
    except PolicyError:  # the row is not the log's: `doctor` names it
        return None


def rules_in(view: View) -> Policy | None:
    """Read the policy that was applied last, to order and remind by; nothing is decided by it."""
    current = view.policies.current()
    return None if current is None else _parsed(current[1])


def due_hours(policy: Policy | None, kind: EffectKind | None) -> int:
    """Say how many hours a proposal of a kind may wait for reviewers."""
    times = policy.review if policy else ReviewTimes()
    return times.due_hours[kind or "destructive"]


def is_active(view: View, person: str) -> bool:
    """Tell whether somebody may still act."""
    found = view.principals.get(person)
    return found is not None and found.active


def is_base_stale(view: View, row: ProposalRow) -> bool:
    """Tell whether what is served now is not what an open proposal starts from."""
    if row.state in CLOSED:
        return False
    return base_now(view, row) != row.base_release


def base_now(view: View, row: ProposalRow) -> str | None:
    """Name the release of the tool that is served now, by the channel's row."""
    served = view.releases.channel(row.toolset, row.tool, "stable")
    return served.release_digest if served else None


def clock_of(line: ListingRow | None) -> Clock:
    """Read the clock of a proposal."""
    if line is None:
        return Clock()
    since = parse_stamp(line.waiting_since) if line.waiting_since else None
    return Clock(line.waited_s, since)


def living(view: View, assigned: list[AssignmentRow], now: str) -> list[AssignmentRow]:
    """Leave out claims that were let lie."""
    return [one for one in assigned if not one.claimed or not has_run_out(view, one, now)]


def has_run_out(view: View, claim: AssignmentRow, now: str) -> bool:
    """Tell whether a claim's holder has not looked for too long."""
    looked = view.turns.last_looked(claim.proposal, claim.person) or ""
    return max(claim.at, looked) < stamp(parse_stamp(now) - CLAIM_LASTS)


def may_vote(people: Collection[Principal], policy: Policy | None, row: ProposalRow) -> set[str]:
    """Name the people whose approval of a proposal would count."""
    rule = policy.votes[row.kind or "destructive"] if policy else None
    role = rule.role if rule else "reviewer"
    found = {
        one.id
        for one in people
        if one.active and one.kind == "human" and role in one.roles and one.id != row.author
    }
    if rule is not None and not rule.sponsor_counts and row.sponsor:
        found.discard(row.sponsor)
    return found


def scene_of(view: View, row: ProposalRow, now: str, *, by: str = "") -> Scene:
    """Describe a proposal as the rules of attention see it.

    Args:
        by: Who did what is looked at; the conversation they spoke in last is the one in question.
    """
    assigned = living(view, view.turns.assigned(row.number), now)
    votes = [vote for vote in view.proposals.votes_of(row.number) if not vote.revoked]
    voted = {vote.voter for vote in votes if vote.release_digest == row.release_digest}
    spoke = view.turns.spoke(row.number) | view.turns.objected(row.number)
    return Scene(
        state=row.state,
        author=row.author,
        may_vote=frozenset(may_vote(view.principals.all(), rules_in(view), row)),
        engaged=frozenset(spoke | {vote.voter for vote in votes}),
        voted=frozenset(voted),
        signed_before=frozenset({vote.voter for vote in votes} - voted),
        assigned=frozenset(one.person for one in assigned if not one.claimed),
        claimed=frozenset(one.person for one in assigned if one.claimed),
        asker=view.turns.asker(row.number, by) if by else None,
        open_threads=view.turns.open_threads(row.number)[0],
    )


def settle(unit: Unit, row: ProposalRow, what: Happening, actor: str, now: str) -> list[TurnRow]:
    """Bring the attention set up to date.

    Returns:
        Those whose turn it has become, or who have another reason now.
    """
    before = {one.person: one for one in unit.turns.of(row.number)}
    doer = unit.principals.get(actor)
    after = attention.following(
        scene_of(unit, row, now, by=actor),
        {person: attention.reason_of(one.reason) for person, one in before.items()},
        what,
        Actor(actor, is_agent=doer is not None and doer.kind == "agent"),
    )
    unit.turns.drop(row.number, before.keys() - after.keys())
    new = [
        TurnRow(row.number, person, reason, now)
        for person, reason in after.items()
        if person not in before or before[person].reason != reason
    ]
    for one in new:
        unit.turns.put(one)
    return new


def service_id(view: View) -> str:
    """Name the service itself, as the one who did something."""
    return view.facts.get("service_id") or "service"
