"""What is served: every tool with its version, how calls of it go, and what was given up."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from toolvet_reviews.words import counted
from toolvet_tui.errands import in_thread
from toolvet_tui.look_screen import ListScreen
from toolvet_tui.rows import Rows
from toolvet_tui.seat import Seat
from toolvet_tui.serving import Serving
from toolvet_tui.tool_dead import DeadScreen
from toolvet_tui.tool_facts import CALLS, ToolFacts, gather
from toolvet_tui.tool_list import ToolList
from toolvet_tui.tool_screen import ToolScreen


class ToolsScreen(ListScreen, Serving):
    """Every tool there is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="enter", id="tools.open"),
        Binding("slash", "filter", "Filter", key_display="/", id="tools.filter"),
        Binding("b", "rollback", "Roll back", id="tools.rollback"),
        Binding("x", "stop", "Stop", id="tools.stop"),
        Binding("d", "dead", "Dead letters", id="tools.dead"),
        Binding("q,escape", "back", "Back", key_display="q", id="tools.back"),
    ]
    ABOUT = ("release:", "channel:", "call:", "dead:", "grant:", "policy:")

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._all: list[ToolFacts] = []

    def table(self) -> ToolList:
        """Make the list."""
        return ToolList(self.seat.options.clock, id="list")

    @property
    def shown(self) -> ToolList:
        """The tools."""
        return self.query_one("#list", ToolList)

    def at_hand(self) -> str:
        """Name the tool under the cursor."""
        found = self.shown.current
        return found.view.advertised_name if found else ""

    async def fetch(self) -> None:
        """Ask about all of them."""
        self._all = await in_thread(lambda: gather(self.reads_as))
        self.is_read = True
        self.narrow(self.words)

    def narrow(self, words: str) -> None:
        """Show those that hold every word."""
        wanted = words.lower().split()
        found = [one for one in self._all if all(word in _text_of(one) for word in wanted)]
        self.shown.show(sorted(found, key=_order))
        served = sum(one.view.served for one in self._all)
        narrowed = f", {len(found)} shown" if len(found) != len(self._all) else ""
        hidden = any(one.calls is None for one in self._all)
        calls = "calls are shown to auditors" if hidden else f"calls: of the last {CALLS}"
        self.bar.say(
            left=f"Tools · {counted(len(self._all), 'tool')}{narrowed}, {served} served · {calls}"
        )
        nothing = "No tool holds all of these words." if words else "No tool is published yet."
        self.say_empty(nothing, hidden=bool(found))
        self.head()

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Show one tool."""
        if name := self.at_hand():
            self.host.push_screen(ToolScreen(self.seat, name))

    def action_dead(self) -> None:
        """Show what was given up, of every tool."""
        self.host.push_screen(DeadScreen(self.seat))


def _text_of(one: ToolFacts) -> str:
    served = "served" if one.view.served else "stopped"
    said = (one.name, one.view.advertised_name, one.view.kind, served, one.view.description)
    return " ".join(said).lower()


def _order(one: ToolFacts) -> tuple[bool, str]:
    return (not one.view.served, one.name)
