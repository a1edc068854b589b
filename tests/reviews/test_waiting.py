"""The clock of a proposal runs while reviewers could decide, and stands still otherwise."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.views import ProposalState
from toolvet_reviews.waiting import Clock, Paused, moved, paused_by, shown

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "turns", "away", "paused"),
    [
        ("verifying", [], [], "machine"),
        ("changes_wanted", ["bot"], [], "author"),
        ("stale", ["bot"], [], "author"),
        ("reviewing", ["ada", "ben"], [], ""),
        ("reviewing", ["ada", "ben"], ["ada"], ""),
        ("reviewing", ["ada", "ben"], ["ada", "ben"], "snoozed"),
        ("reviewing", ["bot"], [], "author"),
        ("reviewing", ["bot", "ada"], ["ada"], "snoozed"),
        ("reviewing", [], [], ""),
        ("published", [], [], "closed"),
    ],
)
def test_what_keeps_it_from_running_has_a_name(
    state: ProposalState, turns: list[str], away: list[str], paused: Paused
) -> None:
    assert paused_by(state, "bot", turns, away) == paused


def test_it_keeps_what_it_counted_and_goes_on_from_there() -> None:
    begun = moved(Clock(), "", NOON)
    stopped = moved(begun, "author", NOON + timedelta(hours=2))
    again = moved(stopped, "", NOON + timedelta(days=5))

    assert stopped == Clock(7200.0, None)
    assert again.at(NOON + timedelta(days=5, hours=1)) == 10_800.0


def test_it_is_due_when_it_will_have_waited_long_enough() -> None:
    running = shown(Clock(3600.0, NOON), "", NOON + timedelta(hours=1), 24)

    assert (running.waited_s, running.running) == (7200.0, True)
    assert running.due_at == "2026-11-22T11:00:00.000000Z"
    assert shown(Clock(3600.0, None), "author", NOON, 24).due_at is None


steps = st.lists(
    st.tuples(st.sampled_from(["", "author", "snoozed", "machine"]), st.integers(0, 10**6))
)


@given(steps)
def test_it_counts_exactly_the_time_in_which_nothing_paused_it(
    played: list[tuple[Paused, int]],
) -> None:
    clock, now, counted = Clock(), NOON, 0.0
    for paused, seconds in played:
        clock = moved(clock, paused, now)
        now += timedelta(seconds=seconds)
        counted += 0 if paused else seconds

    assert abs(clock.at(now) - counted) < 1e-3


def test_a_clock_that_was_set_back_counts_nothing() -> None:
    assert Clock(5.0, NOON).at(NOON - timedelta(days=1)) == 5.0
