"""Draws the lines of compared code: gutter, colours, marks, cut to a window of cells."""

import re

from rich.cells import cell_len
from rich.segment import Segment
from textual.cache import LRUCache
from textual.strip import Strip

from toolvet_reviews.sides import Mark, Row, word_marks
from toolvet_tui.code_cells import Cells, Layers, pieces
from toolvet_tui.code_lines import CodeLine
from toolvet_tui.code_palette import Palette
from toolvet_tui.code_sheet import Sheet, Side, note_text
from toolvet_tui.highlight import LineSpans

BADGES = {"error": "!", "warning": "*", "note": "i"}
"""What stands in the gutter of a line with a remark, and before the remark."""

_ABSENT = "\u2571"
"""A stroke, for lines that are not there on one side."""
_GOES_ON = "\u203a"
"""An angle, where a line goes on beyond the screen."""
_HEADING = re.compile(r"\s*(?:async def|def|class) \w+|\[[^\]]+\]$")
_LOOKED_BACK = 400
"""Lines a heading is looked for in."""


class Painter:
    """Makes strips of lines. Keeps what is dear: word marks, and lines that are not plain."""

    def __init__(self, sheet: Sheet, palette: Palette) -> None:
        self._sheet = sheet
        self._palette = palette
        self._gutter = sheet.gutter
        self._digits = sheet.digits
        self._marks: LRUCache[int, tuple[tuple[Mark, ...], tuple[Mark, ...]]] = LRUCache(1024)
        self._cells: LRUCache[str, Cells] = LRUCache(256)

    def strip(self, line: CodeLine, first: int, width: int, *, at_cursor: bool) -> Strip:
        """Draw a line.

        Args:
            line: Which one.
            first: The first cell of text to show.
            width: Cells, gutter included.
            at_cursor: It is under the cursor.
        """
        match line.kind:
            case "fold":
                text = self._fold(line)
                segments = self._aside("fold", " ", text, 0, width, at_cursor=at_cursor)
            case "gone":
                many = "1 line is" if line.number == 1 else f"{line.number} lines are"
                text = f"- {many} removed here"
                segments = self._aside("removed", "-", text, 0, width, at_cursor=at_cursor)
            case "note":
                found = self._sheet.findings[line.number]
                badge = BADGES[found.severity]
                text = note_text(found)
                segments = self._aside(
                    found.severity, badge, text, first, width, at_cursor=at_cursor
                )
            case "both" if self._sheet.mode == "split":
                segments = self._columns(line, first, width, at_cursor=at_cursor)
            case "both" | "old" | "new":
                segments = self._column(line, first, width, at_cursor=at_cursor)
        return Strip(segments, width)

    def message(self, text: str, width: int) -> Strip:
        """Draw a line that is no line of the file; an empty one below its last."""
        if not text:
            return Strip.blank(width, self._palette.style("same"))
        return Strip(self._aside("fold", " ", text, 0, width, at_cursor=False), width)

    def header(self, left: str, right: str, width: int) -> Strip:
        """Draw the line above the code: what it is, and where one is in it."""
        room = width - len(right) - 3
        if room < len(left) // 2:
            right, room = "", width - 2
        cells = Cells(left)
        if cells.width > room:
            # The end of a path says more than its beginning.
            start, _, _ = cells.window(max(0, cells.width - room + 1), room)
            cells = Cells("…" + cells.text[start:])
        text = f" {cells.text}{' ' * max(1, room - cells.width + 1)}{right} "
        return Strip(self._text(text, "header", 0, width, at_cursor=False), width)

    def _columns(self, line: CodeLine, first: int, width: int, *, at_cursor: bool) -> list[Segment]:
        row = self._sheet.rows[line.row]
        left = (width - 1) // 2
        bar = Segment("│", self._palette.style("same", "gutter"))
        return [
            *self._half(row, line.row, "old", first, left, at_cursor=at_cursor),
            bar,
            *self._half(row, line.row, "new", first, width - 1 - left, at_cursor=at_cursor),
        ]

    def _half(
        self, row: Row, at: int, side: Side, first: int, width: int, *, at_cursor: bool
    ) -> list[Segment]:
        number = row.old_no if side == "old" else row.new_no
        if not number:
            sign = Segment(
                ">" if at_cursor and side == "old" else " ",
                self._palette.style("same", at_cursor=at_cursor),
            )
            absent = self._palette.style("absent", at_cursor=at_cursor)
            return _cut([sign, Segment(_ABSENT * (width - 1), absent)], width, 1)
        badge = self._badge(at) if side == "new" else ""
        return self._line(
            row, at, side, f"{number:>{self._digits}}", badge, first, width, at_cursor=at_cursor
        )

    def _column(self, line: CodeLine, first: int, width: int, *, at_cursor: bool) -> list[Segment]:
        row = self._sheet.rows[line.row]
        side: Side = "old" if line.kind == "old" else "new"
        old = row.old_no if line.kind != "new" else 0
        new = row.new_no if line.kind != "old" else 0
        numbers = f"{new or old:>{self._digits}}"
        if self._sheet.mode == "unified":
            numbers = f"{old or '':>{self._digits}} {new or '':>{self._digits}}"
        badge = self._badge(line.row) if side == "new" else ""
        return self._line(row, line.row, side, numbers, badge, first, width, at_cursor=at_cursor)

    def _line(
        self,
        row: Row,
        at: int,
        side: Side,
        numbers: str,
        badge: str,
        first: int,
        width: int,
        *,
        at_cursor: bool,
    ) -> list[Segment]:
        is_old = side == "old"
        tone = "same" if row.kind == "same" else "removed" if is_old else "added"
        sign = {"same": " ", "removed": "-", "added": "+"}[tone]
        severity = self._sheet.severity_of(at) if badge else None
        mark = badge or (">" if at_cursor else " ")
        style = self._palette.style(tone, "gutter", at_cursor=at_cursor)
        gutter = [
            Segment(mark, self._palette.style(severity or tone, at_cursor=at_cursor)),
            Segment(f"{numbers} ", style),
            Segment(f"{sign} ", self._palette.style(tone, at_cursor=at_cursor)),
        ]
        text, ended = (row.old, row.old_ended) if is_old else (row.new, row.new_ended)
        body = self._text(
            text,
            tone,
            first,
            width - self._gutter,
            words=self._words(row, side),
            layers=self._layers(row, at, side, text),
            tail="" if ended else " (no line end)",
            at_cursor=at_cursor,
        )
        return _cut([*gutter, *body], width, self._gutter)

    def _text(
        self,
        text: str,
        tone: str,
        first: int,
        width: int,
        *,
        words: LineSpans = (),
        layers: Layers = (),
        tail: str = "",
        at_cursor: bool,
    ) -> list[Segment]:
        """Draw a window onto a text, filled up to the width."""
        style = self._palette.style
        width = max(0, width)
        cells = self._cells_of(text)
        goes_on = cells.width > first + width
        room = max(0, width - 1) if goes_on else width
        segments: list[Segment] = []
        used = 0
        for text, word, layer in pieces(cells, first, room, words=words, layers=layers):
            segments.append(Segment(text, style(tone, word, layer, at_cursor=at_cursor)))
            used += len(text) if cells.is_plain else cell_len(text)
        if tail and not goes_on and used < room:
            segments.append(
                Segment(tail[: room - used], style(tone, "comment", at_cursor=at_cursor))
            )
            used += len(tail[: room - used])
        if used < room:
            segments.append(Segment(" " * (room - used), style(tone, at_cursor=at_cursor)))
        if goes_on and width:
            segments.append(Segment(_GOES_ON, style(tone, "gutter", at_cursor=at_cursor)))
        return segments

    def _aside(
        self, tone: str, badge: str, text: str, first: int, width: int, *, at_cursor: bool
    ) -> list[Segment]:
        mark = badge if badge != " " else ">" if at_cursor else " "
        style = self._palette.style(tone, at_cursor=at_cursor)
        indent = " " * min(4, self._gutter - 1)
        body = self._text(text, tone, first, width - 1 - len(indent), at_cursor=at_cursor)
        return _cut([Segment(mark + indent, style), *body], width, self._gutter)

    def _fold(self, line: CodeLine) -> str:
        heading = self._heading(line.row + line.number)
        return f"⋯ {line.number} unchanged lines{f'  {heading}' if heading else ''}"

    def _heading(self, end: int) -> str:
        """Find what the code after a fold is in: the last definition before it."""
        rows = self._sheet.rows
        for at in range(end, max(-1, end - _LOOKED_BACK), -1):
            if at < len(rows) and _HEADING.match(rows[at].new):
                return rows[at].new.strip() if at < end else ""
        return ""

    def _badge(self, row: int) -> str:
        severity = self._sheet.severity_of(row)
        return BADGES[severity] if severity else ""

    def _words(self, row: Row, side: Side) -> LineSpans:
        number = row.old_no if side == "old" else row.new_no
        words = self._sheet.words.get(side, ())
        return words[number - 1] if number <= len(words) else ()

    def _layers(self, row: Row, at: int, side: Side, text: str) -> Layers:
        layers: list[tuple[str, tuple[Mark, ...]]] = []
        if row.kind == "changed":
            marks = self._marks.get(at)
            if marks is None:
                marks = self._marks[at] = word_marks(row.old, row.new)
            name = "removed-mark" if side == "old" else "added-mark"
            layers.append((name, marks[0] if side == "old" else marks[1]))
        if self._sheet.pattern is not None:
            hits = tuple(found.span() for found in self._sheet.pattern.finditer(text))
            layers.append(("hit", hits))
        return layers

    def _cells_of(self, text: str) -> Cells:
        if text.isascii() and "\t" not in text:
            return Cells(text)
        cells = self._cells.get(text)
        if cells is None:
            cells = self._cells[text] = Cells(text)
        return cells


def _cut(segments: list[Segment], width: int, gutter: int) -> list[Segment]:
    """Drop what does not fit, on a screen narrower than the gutter."""
    if width >= gutter:
        return segments
    used = sum(segment.cell_length for segment in segments)
    return list(Strip(segments, used).crop(0, width))
