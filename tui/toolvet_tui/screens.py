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
from toolvet_tui.held import Decision
from toolvet_tui.held_strip import HeldStrip
from toolvet_tui.keys import DESK_KEYS, every_key, key_of, main_keys
from toolvet_tui.link import LinkLine
from toolvet_tui.messages import Connected, HeldOne, LogGrew
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
        """Watch the key and what is held."""
        moved = self.seat.moved
        strip = HeldStrip(self.seat.held, key_of("desk.take_back", moved))
        self.mount(strip, before="#banner")
        self.mount(LinkLine(self.seat.link, self.seat.options.clock), after="#bar")
        self.call_after_refresh(self.show_held)
        self.show_key()
        self.set_interval(KEY_S, self.show_key)

        self.query_one("#keyline", KeyLine).show(main_keys(type(self), moved))

    def on_screen_resume(self) -> None:
        """Say how the key is, and what is held, as soon as the screen is seen again."""
        self.show_key()
        self.show_held()

    def show_key(self) -> None:
        """Say whether the key is open, and for how long."""
        left = self.desk.seconds_left
        said = f"key open, {int(left // 60) + 1} min" if left > 0 else "key locked"
        for bar in self.query("#bar").results(Bar):  # none while the screen is being taken away
            bar.say(right=said)

    def show_held(self) -> None:
        """Draw what is held."""
        for strip in self.query(HeldStrip):
            strip.follow()

    # --- what the app tells -------------------------------------------------------------------

    def log_grew(self, message: LogGrew) -> None:
        """Something happened at the service."""

    def connected(self, message: Connected) -> None:
        """The service is there, again."""

    def link_lost(self, trouble: Trouble) -> None:
        """The service is gone; whoever shows something goes on showing it."""
        self.banner.say(f"No connection; trying again, `r` starts it. {trouble}", tone="bad")

    def became(self, decision: Decision) -> None:
        """Something became of a decision: it was done, refused or dropped; the strip says what."""

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

    def hold(self, decision: Decision) -> bool:
        """Hold a decision before it is signed; False when one is held or sent already."""
        if not self.seat.held.hold(decision):
            self.banner.say(f"{decision.proposal} is decided on already.", tone="unsure")
            return False
        self.post_message(HeldOne())
        return True

    def action_take_back(self) -> None:
        """Take back the newest decision that is held; or put away what went wrong."""
        held = self.seat.held
        taken = held.take_back()
        if taken is not None:
            said = f"Taken back: {taken.words}. Nothing was signed."
            self.banner.say(said, tone="good")
            self.taken_back(taken)
        elif held.put_away():
            self.banner.say("")
        elif held.on_the_way:
            self.banner.say("It is on its way: it cannot be taken back any more.", tone="unsure")
        else:
            self.banner.say("Nothing is held.")
        self.post_message(HeldOne())

    def taken_back(self, decision: Decision) -> None:
        """Show that a decision was not made after all."""

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
        """Close the key; what is held is taken back, because nothing could be signed."""
        taken: list[Decision] = []
        while one := self.seat.held.take_back():
            taken.append(one)
        self.desk.lock()
        self.show_key()
        self.post_message(HeldOne())
        back = f" Taken back: {'; '.join(one.words for one in taken)}." if taken else ""
        self.banner.say(f"Your key is locked.{back}", tone="good")

    def action_reload(self) -> None:
        """Read everything anew."""

    def action_keys(self) -> None:
        """Show every key."""
        self.host.push_screen(KeysDialog(every_key(self.host)))
