"""Draws one file: only the lines on the screen, and its colours from a thread after the first paint."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import get_current_worker  # pyright: ignore[reportUnknownVariableType]

from toolvet_reviews.sides import FileChange
from toolvet_tui.code_lines import CodeLine, Mode
from toolvet_tui.code_paint import NOTE_INDENT, Painter, Window
from toolvet_tui.code_palette import COMPONENTS, Palette
from toolvet_tui.code_sheet import CodePlace, Sheet, Side
from toolvet_tui.highlight import LineSpans, spans

SPLIT_FROM = 100
"""Cells from which two columns are shown when nobody chose."""
SPLIT_AT_LEAST = 60
HEADER = 1

_MARGIN = 2
"""Lines kept in sight above and below the cursor."""


class CodeCanvas(ScrollView, can_focus=True):
    """A cursor over the lines of one file."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    @dataclass
    class Moved(Message):
        """The cursor stands on another line."""

    @dataclass
    class _Coloured(Message, bubble=False):
        change: FileChange
        side: Side
        words: tuple[LineSpans, ...]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._sheet: Sheet | None = None
        self._chosen: Mode | None = None
        self._cursor = 0
        self._marked: int | None = None
        """Where a range of lines began."""
        self._painter: Painter | None = None
        self._strips: LRUCache[tuple[int, int, int, bool], Strip] = LRUCache(512)

    @property
    def mode(self) -> Mode:
        """How the file is shown now."""
        change = self._sheet.change if self._sheet else None
        if change and change.status == "same":
            return "new"
        if change and (change.old is None or change.new is None):
            return "unified"
        if self._chosen is None:
            return "split" if self.width >= SPLIT_FROM else "unified"
        fits = self.width >= SPLIT_AT_LEAST
        return "unified" if self._chosen == "split" and not fits else self._chosen

    @property
    def place(self) -> CodePlace:
        """The line under the cursor."""
        return self._sheet.place_of(self.line) if self._sheet else CodePlace("", 0)

    @property
    def line(self) -> CodeLine | None:
        """The line of the screen under the cursor."""
        return self._sheet.line_at(self._cursor) if self._sheet else None

    @property
    def is_coloured(self) -> bool:
        """Whether the words of every side were found by now."""
        return self._sheet is not None and all(
            side in self._sheet.words
            for side, text in (("new", self._sheet.change.new), ("old", self._sheet.change.old))
            if text
        )

    @property
    def width(self) -> int:
        """Cells there are for a line."""
        # The bar is always there: were it not, its coming would change what fits.
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    @property
    def height(self) -> int:
        """Lines there are on the screen."""
        return self.size.height - self.scrollbar_size_horizontal

    # --- drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw a line of the screen."""
        width = self.width
        if self._painter is None or self._sheet is None:
            return Strip.blank(width, self.rich_style)
        first, top = self.scroll_offset
        if y < HEADER:
            left, right = self._sheet.heading(self._cursor)
            from_column = f"from column {first + 1} · " if first else ""
            return self._painter.header(left, from_column + right, width)
        index = top + y - HEADER
        line = self._sheet.line_at(index)
        if line is None:
            return self._painter.message("" if index else self._sheet.nothing, width)
        is_marked = index == self._cursor or self._is_marked(index)
        key = index, first, width, is_marked
        strip = self._strips.get(key)
        if strip is None:
            strip = self._painter.strip(line, Window(first, width, is_marked))
            self._strips[key] = strip
        return strip

    def _is_marked(self, index: int) -> bool:
        if self._marked is None:
            return False
        low, high = sorted((self._marked, self._cursor))
        return low <= index <= high

    def on_mount(self) -> None:
        """Draw what was given before there was a screen."""
        self._rearrange()
        self.call_after_refresh(self._colour)

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self._rearrange()

    def notify_style_update(self) -> None:
        """Take the colours of the new theme."""
        super().notify_style_update()
        self._repaint()

    def _arrange(self) -> None:
        if self._sheet is None:
            return
        width = self.width
        self._sheet.arrange(self.mode, width - NOTE_INDENT)
        column = width - 1 - (width - 1) // 2 if self._sheet.mode == "split" else width
        missing = max(0, self._sheet.widest - (column - self._sheet.gutter))
        lines = max(1, len(self._sheet.layout.lines))
        self.virtual_size = Size(width + missing, lines + HEADER)
        self._repaint()

    def _rearrange(self) -> None:
        """Put the lines in order anew; the cursor stays on its row, and the row where it was."""
        line = self.line
        offset = self._cursor - self.scroll_offset.y
        self._marked = None
        self._arrange()
        if line and self._sheet:
            self._cursor = self._sheet.layout.places.get(line.row, 0)
            self._scroll(self._cursor - offset)
            self._move_to(self._cursor)

    def _repaint(self) -> None:
        self._strips.clear()
        if self._sheet is not None and self.is_attached:
            ground = self.background_colors[1]
            component = self.get_component_styles
            palette = Palette(lambda name: component(f"code--{name}"), ground)
            self._painter = Painter(self._sheet, palette)
        self.refresh()

    # --- moving -------------------------------------------------------------------------------

    def _reveal(self, row: int) -> None:
        if self._sheet is None:
            return
        fold = self._sheet.fold_of(row)
        if fold and fold not in self._sheet.opened:
            self._sheet.opened.add(fold)
            self._rearrange()
        self._move_to(self._sheet.layout.places.get(row, 0), is_jump=True)

    def _move_to(self, index: int, *, is_jump: bool = False) -> None:
        before, last = self._cursor, len(self._sheet.layout.lines) - 1 if self._sheet else 0
        self._cursor = max(0, min(index, last))
        if not self.size:
            return
        if self._cursor != before:
            self.post_message(self.Moved())
        height = max(1, self.height - HEADER)
        margin = min(_MARGIN, (height - 1) // 2)
        top = self.scroll_offset.y
        low, high = self._cursor - height + 1 + margin, self._cursor - margin
        if not low <= top <= high:
            # A jump lands a third down the screen: what comes after it is what is read.
            target = self._cursor - height // 3 if is_jump else low if top < low else high
            self._scroll(target)
        if self._marked is not None:
            self.refresh()
            return
        self.refresh(Region(0, 0, self.width, HEADER))
        for line in {before, self._cursor}:
            self.refresh(Region(0, line - self.scroll_offset.y + HEADER, self.width, 1))

    def _scroll(self, y: int, x: int | None = None) -> None:
        # Without a size there is no app yet either.
        if self.size:
            self.scroll_to(x, max(0, y), animate=False)

    # --- colours ------------------------------------------------------------------------------

    def _colour(self) -> None:
        if self._sheet is None:
            return
        work = partial(self._find_words, self._sheet.change)
        self.run_worker(work, group="colours", exclusive=True, thread=True, exit_on_error=False)

    def _find_words(self, change: FileChange) -> None:
        worker = get_current_worker()  # pyright: ignore[reportUnknownVariableType]

        def is_stopped() -> bool:
            return worker.is_cancelled

        texts: list[tuple[Side, str | None]] = [("new", change.new), ("old", change.old)]
        for side, text in texts:
            if text and not is_stopped():
                words = spans(change.path, text, is_stopped=is_stopped)
                self.post_message(self._Coloured(change, side, words))

    def on_code_canvas__coloured(self, event: _Coloured) -> None:
        """Draw again, in colours, unless another file is shown by now."""
        if self._sheet is not None and self._sheet.change is event.change:
            self._sheet.words[event.side] = event.words
            self._strips.clear()
            self.refresh()
