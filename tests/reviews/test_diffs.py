"""Differences: nothing is lost, nothing is invented, nothing hides."""

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import file_trees, texts

from toolvet_reviews.diffs import Hunk, line_hunks, unified
from toolvet_reviews.words import visible

lines_of_text = st.lists(st.sampled_from(["a", "b", "c", "", "\r"]), max_size=12).map("\n".join)


def rebuilt(old: str, hunks: tuple[Hunk, ...], side: Literal["-", "+"]) -> str:
    """Put a whole text together from the other one and the hunks, as `patch` would."""
    lines = old.split("\n")
    result: list[str] = []
    at = 0
    for hunk in hunks:
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        result += [f"{line}\n" for line in lines[at:start]]
        result += [
            f"{line.text}\n" if line.ended else line.text
            for line in hunk.lines
            if line.kind in (" ", side)
        ]
        at = start + hunk.old_count
    rest = "\n".join(lines[at:])
    return "".join(result) + rest


@given(lines_of_text, lines_of_text, st.integers(0, 4))
def test_the_old_text_and_the_hunks_give_the_new_text(old: str, new: str, context: int):
    hunks = line_hunks(old, new, context)

    assert rebuilt(old, hunks, "+") == new
    assert rebuilt(old, hunks, "-") == old


@given(lines_of_text, lines_of_text, st.integers(0, 4))
def test_headers_count_their_lines(old: str, new: str, context: int):
    for hunk in line_hunks(old, new, context):
        kinds = [line.kind for line in hunk.lines]
        assert hunk.old_count == len(kinds) - kinds.count("+")
        assert hunk.new_count == len(kinds) - kinds.count("-")
        assert {"-", "+"} & set(kinds)


@given(lines_of_text, lines_of_text)
def test_numbers_name_the_lines_they_show(old: str, new: str):
    before, after = old.split("\n"), new.split("\n")

    for hunk in line_hunks(old, new):
        for line in hunk.lines:
            assert line.old == 0 or before[line.old - 1] == line.text
            assert line.new == 0 or after[line.new - 1] == line.text


@given(lines_of_text)
def test_equal_texts_have_no_hunks(text: str):
    assert line_hunks(text, text) == ()


@given(lines_of_text, lines_of_text)
def test_hunks_do_not_overlap(old: str, new: str):
    hunks = line_hunks(old, new)

    ends = [hunk.old_start + hunk.old_count for hunk in hunks]
    assert all(end < later.old_start + 1 for end, later in zip(ends, hunks[1:], strict=False))


def test_a_replaced_line_is_shown_as_gone_then_come():
    (hunk,) = line_hunks("1\n2\n3\n", "1\nx\n3\n")

    assert hunk.header == "@@ -1,3 +1,3 @@"
    assert [(line.kind, line.text) for line in hunk.lines] == [
        (" ", "1"), ("-", "2"), ("+", "x"), (" ", "3"),
    ]  # fmt: skip


def test_far_changes_make_hunks_of_their_own():
    old = "\n".join(map(str, range(40)))

    hunks = line_hunks(old, old.replace("3\n", "x\n", 1).replace("38", "y"))

    assert len(hunks) == 2


def test_unified_names_files_that_came_and_went():
    text = unified({"gone.py": b"a\n", "same.py": b"s"}, {"new.py": b"b", "same.py": b"s"})

    assert text.splitlines() == [
        "--- a/gone.py", "+++ /dev/null", "@@ -1,1 +0,0 @@", "-a",
        "--- /dev/null", "+++ b/new.py", "@@ -0,0 +1,1 @@", "+b",
        "\\ No newline at end of file",
    ]  # fmt: skip


def test_files_that_are_no_text_are_named():
    assert "Binary files differ: 1 and 2 bytes" in unified({"a": b"\xff"}, {"a": b"\xff\xfe"})


@given(file_trees, file_trees)
def test_every_changed_file_is_named_and_no_other(old: dict[str, bytes], new: dict[str, bytes]):
    text = unified(old, new)

    named = {line[6:] for line in text.split("\n") if line.startswith(("--- a/", "+++ b/"))}
    assert named >= {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    assert bool(text) is (old != new)


@pytest.mark.parametrize("mark", [
    "\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\x1b", "\r", "\u2028", "\u00a0", "\u3164",
    "\u2800", "\ufe0f", "\U000e0041", "\U000e0100", "\ud800", "\x7f", "\u115f", "\u3000",
])  # fmt: skip
def test_what_does_not_show_is_spelled_out(mark: str):
    assert visible(f"a{mark}b") == f"a<U+{ord(mark):04X}>b"


@given(texts)
def test_what_is_shown_hides_nothing(text: str):
    shown = visible(text)

    hidden = {unicodedata.category(mark) for mark in shown if mark not in "\n\t "}
    assert not hidden & {"Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


@pytest.mark.parametrize("text", ["plain", "a\tb\nc", "Grüße", "日本語", "👍", "عربي"])
def test_words_of_every_language_stay(text: str):
    assert visible(text) == text


@pytest.mark.timeout(60)  # quadratic, it would take minutes and gigabytes
def test_huge_and_entirely_different_texts_take_no_time_and_no_memory():
    old, new = "\n".join("a" * 130_000), "\n".join("b" * 130_000)

    (hunk,) = line_hunks(old, new)

    assert (hunk.old_count, hunk.new_count) == (130_000, 130_000)


def test_a_huge_file_with_a_small_change_is_compared_exactly():
    old = "\n".join(map(str, range(100_000)))

    (hunk,) = line_hunks(old, old.replace("\n50000\n", "\nhere\n"))

    assert [line.kind for line in hunk.lines].count("-") == 1
