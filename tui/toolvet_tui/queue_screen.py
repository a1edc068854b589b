"""The queue: what is open, kept current while it is looked at; the way to everything else."""

from dataclasses import replace
from functools import partial
from typing import ClassVar, get_args

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from toolvet.client.queues import Order, Whose
from toolvet_reviews.views import QueueItem
from toolvet_tui import settings
from toolvet_tui.bars import Banner, Bar, KeyLine
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.held import Decision
from toolvet_tui.plain import fit
from toolvet_tui.queue_dialogs import FilterAnswer, FiltersDialog, LineDialog
from toolvet_tui.queue_list import QueueList, in_a_line
from toolvet_tui.queue_reading import EVERYTHING, MOST
from toolvet_tui.queue_taking import QueueTaking
from toolvet_tui.rows import Rows
from toolvet_tui.screens import Act, Left
from toolvet_tui.seat import Seat
from toolvet_tui.settings import SavedFilter, TuiSettings

_ORDERS: tuple[Order, ...] = get_args(Order)
_WHOSE: tuple[Whose, ...] = get_args(Whose)
_BY = {
    "rank": "the most urgent first",
    "risk": "the most risky first",
    "age": "the oldest first",
    "updated": "by their last change",
    "number": "by number",
}
_OF = {
    "everybody": "",
    "mine": "your turn",
    "nobody": "nobody's turn",
    "snoozed": "put away by you",
}


class QueueScreen(QueueTaking):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="enter", id="queue.open"),
        Binding("a", "open('approve')", "Approve", id="queue.approve"),
        Binding("c", "open('request_changes')", "Changes", id="queue.changes"),
        Binding("x", "open('reject')", "Reject", id="queue.reject"),
        Binding("Q", "quick", "Quick", id="queue.quick"),
        Binding("slash", "filter", "Filter", key_display="/", id="queue.filter"),
        Binding("f", "find", "Find", id="queue.find"),
        Binding("tab", "view(1)", "View", id="queue.view"),
        Binding("shift+tab", "view(-1)", "Previous view", show=False, id="queue.view_back"),
        Binding("o", "order", "Order", show=False, id="queue.order"),
        Binding("F", "filters", "Saved filters", show=False, id="queue.filters"),
        Binding("escape", "leave_filter", "Show all", show=False, id="queue.all"),
        Binding("q", "quit", "Quit", id="queue.quit"),
    ]

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Static("", id="columns", markup=False)
        yield QueueList(self.seat.options.clock, self.seat.held, id="queue")
        yield Static("", id="empty", markup=False)
        yield Static("", id="detail", markup=False)
        yield Input(placeholder="words an item holds; kind:write risk>50 is:late", id="filter")
        yield Input(placeholder="letters of a name; enter opens the nearest", id="find")
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
    def item(self) -> QueueItem | None:
        """The item under the cursor."""
        return self.shown.current

    # --- showing ------------------------------------------------------------------------------

    def show_items(self, items: list[QueueItem]) -> None:
        """Show what was read."""
        self.shown.show(items)
        self._say()

    def show_held(self) -> None:
        """Draw what is held, in the rows too."""
        super().show_held()
        for shown in self.query(QueueList):
            shown.refresh()

    def _say(self) -> None:
        shown, everything = self.shown.items, self.shown.everything
        self.seat.order = list(shown)
        waiting = sum(item.state == "reviewing" for item in everything)
        more = "" if self.is_whole else " and more"
        narrowed = f", {len(shown)} shown" if len(shown) != len(everything) else ""
        verb = "waits" if waiting == 1 else "wait"
        said = f"{len(everything)}{more} open{narrowed}, {waiting} {verb} for a decision"
        view = ", ".join(
            part for part in (_OF[self.whose], "" if self.order == "rank" else _BY[self.order])
            if part
        )  # fmt: skip
        self.bar.say(left=f"Toolvet · {f'[{view}] ' if view else ''}{said}")
        empty = self.query_one("#empty", Static)
        empty.set_class(bool(shown), "-hidden")
        empty.update(self._nothing())
        self._head()
        self._describe()

    def _nothing(self) -> str:
        if self.shown.everything:
            return "No item holds all of these words.  esc  shows all"
        if self.whose == "everybody":
            return "Nothing waits. It will show here when an agent submits a tool."
        if self.whose != "nobody" and self.desk.seconds_left <= 0:
            return "Whose turn it is depends on who you are: open your key with K."
        return f"Nothing here ({_OF[self.whose]}).  tab  next view"

    def on_resize(self) -> None:
        """Name the columns that fit."""
        self._head()
        self._describe()

    def _head(self) -> None:
        width = self.shown.size.width
        self.query_one("#columns", Static).update(self.shown.header(width) if width else "")

    def _describe(self) -> None:
        item = self.item
        detail = self.query_one("#detail", Static)
        detail.update(fit(in_a_line(item), detail.content_size.width) if item else "")

    @on(Rows.Moved)
    def _on_moved(self, message: Rows.Moved) -> None:
        self._describe()
        if message.row >= self.shown.row_count - 1:
            self.read_more(len(self.shown.everything) + MOST)

    # --- views --------------------------------------------------------------------------------

    def action_view(self, by: int) -> None:
        """Show everybody's, one's own, nobody's, or what one put away."""
        at = (_WHOSE.index(self.whose) + by) % len(_WHOSE)
        self.read_view(self.order, _WHOSE[at])

    def action_order(self) -> None:
        """Order by the next thing."""
        order = _ORDERS[(_ORDERS.index(self.order) + 1) % len(_ORDERS)]
        self.banner.say(f"In order: {_BY[order]}.")
        self.read_view(order, self.whose)

    # --- filter and find ----------------------------------------------------------------------

    def action_filter(self) -> None:
        """Ask for words."""
        self._ask_in("#filter")

    def action_find(self) -> None:
        """Ask for letters of a name."""
        self._ask_in("#find")

    def _ask_in(self, name: str) -> None:
        field = self.query_one(name, Input)
        field.add_class("-shown")
        field.focus()
        self.read_more(EVERYTHING)

    @on(Input.Changed, "#filter")
    def _narrow(self, message: Input.Changed) -> None:
        self.shown.narrow(message.value)
        if self.is_read:
            self._say()

    @on(Input.Changed, "#find")
    def _seek(self, message: Input.Changed) -> None:
        self.shown.seek(message.value)
        if self.is_read:
            self._say()

    @on(Input.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self.shown.focus()

    @on(Input.Submitted, "#find")
    def _open_found(self) -> None:
        found = self.item
        self._end("#find")
        if found is not None:
            self.shown.stand_on(found.id)
            self.open(found.id)

    def action_leave_filter(self) -> None:
        """Show everything again; out of a search, back to what was filtered."""
        if self.query_one("#find").has_class("-shown"):
            self._end("#find")
        else:
            self._end("#filter")

    def _end(self, name: str) -> None:
        field = self.query_one(name, Input)
        on = self.item
        field.value = ""
        field.remove_class("-shown")
        self.shown.focus()
        if name == "#find":
            self.shown.seek("")
            if on is not None:
                self.shown.stand_on(on.id)

    @work
    async def action_filters(self) -> None:
        """Use a saved filter, keep this view as one, or let go of one."""
        folder = self.seat.options.config_dir
        if folder is None:
            self.banner.say("There is no folder to keep filters in.", tone="unsure")
            return
        with telling(self.banner.tell):
            saved = await in_thread(partial(settings.load, folder))
            answer = await self.host.push_screen_wait(FiltersDialog(saved.filters))
            if answer is None:
                return
            if answer.use is not None:
                self._use(answer.use)
            elif answer.drop:
                await in_thread(partial(settings.change, folder, partial(_without, answer.drop)))
                self.banner.say(f"The filter {answer.drop!r} is gone.", tone="good")
            else:
                await self._save(answer)

    async def _save(self, _: FilterAnswer) -> None:
        view = SavedFilter(self.shown.words, self.order, self.whose)
        name = await self.host.push_screen_wait(LineDialog("Under which name?", does="save it"))
        folder = self.seat.options.config_dir
        if name and folder is not None:
            await in_thread(partial(settings.change, folder, partial(_with, name, view)))
            self.banner.say(f"Saved as {name!r}: `F` lists what is saved.", tone="good")

    def _use(self, saved: SavedFilter) -> None:
        field = self.query_one("#filter", Input)
        field.set_class(bool(saved.words), "-shown")
        field.value = saved.words
        self.shown.focus()
        self.read_view(saved.order, saved.whose)
        if saved.words:
            self.read_more(EVERYTHING)

    # --- opening ------------------------------------------------------------------------------

    @on(Rows.Chosen)
    def _open_row(self) -> None:
        self.action_open()

    def action_open(self, act: Act = "") -> None:
        """Open the item, and start an act on it."""
        if item := self.item:
            self.open(item.id, act)

    def open(self, proposal: str, act: Act = "") -> None:
        """Open a proposal."""
        # Not at the top: reading code takes as long to load as the whole queue takes to show.
        from toolvet_tui.review_screen import ReviewScreen  # noqa: PLC0415

        self.banner.say("")
        self.host.push_screen(ReviewScreen(self.seat, proposal, act), self._came_back)

    def action_quick(self) -> None:
        """Go through what is of low risk, one screen each."""
        from toolvet_tui.quick_screen import QuickScreen  # noqa: PLC0415 - as above

        items = [one for one in self.shown.items if one.low_risk and self.seat.is_open(one)]
        if items:
            self.banner.say("")
            self.host.push_screen(QuickScreen(self.seat, items), self._came_back)
        else:
            self.banner.say("Nothing of low risk waits here for a decision.", tone="unsure")

    def _came_back(self, left: Left | None) -> None:
        if left is not None:
            self.shown.stand_on(left.proposal)
            if left.said and not self.seat.held.waiting:
                self.banner.say(left.said, tone="good")
        self.read()

    # --- decisions ----------------------------------------------------------------------------

    def became(self, decision: Decision) -> None:
        """Show the queue as it is after a decision."""
        self.read()

    def taken_back(self, decision: Decision) -> None:
        """Stand on what was decided on."""
        self.shown.stand_on(decision.proposal)

    async def action_quit(self) -> None:
        """End the app."""
        await self.host.run_action("app.quit")


def _with(name: str, view: SavedFilter, before: TuiSettings) -> TuiSettings:
    return replace(before, filters={**before.filters, name: view})


def _without(name: str, before: TuiSettings) -> TuiSettings:
    return replace(before, filters={key: one for key, one in before.filters.items() if key != name})
