"""Two changes of the same files: where they meet, and where they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.three_way import MOST_LINES, Conflict, conflicts

TEXT = b"".join(b"%d\n" % number for number in range(10))


def changed(line: int, to: bytes = b"x\n") -> bytes:
    """The text with one line replaced."""
    lines = TEXT.splitlines(keepends=True)
    return b"".join([*lines[:line], to, *lines[line + 1 :]])


def test_changes_far_apart_agree() -> None:
    assert conflicts({"a": TEXT}, {"a": changed(1)}, {"a": changed(8)}) == ()


def test_two_changes_of_one_line_conflict_there() -> None:
    found = conflicts({"a": TEXT}, {"a": changed(3, b"x\n")}, {"a": changed(3, b"y\n")})

    assert found == (Conflict("a", 4),)


def test_the_same_change_twice_is_no_conflict() -> None:
    assert conflicts({"a": TEXT}, {"a": changed(3)}, {"a": changed(3)}) == ()


def test_two_things_put_in_at_one_place_conflict() -> None:
    one, two = TEXT + b"one\n", TEXT + b"two\n"

    assert conflicts({"a": TEXT}, {"a": one}, {"a": two}) == (Conflict("a", 11),)


@pytest.mark.parametrize(
    ("old", "theirs", "ours"),
    [
        ({}, {"a": b"1"}, {"a": b"2"}),
        ({"a": b"1"}, {}, {"a": b"2"}),
        ({"a": b"1"}, {"a": b"2"}, {}),
        ({"a": b""}, {"a": b"1\n"}, {"a": b"2\n"}),
    ],
)
def test_a_file_that_one_made_or_took_away_and_the_other_changed_conflicts(
    old: dict[str, bytes], theirs: dict[str, bytes], ours: dict[str, bytes]
) -> None:
    assert [one.path for one in conflicts(old, theirs, ours)] == ["a"]


@pytest.mark.parametrize(
    ("old", "theirs", "ours"),
    [
        ({"a": b"1"}, {}, {}),
        ({"a": b"1"}, {"a": b"1"}, {}),
        ({"a": b"1"}, {}, {"a": b"1"}),
        ({}, {"a": b"1"}, {"b": b"2"}),
    ],
)
def test_a_file_that_only_one_touched_is_no_conflict(
    old: dict[str, bytes], theirs: dict[str, bytes], ours: dict[str, bytes]
) -> None:
    assert conflicts(old, theirs, ours) == ()


def test_a_file_too_large_to_tell_conflicts_as_a_whole() -> None:
    large = b"x\n" * (MOST_LINES + 1)

    assert conflicts({"a": large}, {"a": large + b"1\n"}, {"a": b"2\n" + large}) == (Conflict("a"),)


texts = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n"]), max_size=12).map(b"".join)


@given(texts, texts, texts)
def test_it_does_not_matter_whose_change_is_whose(old: bytes, one: bytes, two: bytes) -> None:
    there = conflicts({"a": old}, {"a": one}, {"a": two})
    back = conflicts({"a": old}, {"a": two}, {"a": one})

    assert there == back


@given(texts, texts)
def test_whoever_changed_nothing_is_in_nobodys_way(old: bytes, one: bytes) -> None:
    assert conflicts({"a": old}, {"a": old}, {"a": one}) == ()
    assert conflicts({"a": old}, {"a": one}, {"a": one}) == ()


@given(st.lists(st.integers(0, 1000), unique=True, min_size=6, max_size=12), st.data())
def test_changes_with_an_untouched_line_between_them_agree(
    numbers: list[int], data: st.DataObject
) -> None:
    lines = [b"%d\n" % one for one in numbers]
    first = data.draw(st.integers(0, len(lines) - 3))
    second = data.draw(st.integers(first + 2, len(lines) - 1))
    one, two = [*lines], [*lines]
    one[first], two[second] = b"one\n", b"two\n"

    whole = b"".join
    assert conflicts({"a": whole(lines)}, {"a": whole(one)}, {"a": whole(two)}) == ()
