"""Draws the lines of compared code: gutter, colours, marks, cut to a window of cells."""

import re
from functools import partial
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.cache import LRUCache
from textual.strip import Strip

from toolvet_reviews.sides import Mark, Row, word_marks
from toolvet_reviews.words import counted
from toolvet_tui.code_cells import Cells, Layers, pieces
from toolvet_tui.code_lines import CodeLine
from toolvet_tui.code_notes import BADGES
from toolvet_tui.code_palette import Palette
from toolvet_tui.code_sheet import NOT_ENDED, Sheet, Side
from toolvet_tui.highlight import LineSpans

NOTE_INDENT = 5
"""Cells before the text of what is no line of the file."""

_ABSENT = "\u2571"
"""A stroke, for lines that are not there on one side."""
_BARE = "\u00b7"
"""A dot, beside lines that no test ran."""
_GOES_ON = "\u203a"
"""An angle, where a line goes on beyond the screen."""
_SIGNS = {"same": " ", "removed": "-", "added": "+"}
_MOVED = {"removed": "<", "added": ">"}
"""Instead of the sign, where the same lines stand elsewhere on the other side."""
_HEADING = re.compile(r"\s*(?:async def|def|class) \w+|\[[^\]]+\]$")
_LOOKED_BACK = 400
"""Lines a heading is looked for in."""


class Window(NamedTuple):
    """What of a line is to be drawn, and where."""

    first: int
    """The first cell of text."""
    width: int
    """Cells, gutter included."""
    at_cursor: bool = False

    @property
    def halves(self) -> tuple["Window", "Window"]:
        """Two columns with a bar between them."""
        left = max(0, self.width - 1) // 2
        right = max(0, self.width - 1 - left)
        return self._replace(width=left), self._replace(width=right)

    def without(self, cells: int) -> "Window":
        """Leave out what goes before the text."""
        return self._replace(width=max(0, self.width - cells))


class Painter:
    """Makes strips of lines. Keeps what is dear: word marks, and lines that are not plain."""

    def __init__(self, sheet: Sheet, palette: Palette) -> None:
        self._sheet = sheet
        self._palette = palette
        self._gutter = sheet.gutter
        self._digits = sheet.digits
        self._marks: LRUCache[int, tuple[tuple[Mark, ...], tuple[Mark, ...]]] = LRUCache(1024)
        self._cells: LRUCache[str, Cells] = LRUCache(256)

    def strip(self, line: CodeLine, window: Window) -> Strip:
        """Draw a line."""
        match line.kind:
            case "fold":
                segments = self._aside("fold", " ", self._fold(line), window)
            case "gone":
                text = f"- {counted(line.number, 'line')} removed here"
                segments = self._aside("removed", "-", text, window)
            case "note":
                tone, text, _ = self._sheet.note_lines[line.number]
                segments = self._aside(tone, BADGES[tone], text, window)
            case "both" if self._sheet.mode == "split":
                segments = self._columns(line, window)
            case "both" | "old" | "new":
                segments = self._column(line, window)
        return Strip(segments, window.width)

    def message(self, text: str, width: int) -> Strip:
        """Draw a line that is no line of the file; an empty one below its last."""
        if not text:
            return Strip.blank(width, self._palette.style("same"))
        return Strip(self._aside("fold", " ", text, Window(0, width)), width)

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
        return Strip(self._text(text, "header", Window(0, width)), width)

    def _columns(self, line: CodeLine, window: Window) -> list[Segment]:
        left, right = window.halves
        bar = Segment("│", self._palette.style("same", "gutter"))
        return [*self._half(line, "old", left), bar, *self._half(line, "new", right)]

    def _half(self, line: CodeLine, side: Side, window: Window) -> list[Segment]:
        row = self._sheet.rows[line.row]
        number = row.old_no if side == "old" else row.new_no
        if number:
            return self._line(line.row, side, f"{number:>{self._digits}}", window)
        mark = ">" if window.at_cursor and side == "old" else " "
        strokes = _ABSENT * max(0, window.width - len(mark))
        segments = [
            Segment(mark, self._palette.style("same", at_cursor=window.at_cursor)),
            Segment(strokes, self._palette.style("absent", at_cursor=window.at_cursor)),
        ]
        return _cut(segments, window.width, len(mark))

    def _column(self, line: CodeLine, window: Window) -> list[Segment]:
        row = self._sheet.rows[line.row]
        old = row.old_no if line.kind != "new" else 0
        new = row.new_no if line.kind != "old" else 0
        numbers = f"{new or old:>{self._digits}}"
        if self._sheet.mode == "unified":
            numbers = f"{old or '':>{self._digits}} {new or '':>{self._digits}}"
        return self._line(line.row, "old" if line.kind == "old" else "new", numbers, window)

    def _line(self, at: int, side: Side, numbers: str, window: Window) -> list[Segment]:
        """Draw one side of a row: what is in the gutter, then the text."""
        row, is_old = self._sheet.rows[at], side == "old"
        tone = "same" if row.kind == "same" else "removed" if is_old else "added"
        noted = None if is_old else self._sheet.tone_of(at)
        is_bare = not is_old and row.new_no in self._sheet.bare
        mark = BADGES[noted] if noted else ">" if window.at_cursor else _BARE if is_bare else " "
        style = partial(self._palette.style, at_cursor=window.at_cursor)
        sign = _SIGNS[tone]
        if row.kind == "moved":
            sign, tone = _MOVED[tone], "moved"
        gutter = [
            Segment(mark, style(noted or ("survivor" if is_bare else tone))),
            Segment(f"{numbers} ", style(tone, "gutter")),
            Segment(f"{sign} ", style(tone)),
        ]
        text, ended = (row.old, row.old_ended) if is_old else (row.new, row.new_ended)
        body = self._text(
            text if ended else f"{text}{NOT_ENDED}",
            tone,
            window.without(self._gutter),
            words=self._words(row, side) if ended else self._words_and_end(row, side),
            layers=self._layers(at, side),
        )
        return _cut([*gutter, *body], window.width, self._gutter)

    def _text(
        self, text: str, tone: str, window: Window, *, words: LineSpans = (), layers: Layers = ()
    ) -> list[Segment]:
        """Draw a window onto a text, filled up to the width."""
        style = partial(self._palette.style, at_cursor=window.at_cursor)
        cells = self._cells_of(text)
        goes_on = cells.width > window.first + window.width
        room = max(0, window.width - len(_GOES_ON)) if goes_on else window.width
        segments: list[Segment] = []
        used = 0
        for part, word, layer in pieces(cells, window.first, room, words=words, layers=layers):
            segments.append(Segment(part, style(tone, word, layer)))
            used += len(part) if cells.is_plain else cell_len(part)
        if used < room:
            segments.append(Segment(" " * (room - used), style(tone)))
        if goes_on and window.width:
            segments.append(Segment(_GOES_ON, style(tone, "gutter")))
        return segments

    def _aside(self, tone: str, badge: str, text: str, window: Window) -> list[Segment]:
        """Draw what is no line of the file."""
        mark = ">" if window.at_cursor and badge == " " else badge
        style = self._palette.style(tone, at_cursor=window.at_cursor)
        indent = Segment(f"{mark:<{NOTE_INDENT}}", style)
        body = self._text(text, tone, window.without(NOTE_INDENT)._replace(first=0))
        return _cut([indent, *body], window.width, NOTE_INDENT)

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

    def _words(self, row: Row, side: Side) -> LineSpans:
        number = row.old_no if side == "old" else row.new_no
        words = self._sheet.words.get(side, ())
        return words[number - 1] if number <= len(words) else ()

    def _words_and_end(self, row: Row, side: Side) -> LineSpans:
        length = len(row.old if side == "old" else row.new)
        return *self._words(row, side), (length, length + len(NOT_ENDED), "comment")

    def _layers(self, at: int, side: Side) -> Layers:
        """Lay over a line which words of it are edited, and what is searched in it."""
        row = self._sheet.rows[at]
        layers: list[tuple[str, tuple[Mark, ...]]] = []
        if row.kind == "changed":
            marks = self._marks.get(at)
            if marks is None:
                marks = self._marks[at] = word_marks(row.old, row.new)
            old_marks, new_marks = marks
            is_old = side == "old"
            layers.append(("removed-mark", old_marks) if is_old else ("added-mark", new_marks))
        if self._sheet.pattern is not None:
            found = self._sheet.pattern.finditer(row.old if side == "old" else row.new)
            layers.append(("hit", tuple(one.span() for one in found)))
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
