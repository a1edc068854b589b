"""A list drawn row by row: only what is on the screen is ever rendered, however long the list is."""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Rows(ScrollView, can_focus=True):
    """A cursor over rows. Subclasses count them and draw one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False, id="rows.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="rows.up"),
        Binding("pagedown,ctrl+f,ctrl+d,space", "page(1)", "Page down", show=False, id="rows.page"),
        Binding("pageup,ctrl+b,ctrl+u", "page(-1)", "Page up", show=False, id="rows.back"),
        Binding("home,g", "top", "First", show=False, id="rows.first"),
        Binding("end,G", "bottom", "Last", show=False, id="rows.last"),
        Binding("enter", "choose", "Open", show=False, id="rows.open"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--plain",
        "rows--heading",
        "rows--good",
        "rows--bad",
        "rows--unsure",
        "rows--quiet",
        "rows--cursor",
    }

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

        rows: "Rows"
        row: int

    @dataclass
    class Chosen(Message):
        """A row was opened."""

        rows: "Rows"
        row: int

        @property
        def control(self) -> "Rows":
            """Where."""
            return self.rows

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self._tones: dict[str, Style] = {}

    # --- what subclasses say ------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return 0

    def draw(self, row: int, width: int) -> list[Segment]:
        """Draw one row; the rest of the line is filled."""
        raise NotImplementedError

    # --- drawing ------------------------------------------------------------------------------

    def tone(self, name: str) -> Style:
        """Give the style of a tone in the theme at hand."""
        found = self._tones.get(name)
        if found is None:
            found = self._tones[name] = self._style(name)
        return found

    def _style(self, name: str) -> Style:
        styles = self.get_component_styles(f"rows--{name}")
        ground = self.background_colors[1]
        back = ground + styles.background if styles.has_rule("background") else None
        fore = (back or ground) + styles.color if styles.has_rule("color") else None
        colours = Style.from_color(fore and fore.rich_color, back and back.rich_color)
        return colours + styles.text_style

    def changed(self, *, cursor: int | None = None) -> None:
        """Draw anew after the rows changed; the scroll position is kept."""
        self.virtual_size = Size(0, self.row_count)
        wanted = self.cursor if cursor is None else cursor
        self.cursor = max(0, min(wanted, self.row_count - 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a line of the viewport."""
        row, width = self.scroll_offset.y + y, self.size.width
        if row >= self.row_count:
            return Strip.blank(width, self.rich_style)
        strip = Strip(self.draw(row, width)).adjust_cell_length(width)
        style = self.rich_style
        if row == self.cursor and self.has_focus:
            return Strip(self.under_cursor(list(strip))).apply_style(style)
        return strip.apply_style(style)

    def under_cursor(self, drawn: list[Segment]) -> list[Segment]:
        """Draw the row the cursor is on: on its strong colour the others would clash."""
        style = self.tone("cursor")
        return [Segment(one.text, style + _bright(one.style)) for one in drawn]

    def notify_style_update(self) -> None:
        """Follow a change of theme."""
        super().notify_style_update()
        self._tones.clear()
        self.refresh()

    # --- moving -------------------------------------------------------------------------------

    def move_to(self, row: int, *, say: bool = True) -> None:
        """Put the cursor on a row and show it."""
        before = self.cursor
        self.cursor = max(0, min(row, self.row_count - 1))
        region = Region(0, self.cursor, 1, 1)
        self.scroll_to_region(region, animate=False, immediate=True)
        self.refresh()
        if say and self.cursor != before:
            self.post_message(self.Moved(self, self.cursor))

    def action_move(self, by: int) -> None:
        """Go some rows on."""
        self.move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Go a page on."""
        self.move_to(self.cursor + by * max(1, self.size.height - 1))

    def action_top(self) -> None:
        """Go to the first row."""
        self.move_to(0)

    def action_bottom(self) -> None:
        """Go to the last row."""
        self.move_to(self.row_count - 1)

    def action_choose(self) -> None:
        """Open the row."""
        if self.row_count:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; a second click opens."""
        row = self.scroll_offset.y + event.y
        if row >= self.row_count:
            return
        if row == self.cursor and event.chain > 1:
            self.action_choose()
        self.move_to(row)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()


def _bright(style: Style | None) -> Style:
    """Keep what a segment says beside its colours: on the cursor's background they would clash."""
    return Style(bold=style.bold, italic=style.italic) if style else Style()
