"""One file as it is read: its rows, the findings on them, what is folded, where to jump.

No screen here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Literal

from toolvet_reviews.diffs import Hunk
from toolvet_reviews.findings import Severity
from toolvet_reviews.sides import FileChange, Row, aligned, shown_path
from toolvet_reviews.views import FindingView
from toolvet_reviews.words import counted, one_line
from toolvet_tui.code_cells import width_of
from toolvet_tui.code_lines import CodeLine, Fold, Layout, Mode, folds, lay_out
from toolvet_tui.highlight import LineSpans

Side = Literal["old", "new"]

NOT_ENDED = " (no line end)"
"""What is written after a last line without a line feed."""
SEVERITIES = ("note", "warning", "error")
"""From the least."""
_STATES = {"added": "new file", "removed": "removed", "changed": "", "same": "unchanged"}
_LONGEST_NOTE = 2_000
_MOST_LINES = 6
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
    findings: tuple[FindingView, ...]
    """Those on this file."""
    rows: tuple[Row, ...]
    folds: list[Fold]
    notes: dict[int, list[int]]
    """Numbers of the findings on each row; -1 for those on the file."""
    widest: int
    """Cells of the longest text."""
    mode: Mode = "unified"
    opened: set[Fold] = field(default_factory=set[Fold])
    words: dict[Side, tuple[LineSpans, ...]] = field(
        default_factory=dict[Side, tuple[LineSpans, ...]]
    )
    pattern: re.Pattern[str] | None = None
    note_lines: list[tuple[Severity, str]] = field(default_factory=list[tuple[Severity, str]])
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
            _passed("finding", self.layout.notes, cursor),
            f"line {place.line}" if place.line else "",
            self.mode if change.status == "changed" else "",
        ]
        left = "  ".join(filter(None, (change.path, counts, _STATES[change.status])))
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
        """Write a finding on as many lines as it needs; give their numbers."""
        found, start = self.findings[number], len(self.note_lines)
        texts = wrap(
            note_text(found),
            max(_NARROWEST, width),
            subsequent_indent="  ",
            max_lines=_MOST_LINES,
            placeholder=" …",
        )
        self.note_lines.extend((found.severity, text) for text in texts)
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

    def severity_of(self, row: int) -> str | None:
        """Tell the worst of the findings on a row."""
        found = [self.findings[number].severity for number in self.notes.get(row, ())]
        return max(found, key=SEVERITIES.index, default=None)

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


def sheet_of(change: FileChange, findings: Sequence[FindingView]) -> Sheet:
    """Read a file; findings on other files are left out."""
    rows = aligned(change, marks=False)
    found = tuple(one for one in findings if shown_path(one.path) == change.path)
    row_of = {row.new_no: index for index, row in enumerate(rows) if row.new_no}
    notes: dict[int, list[int]] = {}
    for number, one in enumerate(found):
        notes.setdefault(row_of.get(one.line, -1), []).append(number)
    hidden = folds(rows, notes) if change.status == "changed" else []
    return Sheet(change, found, rows, hidden, notes, _widest(rows))


def note_text(found: FindingView) -> str:
    """Write a finding on one line."""
    rule = one_line(found.rule or found.category)
    fix = f"  Fix: {one_line(found.fix, _LONGEST_NOTE)}" if found.fix else ""
    return f"{found.severity}: {one_line(found.message, _LONGEST_NOTE)} [{rule}]{fix}"


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
