"""The state machine: no way into `published` but the policy's, and every refusal has a code."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from toolvet_reviews import digests, moves, policy
from toolvet_reviews.errors import (
    MoveRefusedError,
    NotAPersonError,
    NotYoursError,
    OwnWorkError,
    ReviewError,
    StaleVoteError,
    UnmetError,
)
from toolvet_reviews.moves import CLOSED, MOVES, SERVICE, STATES, ProposalFacts
from toolvet_reviews.policy import CountedVote, Tally, parse_policy, preset
from toolvet_reviews.principals import Principal
from toolvet_reviews.values import EFFECT_KINDS, Digest
from toolvet_reviews.views import ProposalState

RELEASE = digests.sha256(b"r1")
AUTHOR = Principal("agent", "agent", "agent", frozenset({"author", "caller"}), sponsor="ann")
SPONSOR = Principal("ann", "ann", "human", frozenset({"reviewer"}))
REVIEWER = Principal("bob", "bob", "human", frozenset({"reviewer"}))
EVERYTHING: frozenset[Any] = frozenset({"author", "caller", "reviewer", "auditor", "operator"})
ROBOT = Principal("robot", "robot", "agent", EVERYTHING)
WRITER = Principal("carl", "carl", "human", frozenset({"author", "reviewer"}))
STRANGER = Principal("dora", "dora", "human", frozenset({"author", "caller"}))
GONE = replace(REVIEWER, id="gone", active=False)
ACTORS = [SERVICE, AUTHOR, SPONSOR, REVIEWER, ROBOT, WRITER, STRANGER, GONE]

FACTS = ProposalFacts("reviewing", "agent", "ann", 1, RELEASE, "pure")
MET = Tally(1, 1, True, (), RELEASE)


def at(state: ProposalState) -> ProposalFacts:
    return replace(FACTS, state=state)


@pytest.mark.parametrize(("state", "move", "actor", "to"), [
    ("verifying", "verdict_passed", SERVICE, "reviewing"),
    ("verifying", "verdict_failed", SERVICE, "changes_wanted"),
    ("changes_wanted", "revise", AUTHOR, "verifying"),
    ("reviewing", "revise", AUTHOR, "verifying"),
    ("reviewing", "request_changes", REVIEWER, "changes_wanted"),
    ("reviewing", "reject", REVIEWER, "rejected"),
    ("verifying", "withdraw", AUTHOR, "withdrawn"),
    ("reviewing", "withdraw", SPONSOR, "withdrawn"),
    ("reviewing", "mark_stale", SERVICE, "stale"),
    ("stale", "reverify", SERVICE, "verifying"),
    ("published", "comment", AUTHOR, "published"),
])  # fmt: skip
def test_a_legal_move_leads_on(
    state: ProposalState, move: str, actor: Principal, to: ProposalState
):
    assert moves.apply(at(state), move, actor) == to


def test_an_approval_of_the_newest_release_leaves_it_under_review():
    assert moves.apply(FACTS, "approve", REVIEWER, release_digest=RELEASE) == "reviewing"
    assert moves.apply(FACTS, "approve", SPONSOR, release_digest=RELEASE) == "reviewing"


@pytest.mark.parametrize(("move", "actor", "error"), [
    ("approve", ROBOT, NotAPersonError), ("approve", AUTHOR, NotAPersonError),
    ("approve", SERVICE, NotAPersonError), ("reject", ROBOT, NotAPersonError),
    ("request_changes", ROBOT, NotAPersonError),
    ("approve", STRANGER, NotYoursError), ("approve", GONE, NotYoursError),
    ("withdraw", REVIEWER, NotYoursError), ("revise", SPONSOR, NotYoursError),
    ("revise", ROBOT, NotYoursError), ("publish", REVIEWER, NotYoursError),
    ("publish", ROBOT, NotYoursError), ("verdict_passed", AUTHOR, NotYoursError),
    ("verdict_passed", ROBOT, NotYoursError), ("comment", STRANGER, NotYoursError),
])  # fmt: skip
def test_a_move_of_somebody_who_may_not_is_refused(
    move: str, actor: Principal, error: type[ReviewError]
):
    with pytest.raises(error):
        moves.apply(FACTS, move, actor, release_digest=RELEASE, tally=MET)


def test_a_person_who_is_the_author_cannot_decide_on_the_own_work():
    own = replace(FACTS, author="carl", sponsor=None)

    for move in ("approve", "reject", "request_changes"):
        with pytest.raises(OwnWorkError):
            moves.apply(own, move, WRITER, release_digest=RELEASE)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("digest", [None, digests.sha256(b"older")])
def test_an_approval_of_anything_else_is_never_an_approval(
    state: ProposalState, digest: str | None
):
    with pytest.raises((StaleVoteError, MoveRefusedError)):
        moves.apply(at(state), "approve", REVIEWER, release_digest=digest)


def test_a_vote_that_comes_after_a_newer_revision_is_stale():
    revised = replace(FACTS, state="verifying", revision=2, release_digest=None)

    with pytest.raises(StaleVoteError):
        moves.apply(revised, "approve", REVIEWER, release_digest=RELEASE)


@pytest.mark.parametrize("state", sorted(CLOSED))
@pytest.mark.parametrize("move", sorted(set(MOVES) - {"comment"}))
def test_a_closed_proposal_stays_closed(state: ProposalState, move: str):
    for actor in ACTORS:
        with pytest.raises(ReviewError):
            moves.apply(at(state), move, actor, release_digest=RELEASE, tally=MET)


@pytest.mark.parametrize(
    ("tally", "blocked", "error"),
    [
        (None, (), UnmetError),
        (Tally(1, 0, False, ("one missing",), RELEASE), (), UnmetError),
        (MET, ("safety",), UnmetError),
        (replace(MET, release_digest=None), (), StaleVoteError),
        (replace(MET, release_digest=digests.sha256(b"older")), (), StaleVoteError),
    ],
)
def test_the_service_publishes_only_what_the_policy_allows(
    tally: Tally | None, blocked: tuple[str, ...], error: type[ReviewError]
):
    with pytest.raises(error):
        moves.apply(FACTS, "publish", SERVICE, tally=tally, blocked=blocked)


def test_a_blocked_rubric_forbids_the_approval_too():
    with pytest.raises(UnmetError):
        moves.apply(FACTS, "approve", REVIEWER, release_digest=RELEASE, blocked=["safety"])


@given(st.text(max_size=20))
def test_an_unknown_move_is_refused_with_a_code(move: str):
    with pytest.raises(ReviewError) as caught:
        moves.apply(FACTS, f"{move}!", SERVICE)

    assert caught.value.code == "proposal.unknown_move"


@pytest.mark.parametrize(("state", "move"), [*product(STATES, MOVES)])
def test_every_pair_of_state_and_move_gives_a_state_or_a_code(state: ProposalState, move: str):
    for actor in ACTORS:
        try:
            to = moves.apply(at(state), move, actor, release_digest=RELEASE, tally=MET)
        except ReviewError as error:
            code = error.code
        else:
            code = ""
            assert to in STATES
        assert code == "" or code.count(".") == 1


def test_only_publishing_leads_to_published():
    assert {move for move, said in MOVES.items() if said.to == "published"} == {"publish"}
    assert MOVES["publish"].who == {"service"}


@pytest.mark.parametrize("state", STATES)
def test_an_open_proposal_is_somebodys_turn(state: ProposalState):
    assert (moves.turn_of(state) == "nobody") is (state in CLOSED)


def test_the_kind_is_needed_to_count_votes():
    assert moves.kind_of(FACTS) == "pure"
    with pytest.raises(ReviewError) as caught:
        moves.kind_of(replace(FACTS, kind=None))
    assert caught.value.code == "proposal.kind_unknown"


class ProposalMachine(RuleBasedStateMachine):
    """Any moves by anyone in any order, against a record of what really was voted."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = replace(FACTS, state="verifying", release_digest=None)
        self.policy = parse_policy(preset("team"))
        self.votes: list[CountedVote] = []
        self.published_with: list[CountedVote] | None = None

    @rule(kind=st.sampled_from(EFFECT_KINDS))
    def revise(self, kind: Any) -> None:
        if self.make("revise", AUTHOR):
            number = self.facts.revision + 1
            self.facts = replace(self.facts, revision=number, release_digest=None, kind=kind)

    @rule()
    def pass_verdict(self) -> None:
        if self.make("verdict_passed", SERVICE):
            release = digests.sha256(str(self.facts.revision).encode())
            self.facts = replace(self.facts, release_digest=release)

    @rule(actor=st.sampled_from([AUTHOR, SPONSOR, REVIEWER, ROBOT, WRITER]), old=st.booleans())
    def approve(self, actor: Principal, old: bool) -> None:
        about = digests.sha256(b"1") if old else self.facts.release_digest
        if self.make("approve", actor, release_digest=about):
            self.votes.append(
                CountedVote(
                    voter=actor.id,
                    roles=actor.roles,
                    is_sponsor=actor.id == self.facts.sponsor,
                    is_author=actor.id == self.facts.author,
                    verdict="approve",
                    release_digest=Digest(about or ""),
                )
            )

    @rule(actor=st.sampled_from(ACTORS), blocked=st.sampled_from([(), (), ("safety",)]))
    def publish(self, actor: Any, blocked: tuple[str, ...]) -> None:
        release = Digest(self.facts.release_digest or "")
        tally = policy.tally(self.policy, moves.kind_of(self.facts), self.votes, release)
        if self.make("publish", actor, tally=tally, blocked=blocked):
            self.published_with = [v for v in self.votes if v.release_digest == release]
            assert not blocked

    @rule(move=st.sampled_from(sorted(set(MOVES) - {"publish", "approve", "revise"})),
          actor=st.sampled_from(ACTORS))  # fmt: skip
    def anything_else(self, move: str, actor: Any) -> None:
        if move != "verdict_passed":
            self.make(move, actor)

    def make(self, move: str, actor: Any, **said: Any) -> bool:
        try:
            state = moves.apply(self.facts, move, actor, **said)
        except ReviewError:
            return False
        self.facts = replace(self.facts, state=state)
        return True

    @invariant()
    def published_only_with_the_policy_met(self) -> None:
        if self.facts.state != "published":
            assert self.published_with is None
            return
        assert self.published_with is not None
        rule_of_kind = self.policy.votes[moves.kind_of(self.facts)]
        people = {
            vote.voter
            for vote in self.published_with
            if rule_of_kind.sponsor_counts or vote.voter != "ann"
        }
        assert len(people) >= rule_of_kind.people
        assert people <= {"ann", "bob", "carl"}


TestNoSequenceOfMovesPublishesWithoutThePolicy = ProposalMachine.TestCase
