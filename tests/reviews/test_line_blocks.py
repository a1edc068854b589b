"""Blocks of lines: as many common lines as there are, and no change hidden in what is passed over."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.line_blocks import Block, blocks, split
from toolvet_reviews.review_views import Whitespace

texts = st.lists(st.sampled_from("abc"), max_size=12).map("\n".join)
spaced = st.lists(
    st.sampled_from(["a b", "a  b", " a b", "a b ", "a b\t", "ab", "a b\r", "c", ""]), max_size=10
).map("\n".join)
modes = st.sampled_from(["exact", "trailing", "ignore"])


def longest_common(one: list[str], other: list[str]) -> int:
    best = [0] * (len(other) + 1)
    for left in one:
        before = best[:]
        for at, right in enumerate(other, 1):
            best[at] = before[at - 1] + 1 if left == right else max(best[at - 1], before[at])
    return best[-1]


def changes(old: str, new: str, whitespace: Whitespace) -> list[Block]:
    found = blocks(split(old), split(new), whitespace)
    return [block for block in found if not block.equal]


@given(texts, texts)
def test_as_many_lines_are_common_as_can_be(old: str, new: str):
    before, after = split(old), split(new)

    found = blocks(before, after)

    assert sum(len(block.old) for block in found if block.equal) == longest_common(before, after)


@given(spaced, spaced, modes)
def test_blocks_cover_both_texts_in_order_and_take_turns(
    old: str, new: str, whitespace: Whitespace
):
    before, after = split(old), split(new)

    found = blocks(before, after, whitespace)

    assert [at for block in found for at in block.old] == [*range(len(before))]
    assert [at for block in found for at in block.new] == [*range(len(after))]
    assert all(one.kind != other.kind for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("old", "new", "whitespace"),
    [
        ("a \n", "a\n", "trailing"),
        ("a\r\n", "a\n", "trailing"),
        ("a", "a\n", "trailing"),
        ("  a b\n", "\tab\n", "ignore"),
        ("a( b )\r\n", "a(b)\n", "ignore"),
    ],
)
def test_space_is_passed_over_where_that_was_asked_for(old: str, new: str, whitespace: Whitespace):
    assert changes(old, new, whitespace) == []
    assert changes(old, new, "exact")


@pytest.mark.parametrize("mark", ["\r", "\u00a0", "\u2028", "\x0b", "\x0c", "\u200b", "\u202e"])
def test_no_mark_that_python_or_a_reader_may_stumble_over_is_taken_for_space(mark: str):
    assert changes("# x import os\n", f"# x {mark}import os\n", "ignore")
    assert changes("# x import os\n", f"# x import os{mark}#\n", "trailing")
    assert changes("ab", f"a{mark}b", "ignore")


def test_indentation_counts_unless_every_space_is_passed_over():
    assert changes("if a:\n  b\n", "if a:\nb\n", "trailing")


def test_lines_of_one_side_alone_cost_nothing():
    old = [f"old {number}\n" for number in range(30_000)]
    new = [f"new {number}\n" for number in range(30_000)]

    assert blocks(old, new) == [Block("different", range(30_000), range(30_000))]


def test_what_would_take_too_long_is_one_change():
    old, new = ["a\n", "b\n"] * 10_100, ["b\n", "b\n", "a\n"] * 10_100

    found = blocks(old, new)

    assert sum(len(block.old) for block in found) == len(old)
    assert sum(len(block.new) for block in found) == len(new)
