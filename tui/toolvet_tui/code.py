"""Code of a proposal, compared line by line: two columns, one, or only what will be there.

Only the lines on the screen are drawn. Colours come from a thread after the first paint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, cast

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import get_current_worker  # pyright: ignore[reportUnknownVariableType]

from toolvet_reviews.sides import FileChange
from toolvet_reviews.views import FindingView
from toolvet_tui.code_lines import CodeLine, Mode
from toolvet_tui.code_paint import NOTE_INDENT, Painter, Window
from toolvet_tui.code_palette import COMPONENTS, CSS, Palette
from toolvet_tui.code_search import SearchLine, pattern_of
from toolvet_tui.code_sheet import CodePlace, Sheet, Side, sheet_of
from toolvet_tui.highlight import LineSpans, spans

SPLIT_FROM = 100
"""Cells from which two columns are shown when nobody chose."""
SPLIT_AT_LEAST = 60

_HEADER = 1
_MARGIN = 2
"""Lines kept in sight above and below the cursor."""
_SIDEWAYS = 8
_MODES: tuple[Mode, ...] = ("split", "unified", "new")


class CodeView(ScrollView, can_focus=True):
    """One file before and after, with the findings on it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    DEFAULT_CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "line(1)", "Line down", show=False),
        Binding("k,up", "line(-1)", "Line up", show=False),
        Binding("pagedown,ctrl+d,space", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("g,home", "line(-1000000000)", "First line", show=False),
        Binding("G,end", "line(1000000000)", "Last line", show=False),
        Binding("h,left", "sideways(-1)", "Scroll left", show=False),
        Binding("l,right", "sideways(1)", "Scroll right", show=False),
        Binding("n,right_square_bracket", "change(1)", "Next change"),
        Binding("p,left_square_bracket", "change(-1)", "Previous change"),
        Binding("f", "finding(1)", "Next finding"),
        Binding("F", "finding(-1)", "Previous finding", show=False),
        Binding("d", "mode", "Diff mode"),
        Binding("e", "fold", "Open or close a fold", show=False),
        Binding("E", "fold_all", "Open or close all folds", show=False),
        Binding("enter", "choose", "Open the fold, choose the line", show=False),
        Binding("slash", "search", "Find"),
        Binding("full_stop", "match(1)", "Next match", show=False),
        Binding("comma", "match(-1)", "Previous match", show=False),
    ]

    @dataclass
    class LineChosen(Message):
        """The person pressed enter on a line."""

        view: "CodeView"
        place: CodePlace

        @property
        def control(self) -> "CodeView":
            """The view it is about."""
            return self.view

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
        self._searched = ""
        self._painter: Painter | None = None
        self._strips: LRUCache[tuple[int, int, int, bool], Strip] = LRUCache(512)

    def show(self, change: FileChange, *, findings: Sequence[FindingView] = ()) -> None:
        """Show a file; the file of the same path keeps the place.

        Args:
            change: The file; its texts are spelled out already.
            findings: Those on other files are left out.
        """
        before = self.place
        self._sheet = sheet_of(change, findings)
        self._sheet.pattern = pattern_of(self._searched)
        self._cursor = 0
        self._arrange()
        if before.path == change.path:
            self.go_to(before.line, side=before.side)
        else:
            changes = self._sheet.layout.changes
            self._scroll(0, 0)
            self._move_to(changes[0] if changes else 0)
        if self.is_mounted:
            self.call_after_refresh(self._colour)

    @property
    def mode(self) -> Mode:
        """How the file is shown now."""
        change = self._sheet.change if self._sheet else None
        if change and change.status == "same":
            return "new"
        if change and (change.old is None or change.new is None):
            return "unified"
        if self._chosen is None:
            return "split" if self._width >= SPLIT_FROM else "unified"
        fits = self._width >= SPLIT_AT_LEAST
        return "unified" if self._chosen == "split" and not fits else self._chosen

    @property
    def place(self) -> CodePlace:
        """The line under the cursor."""
        return self._sheet.place_of(self._line) if self._sheet else CodePlace("", 0)

    def go_to(self, line: int, *, side: Side = "new") -> None:
        """Put the cursor on a line of the file, out of its fold if it is in one."""
        row = self._sheet.row_of(line, side) if self._sheet else None
        if row is not None:
            self._reveal(row)

    def action_line(self, by: int) -> None:
        """Move the cursor."""
        self._move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a screen."""
        self._move_to(self._cursor + by * max(1, self._height - _HEADER - 1))

    def action_sideways(self, by: int) -> None:
        """Show what is left or right of the screen."""
        self.scroll_relative(x=by * _SIDEWAYS, animate=False)

    def action_change(self, by: int) -> None:
        """Go to the next or previous run of changes."""
        self._jump(self._sheet.layout.changes if self._sheet else (), by)

    def action_finding(self, by: int) -> None:
        """Go to the next or previous finding."""
        self._jump(self._sheet.layout.notes if self._sheet else (), by)

    def action_mode(self) -> None:
        """Show the file the next way."""
        self._chosen = _MODES[(_MODES.index(self.mode) + 1) % len(_MODES)]
        if self._chosen == "split" and self._width < SPLIT_AT_LEAST:
            self._chosen = "unified"
        self._rearrange()

    def action_fold(self) -> None:
        """Open the fold under the cursor, or close the one the cursor is in."""
        fold = self._sheet.fold_of(self._line.row) if self._sheet and self._line else None
        if self._sheet and fold:
            self._sheet.opened ^= {fold}
            self._rearrange()

    def action_fold_all(self) -> None:
        """Open all folds, or close all."""
        if self._sheet:
            every = set(self._sheet.folds)
            self._sheet.opened = set() if self._sheet.opened == every else every
            self._rearrange()

    def action_choose(self) -> None:
        """Open the fold under the cursor, or tell the app of the line."""
        if self._line and self._line.kind == "fold":
            self.action_fold()
        elif self._line:
            self.post_message(self.LineChosen(self, self.place))

    def action_search(self) -> None:
        """Ask what to find."""
        app = cast("App[object]", self.app)  # pyright: ignore[reportUnknownMemberType]
        app.push_screen(SearchLine(self._searched), self._search)

    def action_match(self, by: int) -> None:
        """Go to the next or previous line in which what was searched is found."""
        rows = self._sheet.matches() if self._sheet else []
        if not rows:
            self._say_not_found()
            return
        at = self._line.row if self._line else 0
        later = [row for row in rows if (row > at if by > 0 else row < at)]
        # Around the end, as every pager does.
        nearest = (later or rows)[0 if by > 0 else -1]
        self._reveal(nearest)

    def _search(self, text: str | None) -> None:
        if text is None or self._sheet is None:
            return
        self._searched = text
        self._sheet.pattern = pattern_of(text)
        self._repaint()
        rows = self._sheet.matches()
        if not rows:
            self._say_not_found()
        elif self._line is None or self._line.row not in rows:
            self.action_match(1)

    def _say_not_found(self) -> None:
        if self._searched:
            self.notify("Not found in this file.", timeout=2)

    def render_line(self, y: int) -> Strip:
        """Draw a line of the screen."""
        width = self._width
        if self._painter is None or self._sheet is None:
            return Strip.blank(width, self.rich_style)
        first, top = self.scroll_offset
        if y < _HEADER:
            left, right = self._sheet.heading(self._cursor)
            from_column = f"from column {first + 1} · " if first else ""
            return self._painter.header(left, from_column + right, width)
        index = top + y - _HEADER
        line = self._sheet.line_at(index)
        if line is None:
            return self._painter.message("" if index else self._sheet.nothing, width)
        key = index, first, width, index == self._cursor
        strip = self._strips.get(key)
        if strip is None:
            strip = self._painter.strip(line, Window(first, width, index == self._cursor))
            self._strips[key] = strip
        return strip

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

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; open a fold."""
        index = self.scroll_offset.y + event.y - _HEADER
        line = self._sheet.line_at(index) if self._sheet else None
        if event.y >= _HEADER and line:
            self._move_to(index)
            if line.kind == "fold":
                self.action_fold()

    @property
    def _width(self) -> int:
        # The bar is always there: were it not, its coming would change what fits.
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    @property
    def _height(self) -> int:
        return self.size.height - self.scrollbar_size_horizontal

    @property
    def _line(self) -> CodeLine | None:
        return self._sheet.line_at(self._cursor) if self._sheet else None

    def _arrange(self) -> None:
        if self._sheet is None:
            return
        width = self._width
        self._sheet.arrange(self.mode, width - NOTE_INDENT)
        column = width - 1 - (width - 1) // 2 if self._sheet.mode == "split" else width
        missing = max(0, self._sheet.widest - (column - self._sheet.gutter))
        lines = max(1, len(self._sheet.layout.lines))
        self.virtual_size = Size(width + missing, lines + _HEADER)
        self._repaint()

    def _rearrange(self) -> None:
        """Put the lines in order anew; the cursor stays on its row, and the row where it was."""
        line = self._line
        offset = self._cursor - self.scroll_offset.y
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

    def _jump(self, places: Sequence[int], by: int) -> None:
        later = [at for at in places if (at > self._cursor if by > 0 else at < self._cursor)]
        if later:
            self._move_to(later[0] if by > 0 else later[-1], is_jump=True)

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
        height = max(1, self._height - _HEADER)
        margin = min(_MARGIN, (height - 1) // 2)
        top = self.scroll_offset.y
        low, high = self._cursor - height + 1 + margin, self._cursor - margin
        if not low <= top <= high:
            # A jump lands a third down the screen: what comes after it is what is read.
            target = self._cursor - height // 3 if is_jump else low if top < low else high
            self._scroll(target)
        self.refresh(Region(0, 0, self._width, _HEADER))
        for line in {before, self._cursor}:
            self.refresh(Region(0, line - self.scroll_offset.y + _HEADER, self._width, 1))

    def _scroll(self, y: int, x: int | None = None) -> None:
        # Without a size there is no app yet either.
        if self.size:
            self.scroll_to(x, max(0, y), animate=False)

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

    def on_code_view__coloured(self, event: _Coloured) -> None:
        """Draw again, in colours, unless another file is shown by now."""
        if self._sheet is not None and self._sheet.change is event.change:
            self._sheet.words[event.side] = event.words
            self._strips.clear()
            self.refresh()
