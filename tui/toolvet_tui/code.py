"""Code of a proposal, compared line by line: two columns, one, or only what will be there.

What is said about its lines stands under them; what need not be read is folded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message

from toolvet_reviews.review_views import Anchor
from toolvet_reviews.sides import STAYED, FileChange, Moved
from toolvet_tui.code_canvas import HEADER, SPLIT_AT_LEAST, CodeCanvas
from toolvet_tui.code_lines import CONTEXT, Mode
from toolvet_tui.code_notes import Beside, LineNote
from toolvet_tui.code_palette import CSS
from toolvet_tui.code_search import SearchLine, pattern_of
from toolvet_tui.code_sheet import SPACES, CodePlace, Side, Spaces, sheet_of

_SIDEWAYS = 8
_MODES: tuple[Mode, ...] = ("split", "unified", "new")
_CONTEXTS = (CONTEXT, 10, 25, -1)
"""Unchanged lines around a change, from the fewest; the last is the whole file."""
_NOTHING = Beside()


class CodeView(CodeCanvas):
    """One file before and after, with what is said about it."""

    DEFAULT_CSS = CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "line(1)", "Line down", show=False, id="code.down"),
        Binding("k,up", "line(-1)", "Line up", show=False, id="code.up"),
        Binding("pagedown,ctrl+d,space", "page(1)", "Page down", show=False, id="code.page"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="code.back"),
        Binding("g,home", "line(-1000000000)", "First line", show=False, id="code.first"),
        Binding("G,end", "line(1000000000)", "Last line", show=False, id="code.last"),
        Binding("h,left", "sideways(-1)", "Scroll left", show=False, id="code.left"),
        Binding("l,right", "sideways(1)", "Scroll right", show=False, id="code.right"),
        Binding("right_square_bracket", "change(1)", "Next change", show=False, id="code.change"),
        Binding(
            "left_square_bracket", "change(-1)", "Previous change", show=False, id="code.change_back"
        ),
        Binding("f", "finding(1)", "Next note", show=False, id="code.note"),
        Binding("F", "finding(-1)", "Previous note", show=False, id="code.note_back"),
        Binding("d", "mode", "Diff mode", show=False, id="code.mode"),
        Binding("e", "fold", "Open or close a fold", show=False, id="code.fold"),
        Binding("E", "fold_all", "Open or close all folds", show=False, id="code.folds"),
        Binding("plus,equals_sign", "context(1)", "More lines around", show=False, id="code.more"),
        Binding("minus", "context(-1)", "Fewer lines around", show=False, id="code.fewer"),
        Binding("i", "spaces", "Ignore spaces", show=False, id="code.spaces"),
        Binding("V", "mark", "Begin or end a range", show=False, id="code.mark"),
        Binding("shift+down", "extend(1)", "Range down", show=False, id="code.extend"),
        Binding("shift+up", "extend(-1)", "Range up", show=False, id="code.extend_up"),
        Binding(
            "enter", "choose", "Open the fold, answer, remark on the line", show=False,
            id="code.choose",
        ),
        Binding("slash", "search", "Find", show=False, id="code.find"),
        Binding("full_stop", "match(1)", "Next match", show=False, id="code.match"),
        Binding("comma", "match(-1)", "Previous match", show=False, id="code.match_back"),
    ]  # fmt: skip

    @dataclass
    class LineChosen(Message):
        """The person pressed enter on a line."""

        view: "CodeView"
        place: CodePlace

        @property
        def control(self) -> "CodeView":
            """The view it is about."""
            return self.view

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._searched = ""
        self._spaces: Spaces = "exact"
        self._around = CONTEXT

    def show(
        self,
        change: FileChange,
        beside: Beside = _NOTHING,
        *,
        moved: Moved = STAYED,
        is_viewed: bool = False,
    ) -> None:
        """Show a file; the file of the same path keeps the place.

        Args:
            change: The file; its texts are spelled out already.
            beside: What is said about lines; of other files it is left out.
            moved: Lines that stand elsewhere on the other side.
            is_viewed: The person has marked it viewed as it is.
        """
        before, known = self.place, self._sheet
        self._sheet = sheet_of(
            change, beside, spaces=self._spaces, context=self._around, moved=moved
        )
        self._sheet.pattern = pattern_of(self._searched)
        self._sheet.is_viewed = is_viewed
        if known is not None and known.change is change:
            self._sheet.words, self._sheet.opened = known.words, known.opened
        self._cursor, self._marked = 0, None
        self._arrange()
        if before.path == change.path:
            self.go_to(before.line, side=before.side)
        else:
            changes = self._sheet.layout.changes
            self._scroll(0, 0)
            self._move_to(changes[0] if changes else 0)
        if self.is_mounted and not self._sheet.words:
            self.call_after_refresh(self._colour)

    # --- what is under the cursor -------------------------------------------------------------

    @property
    def note(self) -> LineNote | None:
        """What is said where the cursor stands: on a note, or on a line with one."""
        if self._sheet is None:
            return None
        return self._sheet.note_at(self._cursor)

    @property
    def position(self) -> int:
        """Where in the text after the cursor stands; what is gone is before the line after it."""
        return self._sheet.position_of(self.line) if self._sheet else 0

    @property
    def subject(self) -> Anchor:
        """What words said here are about: the marked lines, the line, or the file."""
        if self._sheet is None:
            return Anchor()
        numbers = [place.line for place in self._marked_places() if place.side == "new"]
        if numbers and min(numbers):
            return Anchor("line", self._sheet.change.path, min(numbers), max(numbers))
        return Anchor("file", self._sheet.change.path)

    @property
    def marked_text(self) -> str:
        """The lines that words said here are about, as they will be."""
        anchor = self.subject
        change = self._sheet.change if self._sheet else None
        if change is None or anchor.kind != "line":
            return ""
        return "\n".join((change.new or "").split("\n")[anchor.line - 1 : anchor.end_line])

    def _marked_places(self) -> list[CodePlace]:
        if self._sheet is None:
            return []
        low, high = sorted((self._cursor if self._marked is None else self._marked, self._cursor))
        lines = [self._sheet.line_at(at) for at in range(low, high + 1)]
        return [self._sheet.place_of(line) for line in lines if line is not None]

    def go_to(self, line: int, *, side: Side = "new") -> None:
        """Put the cursor on a line of the file, out of its fold if it is in one."""
        row = self._sheet.row_of(line, side) if self._sheet else None
        if row is not None:
            self._reveal(row)
        elif self._sheet is not None and not line:
            self._move_to(0, is_jump=True)

    # --- moving -------------------------------------------------------------------------------

    def action_line(self, by: int) -> None:
        """Move the cursor."""
        self._move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a screen."""
        self._move_to(self._cursor + by * max(1, self.height - HEADER - 1))

    def action_sideways(self, by: int) -> None:
        """Show what is left or right of the screen."""
        self.scroll_relative(x=by * _SIDEWAYS, animate=False)

    def action_change(self, by: int) -> None:
        """Go to the next or previous run of changes."""
        self._jump(self._sheet.layout.changes if self._sheet else (), by)

    def action_finding(self, by: int) -> None:
        """Go to the next or previous note: a finding, a thread, a draft, a fault nobody notices."""
        self._jump(self._sheet.layout.notes if self._sheet else (), by)

    def action_mark(self) -> None:
        """Begin a range of lines here, or let go of it."""
        self._marked = self._cursor if self._marked is None else None
        self.refresh()

    def action_extend(self, by: int) -> None:
        """Take one more line into the range."""
        if self._marked is None:
            self._marked = self._cursor
        self._move_to(self._cursor + by)

    def _jump(self, places: Sequence[int], by: int) -> None:
        later = [at for at in places if (at > self._cursor if by > 0 else at < self._cursor)]
        if later:
            self._move_to(later[0] if by > 0 else later[-1], is_jump=True)

    # --- how it is shown ----------------------------------------------------------------------

    def action_mode(self) -> None:
        """Show the file the next way."""
        self._chosen = _MODES[(_MODES.index(self.mode) + 1) % len(_MODES)]
        if self._chosen == "split" and self.width < SPLIT_AT_LEAST:
            self._chosen = "unified"
        self._rearrange()

    def action_fold(self) -> None:
        """Open the fold under the cursor, or close the one the cursor is in."""
        line = self.line
        fold = self._sheet.fold_of(line.row) if self._sheet and line else None
        if self._sheet and fold:
            self._sheet.opened ^= {fold}
            self._rearrange()

    def action_fold_all(self) -> None:
        """Open all folds, or close all."""
        if self._sheet:
            every = set(self._sheet.folds)
            self._sheet.opened = set() if self._sheet.opened == every else every
            self._rearrange()

    def action_context(self, by: int) -> None:
        """Show more or fewer unchanged lines around each change."""
        at = _CONTEXTS.index(self._around) + by
        self._around = _CONTEXTS[max(0, min(at, len(_CONTEXTS) - 1))]
        if self._sheet:
            self._sheet.expand(self._around)
            self._rearrange()

    def action_spaces(self) -> None:
        """Pass over changes of space; the line on top says how many are hidden."""
        self._spaces = SPACES[(SPACES.index(self._spaces) + 1) % len(SPACES)]
        if self._sheet is not None:
            known, place = self._sheet, self.place
            beside = Beside({known.change.path: known.said}, {known.change.path: known.bare})
            self._sheet = sheet_of(
                known.change, beside, spaces=self._spaces, context=self._around, moved=known.moved
            )
            self._sheet.pattern, self._sheet.words = known.pattern, known.words
            self._sheet.is_viewed = known.is_viewed
            self._arrange()
            self.go_to(place.line, side=place.side)

    def action_choose(self) -> None:
        """Open the fold under the cursor, or tell the app of the line."""
        line = self.line
        if line and line.kind == "fold":
            self.action_fold()
        elif line:
            self.post_message(self.LineChosen(self, self.place))

    # --- finding ------------------------------------------------------------------------------

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
        line = self.line
        at = line.row if line else 0
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
        rows, line = self._sheet.matches(), self.line
        if not rows:
            self._say_not_found()
        elif line is None or line.row not in rows:
            self.action_match(1)

    def _say_not_found(self) -> None:
        if self._searched:
            self.notify("Not found in this file.", timeout=2)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; open a fold."""
        index = self.scroll_offset.y + event.y - HEADER
        line = self._sheet.line_at(index) if self._sheet else None
        if event.y >= HEADER and line:
            self._move_to(index)
            if line.kind == "fold":
                self.action_fold()
