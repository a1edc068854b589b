"""The order of lines: every row is somewhere, and what matters is never folded."""

from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.sides import Row, RowKind
from toolvet_tui.code_lines import CONTEXT, Fold, Layout, Mode, folds, lay_out

kinds = st.lists(
    st.one_of(st.just("same"), st.just("same"), st.sampled_from(get_args(RowKind))), max_size=60
)
modes = st.sampled_from(get_args(Mode))
noted_rows = st.sets(st.integers(0, 59), max_size=3)


def rows_of(found: list[RowKind]) -> list[Row]:
    rows: list[Row] = []
    old = new = 0
    for kind in found:
        old += kind != "added"
        new += kind != "removed"
        rows.append(
            Row(kind, 0 if kind == "added" else old, 0 if kind == "removed" else new, "", "")
        )
    return rows


def rows_in(layout: Layout, rows: list[Row]) -> list[int]:
    """Which rows are shown, hidden or said to be gone; a row on two lines comes twice."""
    found: list[int] = []
    for line in layout.lines:
        if line.kind == "fold":
            found += range(line.row, line.row + line.number)
        elif line.kind == "gone":
            later = [at for at in range(line.row, len(rows)) if rows[at].kind == "removed"]
            found += later[: line.number]
        elif line.kind != "note":
            found.append(line.row)
    return found


@given(kinds, modes, noted_rows)
def test_every_row_is_shown_or_folded(found: list[RowKind], mode: Mode, noted: set[int]):
    rows = rows_of(found)
    notes = {row: [[row]] for row in noted if row < len(rows) and rows[row].new_no}
    layout = lay_out(rows, mode, notes=notes, closed=folds(rows, notes))
    shown = rows_in(layout, rows)

    assert set(shown) == set(range(len(rows)))
    assert set(layout.places) == set(shown)
    if mode == "split":
        assert shown == sorted(shown)


@given(kinds, modes, noted_rows)
def test_every_note_stands_under_its_row(found: list[RowKind], mode: Mode, noted: set[int]):
    rows = rows_of(found)
    notes = {row: [[row]] for row in noted if row < len(rows) and rows[row].new_no}
    layout = lay_out(rows, mode, notes=notes, closed=folds(rows, notes))

    assert {layout.lines[at].number for at in layout.notes} == set(notes)
    for before, line in pairwise(layout.lines):
        if line.kind == "note":
            assert before.row == line.row


@given(kinds, noted_rows)
def test_changes_and_notes_keep_lines_around_them(found: list[RowKind], noted: set[int]):
    rows = rows_of(found)
    hidden = {row for fold in folds(rows, noted) for row in range(fold.start, fold.end)}

    for at, row in enumerate(rows):
        if row.kind != "same" or at in noted:
            assert not hidden & set(range(at - CONTEXT, at + CONTEXT + 1))


@given(kinds, modes)
def test_a_jump_leads_to_the_first_line_of_each_run_of_changes(found: list[RowKind], mode: Mode):
    rows = rows_of(found)
    layout = lay_out(rows, mode, notes={}, closed=folds(rows, ()))
    runs = [at for at, row in enumerate(rows) if row.kind != "same"]
    starts = [at for at in runs if at - 1 not in runs]

    assert len(layout.changes) == len(starts)
    for place in layout.changes:
        assert rows[layout.lines[place].row].kind != "same"


def test_a_jump_leads_to_the_first_line_of_a_long_note():
    layout = lay_out(rows_of(["same"] * 2), "new", notes={0: [[0, 1, 2], [3]]}, closed=())

    assert [line.kind for line in layout.lines] == ["both", *["note"] * 4, "both"]
    assert layout.notes == [1, 4]


def test_a_file_without_a_change_is_not_folded():
    assert folds(rows_of(["same"] * 50), ()) == []


def test_a_fold_hides_more_than_it_costs():
    same: list[RowKind] = ["same"]
    seven = rows_of(["changed", *same * (2 * CONTEXT + 1), "changed"])
    eight = rows_of(["changed", *same * (2 * CONTEXT + 2), "changed"])

    assert folds(seven, ()) == []
    assert folds(eight, ()) == [Fold(1 + CONTEXT, 3 + CONTEXT)]


def test_one_column_has_what_was_before_what_will_be():
    rows = rows_of(["changed", "changed", "removed"])
    layout = lay_out(rows, "unified", notes={}, closed=())

    assert [(line.kind, line.row) for line in layout.lines] == [
        ("old", 0),
        ("old", 1),
        ("old", 2),
        ("new", 0),
        ("new", 1),
    ]
