"""What the queue and the review have in common: the lines around them, the key, the help."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, cast

from textual import work
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from toolvet_reviews.words import one_line
from toolvet_tui.bars import Banner, Bar, KeyLine
from toolvet_tui.desk import Desk
from toolvet_tui.dialogs import KeysDialog, PassphraseDialog
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.keys import DESK_KEYS, every_key, main_keys
from toolvet_tui.messages import Connected, LogGrew
from toolvet_tui.seat import Seat

Act = Literal["", "approve", "request_changes", "reject"]
"""What may be asked as soon as a review is open."""

KEY_S = 5.0
"""How often the line about the key is written anew."""


@dataclass(frozen=True)
class Left:
    """What a review leaves behind for the queue."""

    proposal: str
    said: str = ""
    """What was done last; empty when nothing was."""


class DeskScreen(Screen[Left]):
    """A screen at a desk."""

    BINDINGS: ClassVar[list[BindingType]] = DESK_KEYS

    def __init__(self, seat: Seat) -> None:
        super().__init__()
        self.seat = seat
        self._is_busy = False

    @property
    def desk(self) -> Desk:
        """Where it sits."""
        return self.seat.desk

    @property
    def host(self) -> App[None]:
        """The app; Textual leaves the type of its result open."""
        return cast("App[None]", self.app)  # pyright: ignore[reportUnknownMemberType]

    @property
    def banner(self) -> Banner:
        """Where sentences are shown."""
        return self.query_one("#banner", Banner)

    @property
    def bar(self) -> Bar:
        """The line on top."""
        return self.query_one("#bar", Bar)

    def on_mount(self) -> None:
        """Watch the key."""
        self.show_key()
        self.set_interval(KEY_S, self.show_key)

        self.query_one("#keyline", KeyLine).show(
            main_keys(type(self), quick=self.seat.options.quick_keys)
        )

    def on_screen_resume(self) -> None:
        """Say how the key is as soon as the screen is seen again."""
        self.show_key()

    def show_key(self) -> None:
        """Say whether the key is open, and for how long."""
        left = self.desk.seconds_left
        said = f"key open, {int(left // 60) + 1} min" if left > 0 else "key locked"
        for bar in self.query("#bar").results(Bar):  # none while the screen is being taken away
            bar.say(right=said)

    # --- what the app tells -------------------------------------------------------------------

    def log_grew(self, message: LogGrew) -> None:
        """Something happened at the service."""

    def connected(self, message: Connected) -> None:
        """The service is there, again."""

    def link_lost(self, trouble: Trouble) -> None:
        """The service is gone; whoever shows something goes on showing it."""
        self.banner.say(f"No connection; trying again, `r` starts it. {trouble}", tone="bad")

    # --- what screens do ----------------------------------------------------------------------

    @contextmanager
    def one_at_a_time(self) -> Generator[bool]:
        """Give False while an earlier decision is on its way; its answer must not be missed."""
        if self._is_busy:
            self.banner.say("One moment: the service has not answered yet.", tone="unsure")
            yield False
            return
        self._is_busy = True
        try:
            yield True
        finally:
            self._is_busy = False
            self.show_key()

    async def is_unlocked(self) -> bool:
        """Have the key open; ask for the passphrase when it is not."""
        if self.desk.seconds_left > 0:
            return True
        owner = await in_thread(self.desk.owner)
        dialog = PassphraseDialog(one_line(owner.name), self._open_key)
        opened = await self.host.push_screen_wait(dialog)
        self.show_key()
        return opened

    async def _open_key(self, passphrase: str) -> None:
        await in_thread(partial(self.desk.unlock, passphrase))

    @work
    async def action_unlock(self) -> None:
        """Open the key now."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            if free and await self.is_unlocked():
                self.banner.say("Your key is open.", tone="good")
                self.action_reload()

    def action_lock(self) -> None:
        """Close the key."""
        self.desk.lock()
        self.show_key()
        self.banner.say("Your key is locked.", tone="good")

    def action_reload(self) -> None:
        """Read everything anew."""

    def action_keys(self) -> None:
        """Show every key."""
        self.host.push_screen(KeysDialog(every_key(self.host)))
