"""One file as it is read: its rows, what is said about them, what is folded, where to jump.

No screen here.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Literal

from toolvet_reviews.diffs import Hunk
from toolvet_reviews.sides import STAYED, FileChange, Moved, Row, aligned
from toolvet_reviews.words import counted
from toolvet_tui.code_cells import width_of
from toolvet_tui.code_lines import CONTEXT, CodeLine, Fold, Layout, Mode, folds, lay_out
from toolvet_tui.code_notes import NOTE_TONES, Beside, LineNote, NoteTone
from toolvet_tui.highlight import LineSpans

Side = Literal["old", "new"]
Spaces = Literal["exact", "trailing", "ignore"]
"""Which changes of space count: every one, all but those at the ends of lines, none."""
SPACES: tuple[Spaces, ...] = ("exact", "trailing", "ignore")
_SPACES_SAID = {"exact": "", "trailing": "ends of lines", "ignore": "all spaces"}

NOT_ENDED = " (no line end)"
"""What is written after a last line without a line feed."""
_STATES = {"added": "new file", "removed": "removed", "changed": "", "same": "unchanged"}
_MOST_LINES = 12
"""Of one note."""
_NARROWEST = 20


@dataclass(frozen=True)
class CodePlace:
    """A line of a file."""

    path: str
    line: int
    """From 1; 0 for the file."""
    side: Side = "new"


@dataclass
class Sheet:
    """What is known of one file, and what of it is shown."""

    change: FileChange
    said: tuple[LineNote, ...]
    """What is said about this file."""
    rows: tuple[Row, ...]
    folds: list[Fold]
    notes: dict[int, list[int]]
    """Numbers of what is said on each row; -1 for what is about the file."""
    widest: int
    """Cells of the longest text."""
    bare: frozenset[int] = frozenset()
    """Lines after the change that no test ran."""
    passed_over: int = 0
    """Rows that differ in space only, and are shown as the same."""
    spaces: Spaces = "exact"
    context: int = CONTEXT
    """Unchanged lines around what is of interest; below 0 all of them."""
    moved: Moved = STAYED
    """Lines that stand elsewhere on the other side."""
    is_viewed: bool = False
    mode: Mode = "unified"
    opened: set[Fold] = field(default_factory=set[Fold])
    words: dict[Side, tuple[LineSpans, ...]] = field(
        default_factory=dict[Side, tuple[LineSpans, ...]]
    )
    pattern: re.Pattern[str] | None = None
    note_lines: list[tuple[NoteTone, str, int]] = field(
        default_factory=list[tuple[NoteTone, str, int]]
    )
    """Each with the number of what it is a line of."""
    layout: Layout = field(default_factory=lambda: Layout([]))

    @property
    def digits(self) -> int:
        """Width of a line number."""
        last = max(map(_last_line, self.change.hunks), default=0)
        return max(3, len(str(max(last, len(self.rows)))))

    @property
    def gutter(self) -> int:
        """Cells before the text, in each column."""
        numbers = 2 * self.digits + 1 if self.mode == "unified" else self.digits
        return numbers + len("! + ")

    def arrange(self, mode: Mode, width: int) -> None:
        """Put the lines in order for a screen of some width."""
        self.mode = mode
        self.note_lines = []
        notes = {
            row: [self._written(number, width) for number in numbers]
            for row, numbers in self.notes.items()
        }
        closed = [fold for fold in self.folds if fold not in self.opened]
        self.layout = lay_out(self.rows, mode, notes=notes, closed=closed)

    def heading(self, cursor: int) -> tuple[str, str]:
        """Say what file this is, and where in it one is."""
        change, place = self.change, self.place_of(self.line_at(cursor))
        counts = f"+{change.added} -{change.removed}" if change.status != "same" else ""
        parts = [
            _passed("change", self.layout.changes, cursor) if change.status == "changed" else "",
            _passed("note", self.layout.notes, cursor),
            f"line {place.line}" if place.line else "",
            f"{_SPACES_SAID[self.spaces]} ignored, {self.passed_over} hidden"
            if self.spaces != "exact"
            else "",
            self.mode if change.status == "changed" else "",
        ]
        seen = "viewed" if self.is_viewed else ""
        bare = f"{counted(len(self.bare), 'line')} untested" if self.bare else ""
        left = "  ".join(filter(None, (change.path, counts, _STATES[change.status], bare, seen)))
        return left, " · ".join(filter(None, parts))

    @property
    def nothing(self) -> str:
        """Say why there are no lines."""
        if self.change.binary:
            before = counted(self.change.old_size, "byte")
            after = counted(self.change.new_size, "byte")
            return f"Not text: {before} before, {after} after."
        return "An empty file."

    def _written(self, number: int, width: int) -> range:
        """Write a note on as many lines as it needs; give their numbers."""
        found, start = self.said[number], len(self.note_lines)
        texts = [
            text
            for line in found.text.split("\n")
            for text in wrap(line, max(_NARROWEST, width), subsequent_indent="  ")
        ]
        if len(texts) > _MOST_LINES:
            texts = [*texts[: _MOST_LINES - 1], f"{texts[_MOST_LINES - 1]} …"]
        self.note_lines.extend((found.tone, text, number) for text in texts)
        return range(start, len(self.note_lines))

    def line_at(self, index: int) -> CodeLine | None:
        """Get a line of the layout, if there is one."""
        return self.layout.lines[index] if 0 <= index < len(self.layout.lines) else None

    def place_of(self, line: CodeLine | None) -> CodePlace:
        """Tell which line of the file a line of the layout is."""
        if line is None or line.row < 0:
            return CodePlace(self.change.path, 0)
        row = self.rows[line.row]
        if line.kind == "old" or not row.new_no:
            return CodePlace(self.change.path, row.old_no, "old")
        return CodePlace(self.change.path, row.new_no)

    def row_of(self, number: int, side: Side) -> int | None:
        """Find the row of a line of the file."""
        for index, row in enumerate(self.rows):
            if number and number == (row.new_no if side == "new" else row.old_no):
                return index
        return None

    def fold_of(self, row: int) -> Fold | None:
        """Find the fold a row belongs to, open or not."""
        return next((fold for fold in self.folds if fold.start <= row < fold.end), None)

    def tone_of(self, row: int) -> NoteTone | None:
        """Tell the loudest of what is said on a row."""
        found: list[NoteTone] = [self.said[number].tone for number in self.notes.get(row, ())]
        return max(found, key=NOTE_TONES.index, default=None)

    def note_at(self, index: int) -> LineNote | None:
        """Get the note that a line of the layout belongs to."""
        line = self.line_at(index)
        if line is None or line.kind != "note":
            return None
        return self.said[self.note_lines[line.number][2]]

    def position_of(self, line: CodeLine | None) -> int:
        """Tell where in the text after a line of the layout is; what is gone is before the next."""
        if line is None or line.row < 0:
            return 0
        for row in self.rows[line.row :]:
            if row.new_no:
                return row.new_no
        return len(self.rows) + 1

    def expand(self, context: int) -> None:
        """Show more or fewer unchanged lines around what is of interest."""
        self.context = context
        self.opened.clear()
        self.folds = _folds(self.change, self.rows, self.notes, context)

    def matches(self) -> list[int]:
        """Find the rows that hold what is searched."""
        if self.pattern is None:
            return []
        found = self.pattern.search
        with_old = self.mode != "new"
        return [
            index
            for index, row in enumerate(self.rows)
            if found(row.new) or (with_old and found(row.old))
        ]


def sheet_of(
    change: FileChange,
    beside: Beside,
    *,
    spaces: Spaces = "exact",
    context: int = CONTEXT,
    moved: Moved = STAYED,
) -> Sheet:
    """Read a file; what is said about other files is left out."""
    rows, passed_over = _without_spaces(aligned(change, marks=False, moved=moved), spaces)
    said = beside.on(change.path)
    row_of = {row.new_no: index for index, row in enumerate(rows) if row.new_no} if said else {}
    notes: dict[int, list[int]] = {}
    for number, one in enumerate(said):
        notes.setdefault(row_of.get(one.line, -1), []).append(number)
    return Sheet(
        change,
        said,
        rows,
        _folds(change, rows, notes, context),
        notes,
        _widest(rows),
        bare=beside.bare.get(change.path, frozenset()),
        passed_over=passed_over,
        spaces=spaces,
        context=context,
        moved=moved,
    )


def _folds(
    change: FileChange, rows: Sequence[Row], noted: Iterable[int], context: int
) -> list[Fold]:
    if change.status != "changed" or context < 0:
        return []
    return folds(rows, frozenset(noted), context)


def _without_spaces(rows: tuple[Row, ...], spaces: Spaces) -> tuple[tuple[Row, ...], int]:
    """Show what differs in space only as the same; also count it, so that it is never silent."""
    if spaces == "exact":
        return rows, 0
    plain: Callable[[str], str] = str.rstrip if spaces == "trailing" else _squeezed
    passed = 0
    found: list[Row] = []
    for row in rows:
        if row.kind == "changed" and plain(row.old) == plain(row.new):
            passed += 1
            found.append(row._replace(kind="same"))
        else:
            found.append(row)
    return tuple(found), passed


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _passed(what: str, places: Sequence[int], cursor: int) -> str:
    """Say which one of several the cursor is at or after."""
    passed = sum(1 for at in places if at <= cursor)
    return f"{what} {passed}/{len(places)}" if places else ""


def _last_line(hunk: Hunk) -> int:
    return max(hunk.old_start + hunk.old_count, hunk.new_start + hunk.new_count)


def _widest(rows: Sequence[Row]) -> int:
    texts = [row.new for row in rows]
    texts += [row.old for row in rows if row.kind != "same"]
    tail = 0 if all(row.old_ended and row.new_ended for row in rows) else len(NOT_ENDED)
    return max(map(width_of, texts), default=0) + tail
