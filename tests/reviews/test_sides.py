"""Side by side: every line is there once on each side, in order, and nothing that differs is equal."""

import time
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import file_trees, texts

from toolvet_reviews.review_views import Whitespace
from toolvet_reviews.sides import (
    FileChange,
    Mark,
    Row,
    aligned,
    compare,
    shown_path,
    word_marks,
)
from toolvet_reviews.words import visible

edited_texts = st.lists(
    st.sampled_from(["a = 1", "a = 2", "b(c)", "b(d, c)", "", "\t x", "\r", "\u202e", "<U+202E>"]),
    max_size=14,
).map("\n".join)


def one_change(old: str, new: str) -> FileChange:
    (change,) = compare({"tool.py": old.encode()}, {"tool.py": new.encode()})
    return change


def side_of(rows: tuple[Row, ...], side: Literal["old", "new"]) -> str:
    """Put one side together again from the rows."""
    parts: list[str] = []
    for row in rows:
        if row.old_no if side == "old" else row.new_no:
            text, ended = (row.old, row.old_ended) if side == "old" else (row.new, row.new_ended)
            parts.append(text + ("\n" if ended else ""))
    return "".join(parts)


def numbers(rows: tuple[Row, ...], side: Literal["old", "new"]) -> list[int]:
    found = [row.old_no if side == "old" else row.new_no for row in rows]
    return [number for number in found if number]


def marked(text: str, marks: tuple[Mark, ...]) -> list[str]:
    return [text[start:end] for start, end in marks]


@given(edited_texts, edited_texts)
def test_both_texts_can_be_read_off_the_rows(old: str, new: str):
    rows = aligned(one_change(old, new))

    assert side_of(rows, "old") == "\n".join(map(visible, old.split("\n")))
    assert side_of(rows, "new") == "\n".join(map(visible, new.split("\n")))


@given(edited_texts, edited_texts)
def test_lines_are_numbered_in_order_on_both_sides(old: str, new: str):
    rows = aligned(one_change(old, new))

    for side in ("old", "new"):
        found = numbers(rows, side)
        assert found == list(range(1, len(found) + 1))


@given(edited_texts, edited_texts)
def test_counts_of_lines_are_those_of_the_rows(old: str, new: str):
    change = one_change(old, new)
    kinds = [row.kind for row in aligned(change)]

    assert change.added == kinds.count("added") + kinds.count("changed")
    assert change.removed == kinds.count("removed") + kinds.count("changed")


@given(edited_texts, edited_texts)
def test_equal_rows_are_equal_and_others_are_where_something_was_stored_differently(
    old: str, new: str
):
    before, after = old.split("\n"), new.split("\n")

    for row in aligned(one_change(old, new)):
        if row.kind == "same":
            assert before[row.old_no - 1] == after[row.new_no - 1]
        elif row.kind == "changed":
            is_last = row.old_no == len(before) or row.new_no == len(after)
            assert before[row.old_no - 1] != after[row.new_no - 1] or is_last


@given(st.text(max_size=80), st.text(max_size=80))
def test_what_is_not_marked_is_the_same_on_both_sides(old: str, new: str):
    old_marks, new_marks = word_marks(old, new)
    rest = [
        "".join(mark for at, mark in enumerate(text) if not any(a <= at < b for a, b in marks))
        for text, marks in ((old, old_marks), (new, new_marks))
    ]

    if old_marks or new_marks:
        assert "".join(rest[0].split()) == "".join(rest[1].split())
    for text, marks in ((old, old_marks), (new, new_marks)):
        assert all(0 <= start < end <= len(text) for start, end in marks)
        assert all(one[1] < other[0] for one, other in pairwise(marks))


@given(file_trees, file_trees)
def test_every_file_is_there_once_with_what_became_of_it(
    old: dict[str, bytes], new: dict[str, bytes]
):
    changes = {change.path: change for change in compare(old, new)}

    assert sorted(changes) == sorted({shown_path(path) for path in old.keys() | new.keys()})
    for path in old.keys() | new.keys():
        status = changes[shown_path(path)].status
        assert (status == "same") == (old.get(path) == new.get(path))
        assert (status == "added") == (path not in old)
        assert (status == "removed") == (path not in new)


def test_files_that_differ_come_first():
    changes = compare({"a": b"1", "m": b"1", "z": b"1"}, {"a": b"1", "m": b"1", "z": b"2"})

    assert [change.path for change in changes] == ["z", "a", "m"]


def test_the_words_of_an_edited_line_are_marked():
    (row,) = aligned(one_change("    return total + tax\n", "    return total - vat(tax)\n"))

    assert row.kind == "changed"
    assert marked(row.old, row.old_marks) == ["+"]
    assert marked(row.new, row.new_marks) == ["- vat(", ")"]


def test_a_line_put_before_an_edited_one_does_not_face_it():
    rows = aligned(
        one_change("value = fetch(town)\n", "import os\n\nvalue = fetch(os.environ[town])\n")
    )

    assert [(row.kind, row.old_no, row.new_no) for row in rows] == [
        ("added", 0, 1),
        ("added", 0, 2),
        ("changed", 1, 3),
    ]


def test_lines_with_nothing_in_common_are_marked_as_a_whole_by_having_no_marks():
    (row,) = aligned(one_change("import json\n", "@decorated.twice\n"))

    assert (row.kind, row.old_marks, row.new_marks) == ("changed", (), ())


def test_a_hidden_character_and_its_name_in_letters_do_not_pass_for_each_other():
    change = one_change('name = "\u202e"\n', 'name = "<U+202E>"\n')
    (row,) = aligned(change)

    assert change.status == "changed"
    assert row.kind == "changed"
    assert row.old == row.new
    assert marked(row.old, row.old_marks) == [row.old]


def test_a_missing_last_line_feed_is_a_change():
    (row,) = aligned(one_change("a", "a\n"))

    assert (row.kind, row.old_ended, row.new_ended) == ("changed", False, True)


def test_a_new_file_has_only_one_side():
    (change,) = compare({}, {"tool.py": b"a\nb\n"})

    assert (change.status, change.old, change.new) == ("added", None, "a\nb\n")
    assert [row.kind for row in aligned(change)] == ["added", "added"]


def test_an_empty_file_has_no_rows():
    (change,) = compare({"tool.py": b""}, {"tool.py": b""})

    assert (change.status, aligned(change)) == ("same", ())


@pytest.mark.parametrize(("old", "new"), [(b"\xff", b"a"), (b"a", b"\xff"), (b"\xff", b"\xfe")])
def test_what_is_not_text_is_only_measured(old: bytes, new: bytes):
    (change,) = compare({"data.bin": old}, {"data.bin": new})

    assert change.binary
    assert (change.old, change.new, change.hunks, aligned(change)) == (None, None, (), ())
    assert (change.old_size, change.new_size) == (1, 1)


def test_texts_paths_and_hunks_are_spelled_out():
    (change,) = compare({}, {"a\u202e\n.py": "x\x1b[31m\u200b".encode()})

    assert change.path == "a<U+202E><U+000A>.py"
    assert change.new == "x<U+001B>[31m<U+200B>"
    assert change.hunks[0].lines[0].text == change.new


@given(texts)
def test_a_path_is_one_line(path: str):
    assert "\n" not in shown_path(path)
    assert "\t" not in shown_path(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x," * 120_000, "x," * 60_000 + "y" + "x," * 60_000),
        ("a b " * 60_000, "b a " * 60_000),
        ("\n".join(f"line {n}" for n in range(20_000)), "\n".join(f"l {n}" for n in range(20_000))),
        ("\n" * 250_000, "\n" * 249_999 + "x"),
        ("\n".join("ab"[n % 2] for n in range(9_000)), "\n".join("ba"[n % 3 > 1] * n for n in range(500))),
    ],
    ids=["one long line", "words swapped", "all lines edited", "blank lines", "few distinct lines"],
)  # fmt: skip
def test_the_largest_files_are_laid_out_soon(old: str, new: str):
    began = time.process_time()

    aligned(one_change(old, new))

    assert time.process_time() - began < 5


# --- windows, whitespace ----------------------------------------------------------------------


@given(edited_texts, edited_texts, st.integers(0, 4))
def test_every_row_that_differs_is_given_with_as_many_around_it(old: str, new: str, context: int):
    rows = aligned(one_change(old, new))

    given = aligned(one_change(old, new), context=context)

    wanted = {
        near
        for at, row in enumerate(rows)
        if row.kind != "same"
        for near in range(max(0, at - context), min(len(rows), at + context + 1))
    }
    assert [*given] == [rows[at] for at in sorted(wanted)]


def test_lines_that_differ_in_space_alone_stand_opposite_each_other_as_they_are():
    (change,) = compare(
        {"a.py": b"if x:\n  a\n"}, {"a.py": b"if x:\n\ta\nb\n"}, whitespace="ignore"
    )

    rows = aligned(change)

    assert (change.status, change.added, change.removed) == ("changed", 1, 0)
    assert [(row.kind, row.old, row.new) for row in rows] == [
        ("same", "if x:", "if x:"),
        ("same", "  a", "\ta"),
        ("added", "", "b"),
    ]


@given(edited_texts, edited_texts, st.sampled_from(["exact", "trailing", "ignore"]))
def test_whatever_is_passed_over_both_texts_can_be_read_off_the_rows(
    old: str, new: str, whitespace: Whitespace
):
    before, after = {"tool.py": old.encode()}, {"tool.py": new.encode()}
    (change,) = compare(before, after, whitespace=whitespace)

    rows = aligned(change)

    assert side_of(rows, "old") == "\n".join(map(visible, old.split("\n")))
    assert side_of(rows, "new") == "\n".join(map(visible, new.split("\n")))
