"""Waivers, the rules: who counts, and how long enough people stand behind one."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import waivers
from toolvet_reviews.policy import parse_policy, preset
from toolvet_reviews.principals import Principal
from toolvet_reviews.values import EffectKind
from toolvet_reviews.waivers import Work

TEAM = parse_policy(preset("team"))
NOW = "2026-11-21T09:00:00.000000Z"
LATER = "2026-12-21T09:00:00.000000Z"
REVIEWER = Principal("ada", "ada", "human", frozenset({"reviewer"}))


@dataclass(frozen=True)
class One:
    """A waiver."""

    fingerprint: str
    voter: str
    expires: str


def work(kind: EffectKind = "pure") -> Work:
    return Work(kind, ("carl",), "ann")


def code(person: str, rule: str = "semgrep.sql", *, kind: EffectKind = "pure", **when: str) -> str:
    moments = {"expires": LATER, "signed": NOW, **when}
    error = waivers.refusal(TEAM, work(kind), person, rule, **moments)
    return error.code if error else ""


def test_a_reviewer_may_overrule_what_the_policy_lets_people_overrule() -> None:
    assert code("ada") == ""
    assert code("ada", "intake.invisible") == "waiver.never"
    assert code("ada", "interface.anything") == "waiver.never"


def test_authors_never_overrule_and_sponsors_where_their_vote_counts() -> None:
    assert code("carl") == "waiver.own_work"
    assert (code("ann", kind="read"), code("ann", kind="write")) == ("", "waiver.own_work")


@pytest.mark.parametrize(
    "expires", ["", NOW, "2026-01-01T00:00:00.000000Z", "2027-11-21T09:00:00.000000Z", "never",
    "2026-12-21", "2026-12-21T09:00:00Z", "2026-13-41T09:00:00.000000Z", LATER + "\n"],
)  # fmt: skip
def test_a_waiver_ends_within_the_days_of_the_policy(expires: str) -> None:
    assert code("ada", expires=expires) == "waiver.expires"


@pytest.mark.parametrize(
    ("person", "counts"),
    [
        (REVIEWER, True),
        (None, False),
        (Principal("ada", "ada", "human", frozenset({"reviewer"}), active=False), False),
        (Principal("ada", "ada", "human", frozenset({"operator"})), False),
        (Principal("bot", "bot", "agent", frozenset({"reviewer"})), False),
        (Principal("carl", "carl", "human", frozenset({"reviewer"})), False),
    ],
)
def test_the_word_of_an_active_reviewer_who_did_not_write_it_counts(
    person: Principal | None, counts: bool
) -> None:
    assert waivers.counts(TEAM, work(), person) is counts


def test_a_waiver_stands_as_long_as_enough_people_do() -> None:
    given_ = [One("f", "ada", "3"), One("f", "ben", "5"), One("g", "cem", "9")]

    assert waivers.until(given_, "f", (), 1) == "5"
    assert waivers.until(given_, "f", (), 2) == "3"
    assert waivers.until(given_, "f", ("dan",), 2) == "5"
    assert waivers.until(given_, "f", ("ben",), 2) == "3"
    assert waivers.until(given_, "f", (), 3) == ""
    assert waivers.until(given_, "h", ("ada", "ben"), 2) == ""


def test_a_second_persons_waiver_is_not_asked_for_before_there_is_a_voter() -> None:
    assert waivers.clear([One("f", "ada", LATER)], TEAM, NOW) == {"f"}
    assert waivers.clear([One("f", "ada", NOW)], TEAM, NOW) == frozenset()


moments = st.integers(1, 6).map(str)
given_waivers = st.lists(st.builds(One, st.just("f"), st.sampled_from("abcd"), moments), max_size=6)


@given(given_waivers, st.frozensets(st.sampled_from("abcd")), st.integers(1, 4), moments)
def test_before_that_moment_there_are_enough_and_after_it_too_few(
    listed: list[One], others: frozenset[str], people: int, now: str
) -> None:
    standing = {one.voter for one in listed if one.expires > now}
    enough = bool(standing) and len(standing | others) >= people

    assert (waivers.until(listed, "f", others, people) > now) is enough
