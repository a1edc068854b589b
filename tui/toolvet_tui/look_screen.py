"""A screen with one list that was read from the service: filtered, read on, kept current."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from toolvet.client.client import Client
from toolvet_tui import settings
from toolvet_tui.bars import Banner, Bar, KeyLine
from toolvet_tui.choice_dialog import SureDialog
from toolvet_tui.current_screen import CurrentScreen
from toolvet_tui.errands import Trouble, telling
from toolvet_tui.paper import Block
from toolvet_tui.seat import Seat
from toolvet_tui.settings import SettingsError, TuiSettings
from toolvet_tui.table import Table


class LookScreen(CurrentScreen):
    """Reads something and shows it."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._trouble = ""
        """Why it could not be read the last time."""

    @property
    def reads_as(self) -> Client:
        """Who reads: the person once their key is open, for more than an agent's token is shown."""
        return self.desk.person if self.desk.seconds_left > 0 else self.desk.reader

    def on_mount(self) -> None:
        """Read at once."""
        self.read()

    @work(exclusive=True, group="read")
    async def read(self) -> None:
        """Read it anew and show it."""
        with telling(self._not_read):
            await self.fetch()
            if self._trouble and self.banner.text == self._trouble:
                self.banner.say("")
            self._trouble = ""

    def _not_read(self, trouble: Trouble) -> None:
        self._trouble = str(trouble)
        self.banner.tell(trouble)

    async def fetch(self) -> None:
        """Fetch and show; what it raises is told to the person."""
        raise NotImplementedError

    def action_back(self) -> None:
        """Go back to where one came from."""
        self.host.pop_screen()

    def settings(self) -> TuiSettings:
        """Read what the person saved.

        Raises:
            SettingsError: The file says what it may not.
        """
        folder = self.seat.options.config_dir
        return TuiSettings() if folder is None else settings.load(folder)

    def change_settings(self, how: Callable[[TuiSettings], TuiSettings]) -> None:
        """Change what the person saved.

        Raises:
            SettingsError: There is nowhere to save it.
            HomeError: It cannot be written.
        """
        folder = self.seat.options.config_dir
        if folder is None:
            raise SettingsError("there is no folder to save it in", hint="Set TOOLVET_CONFIG.")
        settings.change(folder, how)

    def sure(self, question: str, blocks: Sequence[Block], act: str) -> SureDialog:
        """Make the question that comes before something is done."""
        return SureDialog(question, blocks, act, look_s=self.seat.look_s)

    async def ask(self, dialog: ModalScreen[Any]) -> Any:  # noqa: ANN401, RUF100 - as the dialog answers
        """Ask a question, and wait for its answer."""
        return await self.host.push_screen_wait(dialog)


class ListScreen(LookScreen):
    """A list that fills the screen, with words to narrow it."""

    PLACEHOLDER: ClassVar[str] = "words that a line holds"

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._list = self.table()
        self.is_read = False
        """Whether an answer came, ever."""

    def table(self) -> Table[Any]:
        """Make the list; its id is `list`."""
        raise NotImplementedError

    def narrow(self, words: str) -> None:
        """Show what the words ask for."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Static("", id="columns", markup=False)
        yield self._list
        yield Static("Reading …", id="empty", markup=False)
        yield Input(placeholder=self.PLACEHOLDER, id="filter")
        yield Banner(id="banner")
        yield KeyLine(id="keyline")

    def on_mount(self) -> None:
        """Stand in the list."""
        self._list.focus()

    def on_resize(self) -> None:
        """Name the columns that fit."""
        self.head()

    def head(self) -> None:
        """Name the columns."""
        width = self._list.size.width
        self.query_one("#columns", Static).update(self._list.header(width) if width else "")

    def say_empty(self, why: str, *, hidden: bool) -> None:
        """Say why there is nothing to see."""
        empty = self.query_one("#empty", Static)
        empty.set_class(hidden, "-hidden")
        empty.update(why)

    # --- filter -------------------------------------------------------------------------------

    @property
    def words(self) -> str:
        """What the list is narrowed by."""
        return self.query_one("#filter", Input).value.strip()

    def write_words(self, words: str) -> None:
        """Show words as if they had been typed, without asking for them."""
        field = self.query_one("#filter", Input)
        field.value = words
        field.set_class(bool(words), "-shown")

    def action_filter(self) -> None:
        """Ask for words."""
        field = self.query_one("#filter", Input)
        field.add_class("-shown")
        field.focus()

    @on(Input.Submitted, "#filter")
    def _filtered(self) -> None:
        self._list.focus()
        self.narrow(self.words)

    def action_back(self) -> None:
        """Leave the words first, then the screen."""
        field = self.query_one("#filter", Input)
        if field.has_focus or field.value:
            had = bool(field.value)
            field.value = ""
            field.remove_class("-shown")
            self._list.focus()
            if had:
                self.narrow("")
            return
        super().action_back()
