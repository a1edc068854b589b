"""What was callable on a day: the log folded up to then, and who could call what."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from toolvet.client.review_shapes import CallableList as Answer
from toolvet_reviews.review_views import CallableThen
from toolvet_reviews.words import counted, one_line
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.history_list import when
from toolvet_tui.history_query import day_of
from toolvet_tui.look_screen import ListScreen
from toolvet_tui.plain import qualified, short
from toolvet_tui.seat import Seat
from toolvet_tui.table import Cell, Column, Table


class CallableList(Table[CallableThen]):
    """Tools as they could be called."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("TOOL"),
        Column("VERSION", 7),
        Column("KIND", 11),
        Column("SINCE (UTC)", 16),
        Column("RELEASE", 12, since=100),
        Column("FOR WHOM"),
    )

    def key(self, item: CallableThen) -> str:
        """Name a tool."""
        return f"{item.toolset}/{item.name}/{item.channel}"

    def cells(self, item: CallableThen) -> Sequence[Cell]:
        """Write a tool."""
        channel = "" if item.channel == "stable" else f" ({one_line(item.channel, 20)})"
        whom = "; ".join(one_line(grant, 80) for grant in item.grants) or "nobody"
        return (
            (qualified(item.toolset, item.name) + channel, "plain"),
            (f"v{item.version}", "plain"),
            (one_line(item.kind, 20), "bad" if item.kind == "destructive" else "plain"),
            (when(item.since), "quiet"),
            (short(item.release_digest), "quiet"),
            (whom, "plain" if item.grants else "quiet"),
        )


class CallableScreen(ListScreen):
    """What could be called at a moment.

    Args:
        at: A day, its end; or a moment; empty is now.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Day", key_display="/", id="callable.day"),
        Binding("left,h", "day(-1)", "Day before", key_display="←", id="callable.earlier"),
        Binding("right,l", "day(1)", "Day after", key_display="→", id="callable.later"),
        Binding("q,escape", "back", "Back", key_display="q", id="callable.back"),
    ]
    PLACEHOLDER = "2026-11-20, yesterday, 7d, 2026-11-20T12:00:00Z"

    def __init__(self, seat: Seat, at: str = "") -> None:
        super().__init__(seat)
        self.at = at or str(seat.options.clock().date())

    def table(self) -> CallableList:
        """Make the list."""
        return CallableList(id="list")

    async def fetch(self) -> None:
        """Ask for that moment."""
        at = self.at
        self.bar.say(left=f"Callable at {at} …")
        found = await in_thread(lambda: self.reads_as.callable_at(at))
        if at == self.at:
            self._show(found)

    def _show(self, found: Answer) -> None:
        self.is_read = True
        self.query_one("#list", CallableList).show(found.items)
        whole_day = "at the end of " if len(self.at) == len("2026-11-22") else ""
        self.bar.say(
            left=f"Callable {whole_day}{one_line(self.at, 40)} · "
            f"{counted(len(found.items), 'tool')} · log of {found.size} entries then"
        )
        self.say_empty("Nothing could be called then.", hidden=bool(found.items))
        self.head()

    def narrow(self, words: str) -> None:
        """Go to another day."""
        with telling(self.banner.tell):
            self.banner.say("")
            self.at = day_of(words, self.seat.options.clock())
            self.read()

    def action_filter(self) -> None:
        """Ask for the day."""
        super().action_filter()
        self.query_one("#filter", Input).value = ""

    def action_day(self, by: int) -> None:
        """Go some days on."""
        try:
            day = date.fromisoformat(self.at[:10]) + timedelta(days=by)
        except (ValueError, OverflowError):
            self.banner.say("There is no such day.")
            return
        self.at = str(day)
        self.read()

    def action_back(self) -> None:
        """Leave the day field first, then the screen."""
        field = self.query_one("#filter", Input)
        if field.has_focus:
            field.remove_class("-shown")
            self.query_one("#list", CallableList).focus()
        else:
            self.host.pop_screen()
