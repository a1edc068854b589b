"""The state machine of a proposal: which move may follow which, and who may make it. Pure; no I/O.

Moves of the machine (a verdict, publishing) are made by the service alone, and it publishes only
what the policy's votes and the rubric allow. Nobody else has a way into `published`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from toolvet_reviews.errors import (
    MoveRefusedError,
    NotAPersonError,
    NotYoursError,
    OwnWorkError,
    ReviewError,
    StaleVoteError,
    UnmetError,
)
from toolvet_reviews.policy import Tally
from toolvet_reviews.principals import Principal
from toolvet_reviews.values import EffectKind
from toolvet_reviews.views import ProposalState, Turn

Move = Literal[
    "revise",
    "verdict_passed",
    "verdict_failed",
    "overrule",
    "approve",
    "request_changes",
    "lift",
    "reject",
    "withdraw",
    "publish",
    "mark_stale",
    "comment",
    "keep_case",
    "reverify",
]
Party = Literal["author", "sponsor", "reviewer", "auditor", "operator", "service"]

STATES: tuple[ProposalState, ...] = (
    "verifying",
    "changes_wanted",
    "reviewing",
    "published",
    "rejected",
    "withdrawn",
    "stale",
)
CLOSED: frozenset[ProposalState] = frozenset({"published", "rejected", "withdrawn"})
"""No move leads out of these; a comment may still be made."""

_OPEN = frozenset(STATES) - CLOSED
_WITH_A_VERDICT = frozenset[ProposalState]({"changes_wanted", "reviewing"})


class ServiceActor:
    """The service itself as the one who moves."""


SERVICE: Final = ServiceActor()


class Rule(NamedTuple):
    """One line of the table."""

    sources: frozenset[ProposalState]
    to: ProposalState | None
    """None stays where it is."""
    who: frozenset[Party]
    decides: bool = False
    """Only a person, and never the author."""


def _only(*states: ProposalState) -> frozenset[ProposalState]:
    return frozenset(states)


def _by(*parties: Party) -> frozenset[Party]:
    return frozenset(parties)


MOVES: dict[Move, Rule] = {
    # A sponsor may not revise: who changed the bytes could then vote on them as sponsor.
    "revise": Rule(_OPEN, "verifying", _by("author")),
    "verdict_passed": Rule(_only("verifying"), "reviewing", _by("service")),
    "verdict_failed": Rule(_only("verifying"), "changes_wanted", _by("service")),
    # What stood against it was overruled by people, or lifted; it is under review, and nothing more.
    "overrule": Rule(_only("changes_wanted"), "reviewing", _by("service")),
    "approve": Rule(_only("reviewing"), "reviewing", _by("reviewer"), decides=True),
    "request_changes": Rule(_WITH_A_VERDICT, "changes_wanted", _by("reviewer"), decides=True),
    # Whoever objected takes it back; what that leads to is the service's to say.
    "lift": Rule(_OPEN, None, _by("reviewer"), decides=True),
    "reject": Rule(_OPEN, "rejected", _by("reviewer"), decides=True),
    "withdraw": Rule(_OPEN, "withdrawn", _by("author", "sponsor")),
    "publish": Rule(_only("reviewing"), "published", _by("service")),
    "mark_stale": Rule(_OPEN - _only("stale"), "stale", _by("service")),
    "comment": Rule(
        frozenset(STATES), None, _by("author", "sponsor", "reviewer", "auditor", "operator")
    ),
    "keep_case": Rule(_OPEN, None, _by("reviewer"), decides=True),
    "reverify": Rule(
        _WITH_A_VERDICT | _only("stale"), "verifying", _by("author", "reviewer", "service")
    ),
}
"""The whole machine; what is not in it is refused."""


@dataclass(frozen=True)
class ProposalFacts:
    """What the machine needs to know of a proposal."""

    state: ProposalState
    author: str
    """Principal id."""
    sponsor: str | None
    """Principal id of the author's sponsor."""
    revision: int
    release_digest: str | None
    """Of the newest revision, also of one that failed; None while it is not known."""
    kind: EffectKind | None


class UnknownMoveError(ReviewError):
    """There is no such move."""

    code = "proposal.unknown_move"


class KindUnknownError(ReviewError):
    """Nothing has said yet what the tool may do."""

    code = "proposal.kind_unknown"
    hint = "Wait for the machine's verdict."


def apply(
    facts: ProposalFacts,
    move: str,
    actor: Principal | ServiceActor,
    *,
    release_digest: str | None = None,
    tally: Tally | None = None,
    blocked: Sequence[str] = (),
) -> ProposalState:
    """Check a move and give the state it leads to.

    Args:
        facts: The proposal as it stands.
        move: One of `MOVES`.
        actor: Who makes it; the service as `SERVICE`.
        release_digest: For `approve`: what the vote is about.
        tally: For `publish`: the votes, counted against the policy.
        blocked: For `approve` and `publish`: rubric lines that forbid it.

    Raises:
        MoveRefusedError: The proposal's state does not allow it.
        NotAPersonError: A machine tried to decide.
        OwnWorkError: The author tried to decide.
        NotYoursError: The actor is none of those who may.
        StaleVoteError: The vote is about another release than the newest.
        UnmetError: The rubric or the votes do not allow it.
    """
    rule = _rule(move)
    _check_actor(facts, rule, move, actor)
    if facts.state in CLOSED and rule.to is not None:
        raise MoveRefusedError(facts.state, move)
    if move == "approve":
        _check_current(facts, release_digest)
    if facts.state not in rule.sources:
        raise MoveRefusedError(facts.state, move)
    if move in ("approve", "publish") and blocked:
        raise UnmetError(f"the rubric forbids it: {', '.join(blocked)}")
    if move == "publish":
        _check_votes(facts, tally)
    return facts.state if rule.to is None else rule.to


def turn_of(state: ProposalState) -> Turn:
    """Say whose turn it is."""
    turns: dict[ProposalState, Turn] = {
        "verifying": "machine",
        "changes_wanted": "author",
        "stale": "author",
        "reviewing": "reviewers",
    }
    return turns.get(state, "nobody")


def kind_of(facts: ProposalFacts) -> EffectKind:
    """Give the effect kind that votes are counted by.

    Raises:
        KindUnknownError: No verdict has named one yet.
    """
    if facts.kind is None:
        raise KindUnknownError("the effect kind of this proposal is not known yet")
    return facts.kind


def _rule(move: str) -> Rule:
    for name, rule in MOVES.items():
        if name == move:
            return rule
    raise UnknownMoveError(f"no move {move[:40]!r}")


def _check_actor(
    facts: ProposalFacts, rule: Rule, move: str, actor: Principal | ServiceActor
) -> None:
    if isinstance(actor, ServiceActor):
        if "service" not in rule.who:
            raise NotAPersonError(f"the service cannot {move}")
        return
    if rule.decides and actor.kind != "human":
        raise NotAPersonError(f"only a person can {move}")
    if rule.decides and actor.id == facts.author:
        raise OwnWorkError(f"authors cannot {move} their own work")
    if not actor.active or not rule.who & _parties(facts, actor):
        raise NotYoursError(f"{move} is for the {', '.join(sorted(rule.who))}")


def _parties(facts: ProposalFacts, actor: Principal) -> set[str]:
    """Name everything the actor is to this proposal; holding a role named `author` is nothing."""
    parties: set[str] = {role for role in actor.roles if role not in ("author", "caller")}
    if actor.id == facts.author:
        parties.add("author")
    if actor.id == facts.sponsor:
        parties.add("sponsor")
    return parties


def _check_current(facts: ProposalFacts, release_digest: str | None) -> None:
    if release_digest is None or release_digest != facts.release_digest:
        now = facts.release_digest or "not verified yet"
        raise StaleVoteError(f"the vote is about {release_digest}, the newest revision is {now}")


def _check_votes(facts: ProposalFacts, tally: Tally | None) -> None:
    if tally is None or not tally.met:
        reasons = "; ".join(tally.reasons) if tally else "no votes were counted"
        raise UnmetError(f"the policy is not met: {reasons}")
    if facts.release_digest is None or tally.release_digest != facts.release_digest:
        raise StaleVoteError("the votes are about another release than the newest revision's")
