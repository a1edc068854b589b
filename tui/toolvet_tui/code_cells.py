"""A line of text in the cells of a terminal: tabs, wide characters, and a window onto it. Pure."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import Final, NamedTuple, TypeVar

from rich.cells import get_character_cell_size

from toolvet_reviews.sides import Mark
from toolvet_tui.highlight import LineSpans, Word

TAB = 4
MOST_STACKED = 4
"""Marks without a width of their own that may stand on one letter; more are spelled out."""

_SPELLED = re.compile(r"<U\+[0-9A-F]{4,6}>")
_NOTHING: Final = ""
_T = TypeVar("_T")

Layers = Sequence[tuple[str, Sequence[Mark]]]
"""Ranges of a line by name; a later one covers an earlier one."""


class Piece(NamedTuple):
    """A run of text that looks the same all along."""

    text: str
    word: Word | None
    layer: str
    """Name of the range it is in; empty for none."""


class Cells:
    """One line, ready to be cut out of."""

    __slots__ = ("_places", "_starts", "text", "width")

    def __init__(self, text: str) -> None:
        self.text = text
        self._places: Sequence[int] | None = None
        self._starts: Sequence[int] | None = None
        if not text.isascii() or "\t" in text:
            self.text, self._places = _expanded(text)
        if not self.text.isascii():
            sizes = map(get_character_cell_size, self.text)
            self._starts = list(accumulate(sizes, initial=0))
        self.width = len(self.text) if self._starts is None else self._starts[-1]

    @property
    def is_plain(self) -> bool:
        """Every character fills one cell."""
        return self._starts is None

    def place(self, index: int) -> int:
        """Tell where a character of the line is in `text`."""
        if self._places is None:
            return min(index, len(self.text))
        return self._places[min(index, len(self._places) - 1)]

    def window(self, first: int, width: int) -> tuple[int, int, int]:
        """Find the characters that are wholly within some cells.

        Returns:
            The first character, the one after the last, and the cells left of the first that half
            of a wide character would fill.
        """
        if self._starts is None:
            start = min(first, len(self.text))
            return start, min(first + width, len(self.text)), 0
        start = min(bisect_left(self._starts, first), len(self.text))
        end = max(start, bisect_right(self._starts, first + width) - 1)
        return start, end, self._starts[start] - first if start < end else 0


def pieces(
    cells: Cells, first: int, width: int, *, words: LineSpans = (), layers: Layers = ()
) -> Iterator[Piece]:
    """Cut a window out of a line, and that at every place where its look changes.

    Characters that were spelled out are in the layer `hidden`.

    Args:
        cells: The line.
        first: The first cell.
        width: Cells at most; fewer come at the end of the line.
        words: What to colour, places counted in the line as it was given.
        layers: Places counted likewise.
    """
    start, end, missing = cells.window(first, width)
    if missing:
        yield Piece(" " * missing, None, _NOTHING)
    if not words and not layers and "<U+" not in cells.text:
        yield Piece(cells.text[start:end], None, _NOTHING)
        return
    word_of: list[Word | None] = [None] * (end - start)
    layer_of = [_NOTHING] * (end - start)
    for low, high, word in words:
        left, right = cells.place(low) - start, cells.place(high) - start
        if left >= len(word_of):
            break
        if right > 0:
            _fill(word_of, left, right, word)
    for name, marks in (*layers, ("hidden", _hidden(cells.text, start, end))):
        for low, high in marks:
            moved = (low, high) if name == "hidden" else (cells.place(low), cells.place(high))
            _fill(layer_of, moved[0] - start, moved[1] - start, name)
    at = start
    for (word, layer), run in groupby(zip(word_of, layer_of, strict=True)):
        length = sum(1 for _ in run)
        yield Piece(cells.text[at : at + length], word, layer)
        at += length


def width_of(text: str) -> int:
    """Measure a line in cells."""
    if text.isascii():
        return len(text.expandtabs(TAB)) if "\t" in text else len(text)
    return Cells(text).width


def _fill(target: list[_T], start: int, end: int, value: _T) -> None:
    start, end = max(0, start), min(end, len(target))
    if start < end:
        target[start:end] = [value] * (end - start)


def _hidden(text: str, start: int, end: int) -> list[Mark]:
    if "<U+" not in text:
        return []
    # A name that begins left of the window is at most ten characters long.
    found = _SPELLED.finditer(text, max(0, start - 10), end + 10)
    return [match.span() for match in found]


def _expanded(text: str) -> tuple[str, list[int]]:
    """Expand tabs and spell out stacked marks; also tell where each character went."""
    parts: list[str] = []
    places: list[int] = []
    at = cell = stacked = 0
    for mark in text:
        places.append(at)
        size = get_character_cell_size(mark)
        stacked = 0 if size else stacked + 1
        if mark == "\t":
            part = " " * (TAB - cell % TAB)
            stacked, size = 0, len(part)
        elif stacked > MOST_STACKED:
            part = f"<U+{ord(mark):04X}>"
            size = len(part)
        else:
            part = mark
        parts.append(part)
        at, cell = at + len(part), cell + size
    return "".join(parts), [*places, at]
