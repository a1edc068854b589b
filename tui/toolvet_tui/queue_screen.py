"""The queue: what is open, in the service's order, kept current while it is looked at."""

from functools import partial
from importlib import import_module
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from toolvet_reviews.views import QueueItem
from toolvet_tui.bars import Banner, Bar, KeyLine
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.messages import Connected, LogGrew, ReachAgain
from toolvet_tui.queue_list import QueueList
from toolvet_tui.rows import Rows
from toolvet_tui.screens import Act, DeskScreen, Left
from toolvet_tui.seat import Seat

MOST = 2000
"""Items read without being asked for; the end of the list reads as many again."""
_SOON = ("toolvet_tui.review_screen", "toolvet.client.review")
_ABOUT_PROPOSALS = ("proposal:", "revision:", "vote:", "comment:", "release:", "draft:", "policy:")


class QueueScreen(DeskScreen):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="enter", id="queue.open"),
        Binding("a", "open('approve')", "Approve", id="queue.approve"),
        Binding("c", "open('request_changes')", "Changes", id="queue.changes"),
        Binding("x", "open('reject')", "Reject", id="queue.reject"),
        Binding("slash", "filter", "Filter", key_display="/", id="queue.filter"),
        Binding("escape", "leave_filter", "Show all", show=False, id="queue.all"),
        Binding("q", "quit", "Quit", id="queue.quit"),
    ]

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._next: str | None = None
        self._wanted = MOST
        self._is_read = False

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Static("", id="columns", markup=False)
        yield QueueList(self.seat.options.clock, id="queue")
        yield Static("", id="empty", markup=False)
        yield Input(placeholder="words that an item holds", id="filter")
        yield Banner(id="banner")
        yield KeyLine(id="keyline")

    def on_mount(self) -> None:
        """Say where it is going."""
        self.bar.say(left="Toolvet")
        self.query_one("#empty", Static).update("Reaching the service …")
        self.shown.focus()

    @property
    def shown(self) -> QueueList:
        """The items."""
        return self.query_one("#queue", QueueList)

    @property
    def is_read(self) -> bool:
        """Whether the queue was read at least once."""
        return self._is_read

    # --- reading ------------------------------------------------------------------------------

    def connected(self, message: Connected) -> None:
        """Read the queue: the service is there, again."""
        if self.banner.text.startswith(("No connection", "Starting")):
            self.banner.say("")
        self.read()

    def log_grew(self, message: LogGrew) -> None:
        """Read the queue anew when it may have changed."""
        if not message.kinds or any(kind.startswith(_ABOUT_PROPOSALS) for kind in message.kinds):
            self.read()

    def action_reload(self) -> None:
        """Read the queue anew; reach for the service again if it was gone."""
        if self.banner.text.startswith("No connection"):
            self.banner.say("Starting the service …")
            self.post_message(ReachAgain())  # answers with `connected`
        else:
            self.read()

    @work(exclusive=True, group="queue")
    async def read(self) -> None:
        """Read the queue, page by page."""
        with telling(self.banner.tell):
            items: list[QueueItem] = []
            cursor: str | None = None
            while True:
                page = await in_thread(lambda at=cursor: self.desk.queue(at))
                items += page.items
                cursor = page.next
                is_whole = cursor is None or len(items) >= self._wanted
                if is_whole or not self._is_read:
                    self._show(items, cursor)
                if is_whole:
                    break
            for module in _SOON:  # while nobody waits for it
                await in_thread(partial(import_module, module))

    def _show(self, items: list[QueueItem], following: str | None) -> None:
        self._is_read = True
        self._next = following
        self.shown.show(items)
        self._say()

    def _say(self) -> None:
        shown, everything = self.shown.items, self.shown.everything
        self.seat.order = list(shown)
        waiting = sum(item.state == "reviewing" for item in everything)
        more = " and more" if self._next else ""
        narrowed = f", {len(shown)} shown" if len(shown) != len(everything) else ""
        verb = "waits" if waiting == 1 else "wait"
        said = f"{len(everything)}{more} open{narrowed}, {waiting} {verb} for a decision"
        self.bar.say(left=f"Toolvet · {said}")
        empty = self.query_one("#empty", Static)
        empty.set_class(bool(shown), "-hidden")
        nothing = "Nothing waits. It will show here when an agent submits a tool."
        empty.update(nothing if not everything else "No item holds all of these words.")
        self._head()

    def on_resize(self) -> None:
        """Name the columns that fit."""
        self._head()

    def _head(self) -> None:
        width = self.shown.size.width
        self.query_one("#columns", Static).update(self.shown.header(width) if width else "")

    @on(Rows.Moved)
    def _read_more(self, message: Rows.Moved) -> None:
        if self._next and message.row >= self.shown.row_count - 1:
            self._wanted = len(self.shown.everything) + MOST
            self.read()

    # --- filter -------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Ask for words."""
        field = self.query_one("#filter", Input)
        field.add_class("-shown")
        field.focus()

    @on(Input.Changed, "#filter")
    def _narrow(self, message: Input.Changed) -> None:
        self.shown.narrow(message.value)
        if self._is_read:
            self._say()

    @on(Input.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self.shown.focus()

    def action_leave_filter(self) -> None:
        """Show everything again."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.remove_class("-shown")
        self.shown.focus()

    # --- opening ------------------------------------------------------------------------------

    @on(Rows.Chosen)
    def _open_row(self) -> None:
        self.action_open()

    def action_open(self, act: Act = "") -> None:
        """Open the item, and start an act on it."""
        if item := self.shown.current:
            self.open(item.id, act)

    def open(self, proposal: str, act: Act = "") -> None:
        """Open a proposal."""
        # Not at the top: reading code takes as long to load as the whole queue takes to show.
        from toolvet_tui.review_screen import ReviewScreen  # noqa: PLC0415

        self.banner.say("")
        self.host.push_screen(ReviewScreen(self.seat, proposal, act), self._came_back)

    def _came_back(self, left: Left | None) -> None:
        if left is not None:
            self.shown.stand_on(left.proposal)
            if left.said:
                self.banner.say(left.said, tone="good")
        self.read()

    def action_quit(self) -> None:
        """End the app."""
        self.host.exit()
