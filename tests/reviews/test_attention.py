"""Whose turn it is follows from what happened, and nobody is asked for what they cannot do."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.attention import (
    AUTHORS,
    Actor,
    Happening,
    Reason,
    Scene,
    following,
    reason_of,
    standing,
)
from toolvet_reviews.moves import CLOSED, STATES

ADA, BEN, EVE = "ada", "ben", "eve"
AUTHOR = "bot"
EVERYBODY = frozenset({ADA, BEN})


def scene(**said: object) -> Scene:
    """A proposal under review that two people may decide on."""
    usual: dict[str, object] = {"state": "reviewing", "author": AUTHOR, "may_vote": EVERYBODY}
    return Scene(**{**usual, **said})  # pyright: ignore[reportArgumentType]


def test_what_the_machine_let_pass_is_the_turn_of_everybody_who_may_vote() -> None:
    found = following(scene(), {}, "verdict_passed", Actor("service"))

    assert found == {ADA: "review_wanted", BEN: "review_wanted"}


def test_a_new_revision_comes_back_to_whoever_was_engaged_and_to_nobody_else() -> None:
    spoken = scene(engaged=frozenset({BEN, "gone"}))

    assert following(spoken, {}, "verdict_passed", Actor("service")) == {BEN: "new_revision"}


def test_whoever_approved_an_earlier_release_is_asked_to_sign_again() -> None:
    signed = scene(engaged=frozenset({ADA, BEN}), signed_before=frozenset({ADA}))

    found = following(signed, {}, "verdict_passed", Actor("service"))

    assert found == {ADA: "sign_again", BEN: "new_revision"}


def test_what_was_given_to_somebody_is_their_turn_alone() -> None:
    given_to = scene(assigned=frozenset({BEN}))

    assert following(given_to, {}, "verdict_passed", Actor("service")) == {BEN: "assigned"}


@pytest.mark.parametrize("state", ["changes_wanted", "stale"])
def test_what_went_back_is_the_turn_of_its_author_alone(state: str) -> None:
    before: dict[str, Reason] = {ADA: "review_wanted", BEN: "claimed"}

    found = following(scene(state=state), before, "objected", Actor(ADA))

    assert found == {AUTHOR: "stale" if state == "stale" else "changes_wanted"}


def test_whoever_voted_is_done_and_the_others_are_not() -> None:
    before: dict[str, Reason] = {ADA: "review_wanted", BEN: "review_wanted"}

    found = following(scene(voted=frozenset({ADA})), before, "voted", Actor(ADA))

    assert found == {BEN: "review_wanted"}


def test_when_the_only_one_who_was_asked_has_voted_whoever_else_may_is_asked() -> None:
    asked = scene(assigned=frozenset({ADA}), voted=frozenset({ADA}))

    assert following(asked, {ADA: "assigned"}, "voted", Actor(ADA)) == {BEN: "review_wanted"}


def test_a_reviewers_question_is_the_authors_turn_and_the_answer_the_reviewers() -> None:
    asked = following(scene(), {ADA: "review_wanted"}, "said", Actor(ADA))
    answered = following(scene(asker=ADA), asked, "answered", Actor(AUTHOR))

    assert asked == {AUTHOR: "asked"}
    assert answered == {ADA: "answered"}


def test_an_author_who_is_to_change_something_may_answer_and_still_has_to_change_it() -> None:
    wanted = scene(state="changes_wanted", asker=BEN)

    found = following(wanted, {AUTHOR: "changes_wanted"}, "answered", Actor(AUTHOR))

    assert found == {AUTHOR: "changes_wanted", BEN: "answered"}


def test_the_word_of_an_agent_that_reviews_is_nobodys_turn_unless_people_are_engaged() -> None:
    before: dict[str, Reason] = {BEN: "review_wanted"}
    agent = Actor("checker", is_agent=True)

    assert following(scene(), before, "said", agent) == before
    engaged = following(scene(engaged=frozenset({ADA})), before, "said", agent)
    assert engaged == {ADA: "flagged", BEN: "review_wanted"}


def test_when_all_is_settled_the_author_has_nothing_to_do() -> None:
    before: dict[str, Reason] = {AUTHOR: "asked", ADA: "review_wanted"}

    assert following(scene(open_threads=1), before, "resolved", Actor(BEN)) == before
    assert following(scene(), before, "resolved", Actor(BEN)) == {ADA: "review_wanted"}


def test_whoever_takes_it_has_it_and_gives_it_back_to_everybody() -> None:
    wanted: dict[str, Reason] = {ADA: "review_wanted", BEN: "review_wanted"}

    taken = following(scene(claimed=frozenset({BEN})), wanted, "claimed", Actor(BEN))
    back = following(scene(), taken, "given_back", Actor(BEN))

    assert taken == {BEN: "claimed"}
    assert back == wanted


def test_a_claim_that_ran_out_is_everybodys_again() -> None:
    assert standing(scene(), {BEN: "claimed"}) == {ADA: "review_wanted", BEN: "review_wanted"}


def test_whoever_lost_the_role_drops_out() -> None:
    left = scene(may_vote=frozenset({ADA}))

    assert standing(left, {BEN: "review_wanted", ADA: "answered"}) == {ADA: "answered"}


def test_whoever_joins_is_asked_too_where_everybody_is() -> None:
    three = scene(may_vote=frozenset({ADA, BEN, EVE}), engaged=frozenset({ADA}))

    assert standing(three, {BEN: "review_wanted"}) == {BEN: "review_wanted", EVE: "review_wanted"}


def test_whoever_joins_leaves_a_claim_alone() -> None:
    taken = scene(may_vote=frozenset({ADA, BEN, EVE}), claimed=frozenset({BEN}))

    assert standing(taken, {BEN: "claimed"}) == {BEN: "claimed"}


def test_a_stored_reason_that_nobody_knows_any_more_is_a_wish_for_a_review() -> None:
    assert reason_of("claimed") == "claimed"
    assert reason_of("because") == "review_wanted"


people = st.sampled_from([ADA, BEN, EVE, AUTHOR])
some = st.frozensets(people)
scenes = st.builds(
    Scene,
    state=st.sampled_from(STATES),
    author=st.just(AUTHOR),
    may_vote=st.frozensets(st.sampled_from([ADA, BEN, EVE])),
    engaged=some,
    voted=some,
    signed_before=some,
    assigned=some,
    claimed=some,
    asker=st.none() | people,
    open_threads=st.integers(0, 3),
)
sets = st.dictionaries(people, st.sampled_from(get_args(Reason)))
happenings = st.sampled_from(get_args(Happening))
actors = st.builds(Actor, people, is_agent=st.booleans())


@given(scenes, sets, happenings, actors)
def test_whoever_is_in_the_set_could_act(
    found: Scene, before: dict[str, Reason], what: Happening, actor: Actor
) -> None:
    after = following(found, before, what, actor)

    for person, reason in after.items():
        assert person == AUTHOR or person in found.may_vote
        assert (person == AUTHOR) == (reason in AUTHORS)
    assert not after or found.state not in CLOSED | {"verifying"}


@given(scenes, sets, happenings, actors)
def test_nothing_open_lies_where_somebody_could_act_and_nobody_is_asked(
    found: Scene, before: dict[str, Reason], what: Happening, actor: Actor
) -> None:
    after = following(found, before, what, actor)

    if found.state in ("changes_wanted", "stale"):
        assert AUTHOR in after
    if found.state == "reviewing" and found.may_vote:
        assert after


@given(scenes, sets, happenings, actors)
def test_a_set_that_was_brought_up_to_date_stays_when_nothing_happens(
    found: Scene, before: dict[str, Reason], what: Happening, actor: Actor
) -> None:
    once = standing(found, following(found, before, what, actor))

    assert standing(found, once) == once
