"""How long reading takes at the least, and what that says of a decision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews import reading_pace
from toolvet_reviews.reading_pace import Load

LOADS = st.builds(
    Load, st.integers(0, 20_000), st.integers(0, 500), st.integers(0, 50_000)
)  # fmt: skip


@given(LOADS, LOADS)
def test_more_to_read_never_takes_less(one: Load, other: Load) -> None:
    both = Load(one.lines + other.lines, one.remarks + other.remarks, one.words + other.words)

    assert reading_pace.plausible_s(both) >= reading_pace.plausible_s(one)


@given(LOADS, st.floats(0, 1e6))
def test_a_decision_is_fast_exactly_when_reading_takes_longer(load: Load, looked_s: float) -> None:
    is_fast = reading_pace.pace(looked_s, load) == "fast"

    assert is_fast == (looked_s < reading_pace.plausible_s(load))


@pytest.mark.parametrize(("looked_s", "load"), [(None, Load(1)), (5.0, None), (None, None)])
def test_what_nobody_told_is_unknown_and_never_fast(
    looked_s: float | None, load: Load | None
) -> None:
    assert reading_pace.pace(looked_s, load) == "unknown"


def test_a_tool_of_sixty_lines_takes_some_minutes_and_an_empty_change_seconds() -> None:
    assert 120 < reading_pace.plausible_s(Load(lines=60, words=60)) < 180
    assert reading_pace.plausible_s(Load()) == reading_pace.LEAST_S


def test_lines_of_a_change_are_those_that_came_went_or_were_edited() -> None:
    old = {"a.py": b"one\ntwo\nthree\n", "gone.py": b"x\ny\n", "same.py": b"s\n" * 50}
    new = {"a.py": b"three\none\nTWO\n", "new.py": b"n\n\n\n", "same.py": b"s\n" * 50}

    assert reading_pace.changed_lines(old, new) == 1 + 2 + 1
    assert reading_pace.changed_lines(new, new) == 0


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_any_bytes_can_be_weighed(old: bytes, new: bytes) -> None:
    count = reading_pace.changed_lines({"f": old}, {"f": new})

    assert count >= 0
    assert old != new or count == 0


def test_one_endless_line_is_not_read_at_a_glance() -> None:
    assert reading_pace.changed_lines({}, {"f": b"x" * 200_000}) == 100


def test_bytes_that_are_no_text_are_not_read() -> None:
    assert reading_pace.changed_lines({}, {"f": b"\0" + b"a\n" * 99}) == 0
