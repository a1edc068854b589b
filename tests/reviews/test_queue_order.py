"""The order of the queue is risk x reach x age, stays while time goes by, and pages by cursor."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.queue_order import (
    Cursor,
    CursorError,
    Order,
    rank,
    read_cursor,
    words_of,
    write_cursor,
)
from toolvet_reviews.waiting import Clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001
    lambda one: one.replace(tzinfo=UTC)
)
clocks = st.builds(Clock, st.floats(0, 1e7), st.none() | moments)
risks, reaches = st.integers(0, 100), st.integers(0, 100_000)


@given(risks, reaches, clocks, st.integers(1, 50))
def test_more_risk_and_more_reach_never_come_later(
    risk: int, reach: int, clock: Clock, more: int
) -> None:
    assert rank(risk + more, reach, clock) > rank(risk, reach, clock)
    assert rank(risk, reach + more, clock) >= rank(risk, reach, clock)


@given(risks, reaches, moments, st.floats(0, 1e6), st.floats(60, 1e6))
def test_whatever_waited_longer_comes_first(
    risk: int, reach: int, since: datetime, waited: float, longer: float
) -> None:
    now, older = rank(risk, reach, Clock(waited, since)), since - timedelta(seconds=longer)

    assert rank(risk, reach, Clock(waited, older)) > now
    assert rank(risk, reach, Clock(waited + longer, since)) > now


@given(risks, reaches, risks, reaches, moments)
def test_what_does_not_wait_for_reviewers_comes_after_all_that_does(
    risk: int, reach: int, other: int, far: int, since: datetime
) -> None:
    assert rank(risk, reach, Clock(0.0, since)) > rank(other, far, Clock(1e8, None))


def test_a_day_of_waiting_weighs_as_much_as_twice_the_risk() -> None:
    younger, older = Clock(0.0, NOON), Clock(0.0, NOON - timedelta(days=1))

    assert abs(rank(49, 0, older) - rank(99, 0, younger)) < 1e-6


orders = st.sampled_from(("rank", "risk", "number"))
cursors = st.builds(
    Cursor, orders, st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 10**9)
)
by_time = st.builds(
    Cursor,
    st.sampled_from(("age", "updated")),
    st.just("2026-11-21T12:00:00.000000Z"),
    st.integers(1, 9),
)


@given(cursors | by_time)
def test_a_cursor_is_read_back_as_it_was_written(cursor: Cursor) -> None:
    assert read_cursor(write_cursor(cursor), cursor.order) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P-1",
        "====",
        "W10",
        write_cursor(Cursor("rank", 1.0, 7)) + "A",
        write_cursor(Cursor("rank", 1.0, 7)) + "==",
        write_cursor(Cursor("rank", float("inf"), 7)),
        write_cursor(Cursor("rank", float("nan"), 7)),
        write_cursor(Cursor("rank", 1.0, 0)),
        write_cursor(Cursor("rank", "x" * 300, 1)),
        "A" * 100_000,
    ],
)
def test_a_cursor_that_no_page_ended_with_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        read_cursor(text, "rank")


@given(st.text(max_size=80))
def test_no_text_is_taken_for_a_cursor_by_mistake(text: str) -> None:
    with pytest.raises(CursorError):
        read_cursor(text, "rank")


@pytest.mark.parametrize("order", ["risk", "age", "updated", "number"])
def test_a_cursor_of_another_order_is_refused(order: Order) -> None:
    with pytest.raises(CursorError):
        read_cursor(write_cursor(Cursor("rank", 1.0, 7)), order)


def test_words_are_small_different_and_few() -> None:
    assert words_of("  Add add NUMBERS ") == ("add", "numbers")
    assert len(words_of(" ".join(map(str, range(100))))) == 8
    assert words_of("a\0b \ud800 \u202e") == ("ab",)
