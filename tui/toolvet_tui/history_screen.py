"""The history, for auditors: decisions and changes of what is served, newest first."""

from dataclasses import asdict, replace
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from toolvet.client.review_shapes import HistoryPage
from toolvet_reviews.review_views import HistoryLine
from toolvet_reviews.words import counted, one_line
from toolvet_tui import settings
from toolvet_tui.choice_dialog import ChoiceDialog, NameDialog
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.history_callable import CallableScreen
from toolvet_tui.history_decision import DecisionScreen
from toolvet_tui.history_list import HistoryList
from toolvet_tui.history_query import BUILT_IN, asked, parse_query, text_of
from toolvet_tui.look_screen import ListScreen
from toolvet_tui.rows import Rows
from toolvet_tui.seat import Seat
from toolvet_tui.settings import SavedQuery

PAGE = 200
"""Lines that are fetched at once; the most the service gives."""
_SAVED = "your own"


class HistoryScreen(ListScreen):
    """What was decided, by whom, about what."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="enter", id="history.open"),
        Binding("slash", "filter", "Find", key_display="/", id="history.filter"),
        Binding("w", "recall", "Queries", id="history.recall"),
        Binding("s", "save", "Save query", id="history.save"),
        Binding("t", "callable", "On a day", id="history.callable"),
        Binding("q,escape", "back", "Back", key_display="q", id="history.back"),
    ]
    PLACEHOLDER = "verb:vote tool:payments by:ada since:7d until:2026-11-20 words"
    ABOUT = (
        "vote:", "proposal:", "release:", "channel:", "waiver:", "policy:", "principal:", "key:",
        "grant:", "tier:", "secret:", "mount:", "dead:", "payload:", "objection:",
    )  # fmt: skip

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.query_asked = SavedQuery()
        self._next: str | None = None
        self._wanted = PAGE

    def table(self) -> HistoryList:
        """Make the list."""
        return HistoryList(id="list")

    @property
    def shown(self) -> HistoryList:
        """The decisions."""
        return self.query_one("#list", HistoryList)

    # --- reading ------------------------------------------------------------------------------

    async def fetch(self) -> None:
        """Fetch the newest pages, as many as were read before."""
        wanted = asked(self.query_asked, self.seat.options.clock())
        items: list[HistoryLine] = []
        cursor: str | None = None
        while True:
            page = await in_thread(partial(self._page, wanted, cursor))
            items += page.items
            cursor = page.next
            is_whole = cursor is None or len(items) >= self._wanted
            if is_whole or not self.is_read:
                self._show(items, cursor)
            if is_whole:
                return

    def _page(self, wanted: SavedQuery, cursor: str | None) -> HistoryPage:
        return self.reads_as.history(**asdict(wanted), cursor=cursor, limit=PAGE)

    def _show(self, items: list[HistoryLine], following: str | None) -> None:
        self.is_read = True
        self._next = following
        self.shown.show(items)
        more = " and more" if following else ""
        found = text_of(self.query_asked)
        for_what = f" for {one_line(found, 100)}" if found else ""
        self.bar.say(left=f"History · {counted(len(items), 'decision')}{more}{for_what}")
        nothing = (
            "Nothing was decided yet." if not found else "Nothing in the history answers that."
        )
        self.say_empty(nothing, hidden=bool(items))
        self.head()

    @on(Rows.Moved)
    def _read_more(self, message: Rows.Moved) -> None:
        if self._next and message.row >= self.shown.row_count - 1:
            self._wanted = self.shown.row_count + PAGE
            self.read()

    # --- asking -------------------------------------------------------------------------------

    def narrow(self, words: str) -> None:
        """Ask for something else."""
        with telling(self.banner.tell):
            self.banner.say("")
            query = parse_query(words)
            asked(query, self.seat.options.clock())
            self.ask_for(query)

    def ask_for(self, query: SavedQuery) -> None:
        """Show what answers a query."""
        self.query_asked = query
        self._wanted = PAGE
        self.shown.move_to(0, say=False)
        self.read()

    @work
    async def action_recall(self) -> None:
        """Choose one of the queries that were saved, or that come with the app."""
        with telling(self.banner.tell):
            mine = dict(self.settings().queries)
            choices = [(name, text_of(one), _SAVED) for name, one in mine.items()]
            choices += [
                (name, text_of(one), "") for name, one in BUILT_IN.items() if name not in mine
            ]
            picked = await self.ask(ChoiceDialog("Which query?", choices, can_drop=bool(mine)))
            if picked is None:
                return
            if picked.startswith("-"):
                self._drop(picked[1:])
                return
            name = picked[1:]
            query = mine.get(name) or BUILT_IN[name]
            self.write_words(text_of(query))
            self.ask_for(query)

    @work
    async def action_save(self) -> None:
        """Keep the query that is asked under a name."""
        with telling(self.banner.tell):
            text = text_of(self.query_asked)
            if not text:
                self.banner.say("Find something first (`/`); the query is what is saved.")
                return
            name = await self.ask(NameDialog("Under what name?", f"for {one_line(text, 60)}"))
            if name is None:
                return
            query = self.query_asked
            self.change_settings(lambda one: replace(one, queries={**one.queries, name: query}))
            self.banner.say(f"Saved as {name}; `w` asks it again.", tone="good")

    def _drop(self, name: str) -> None:
        def without(one: settings.TuiSettings) -> settings.TuiSettings:
            left = {key: value for key, value in one.queries.items() if key != name}
            return replace(one, queries=left)

        self.change_settings(without)
        self.banner.say(f"{name} is not saved any more.", tone="good")

    # --- going on -----------------------------------------------------------------------------

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Show the decision in full."""
        if line := self.shown.current:
            self.host.push_screen(DecisionScreen(self.seat, line.index, self.beside))

    def beside(self, index: int, by: int) -> int | None:
        """Name the entry before or after one in the list, and stand on it."""
        rows = [row for row, line in enumerate(self.shown.items) if line.index == index]
        at = rows[0] + by if rows else -1
        if not 0 <= at < self.shown.row_count:
            return None
        self.shown.move_to(at)
        return self.shown.items[at].index

    def action_callable(self) -> None:
        """Show what could be called on a day: by default that of the decision at hand."""
        line = self.shown.current
        self.host.push_screen(CallableScreen(self.seat, line.time[:10] if line else ""))
