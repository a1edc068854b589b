"""Which lines of a compared file are on the screen, in what order: modes, folds, notes. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, NamedTuple

from toolvet_reviews.sides import Row

Mode = Literal["split", "unified", "new"]
"""Two columns; one column with both; one column with what will be there."""

CONTEXT = 3
"""Unchanged lines shown around what is of interest."""
SMALLEST_FOLD = 2
"""A fold takes a line itself."""


class CodeLine(NamedTuple):
    """One line of the screen."""

    kind: Literal["both", "old", "new", "fold", "gone", "note"]
    """`both` is a row in two columns, or an unchanged line in one."""
    row: int
    """The row it shows; the first one of those it stands for; -1 when it is about the file."""
    number: int = 0
    """Rows a fold hides; lines that are gone; the number of a line of a note."""


Notes = Mapping[int, Sequence[Sequence[int]]]
"""The notes under each row, each by the numbers of its lines."""


@dataclass(frozen=True)
class Layout:
    """Every line of the screen, and where to jump."""

    lines: list[CodeLine]
    changes: list[int] = field(default_factory=list[int])
    """First line of each run of changes."""
    notes: list[int] = field(default_factory=list[int])
    """First line of each note."""
    places: dict[int, int] = field(default_factory=dict[int, int])
    """Line on which a row is, the new side first; a folded row is on its fold."""


class Fold(NamedTuple):
    """Unchanged rows that may be hidden."""

    start: int
    end: int
    """Not included."""


def folds(rows: Sequence[Row], noted: Collection[int], context: int = CONTEXT) -> list[Fold]:
    """Find the runs of rows that need not be read: far from changes and from notes.

    Args:
        rows: Of one file.
        noted: Rows with something said about them.
        context: Unchanged rows that stay around what is of interest.
    """
    found: list[Fold] = []
    index = 0
    if not any(row.kind != "same" for row in rows):
        return found
    boring = (row.kind == "same" and index not in noted for index, row in enumerate(rows))
    for is_boring, run in groupby(boring):
        length = sum(1 for _ in run)
        start = index + (context if index else 0)
        index += length
        end = index - (context if index < len(rows) else 0)
        if is_boring and end - start >= SMALLEST_FOLD:
            found.append(Fold(start, end))
    return found


def lay_out(rows: Sequence[Row], mode: Mode, *, notes: Notes, closed: Iterable[Fold]) -> Layout:
    """Put the lines in order.

    Args:
        rows: Of one file.
        mode: How the two sides are shown.
        notes: What stands under each row; what is under row -1 comes first.
        closed: Folds that are not opened, in order.
    """
    writer = _Writer(rows, mode, notes)
    writer.note(-1)
    at = 0
    for fold in closed:
        writer.show(at, fold.start)
        writer.hide(fold)
        at = fold.end
    writer.show(at, len(rows))
    return writer.layout


class _Writer:
    def __init__(self, rows: Sequence[Row], mode: Mode, notes: Notes) -> None:
        self._rows = rows
        self._mode = mode
        self._notes = notes
        self.layout = Layout([])

    def show(self, start: int, end: int) -> None:
        for is_same, run in groupby(range(start, end), lambda at: self._rows[at].kind == "same"):
            if not is_same:
                self.layout.changes.append(len(self.layout.lines))
            if is_same or self._mode == "split":
                for at in run:
                    self._add("both", at)
            elif self._mode == "unified":
                self._unified(list(run))
            else:
                self._new(list(run))

    def hide(self, fold: Fold) -> None:
        place = len(self.layout.lines)
        self.layout.lines.append(CodeLine("fold", fold.start, fold.end - fold.start))
        self.layout.places.update(dict.fromkeys(range(fold.start, fold.end), place))

    def note(self, row: int) -> None:
        for note in self._notes.get(row, ()):
            self.layout.notes.append(len(self.layout.lines))
            self.layout.lines.extend(CodeLine("note", row, number) for number in note)

    def _add(self, kind: Literal["both", "old", "new"], row: int) -> None:
        self.layout.places[row] = len(self.layout.lines)
        self.layout.lines.append(CodeLine(kind, row))
        if kind != "old" and row in self._notes:
            self.note(row)

    def _unified(self, run: Sequence[int]) -> None:
        for at in run:
            if self._rows[at].old_no:
                self._add("old", at)
        for at in run:
            if self._rows[at].new_no:
                self._add("new", at)

    def _new(self, run: Sequence[int]) -> None:
        gone = [at for at in run if not self._rows[at].new_no]
        for at in run:
            if self._rows[at].new_no:
                self._add("new", at)
        if gone:
            place = len(self.layout.lines)
            self.layout.lines.append(CodeLine("gone", gone[0], len(gone)))
            self.layout.places.update(dict.fromkeys(gone, place))
