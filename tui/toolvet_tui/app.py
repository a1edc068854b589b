"""The app: it paints at once, reaches the service meanwhile, and tells its screens what happens."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from toolvet.errors import UnreachableError
from toolvet_tui.decision_dialogs import LeaveDialog
from toolvet_tui.desk import Desk
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.follow import Follower
from toolvet_tui.held import Decision
from toolvet_tui.keymap import effective
from toolvet_tui.messages import Connected, HeldOne, LinkLost, LogGrew, ReachAgain
from toolvet_tui.options import OptionError, Options
from toolvet_tui.palette import GO_KEYS, commands, go
from toolvet_tui.queue_screen import QueueScreen
from toolvet_tui.screens import DeskScreen
from toolvet_tui.seat import Seat
from toolvet_tui.sending import Sender
from toolvet_tui.themes import MONO


class ToolvetApp(App[None]):
    """Review in a terminal.

    Args:
        desk: What stands for the service.
        options: What the person wants.
        seat: Where they sit already, with clocks of its own.
    """

    TITLE = "Toolvet"
    CSS_PATH = "styles.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit"),
        *GO_KEYS,
    ]

    def __init__(self, desk: Desk, options: Options, seat: Seat | None = None) -> None:
        super().__init__()
        self.seat = seat or Seat(desk, options)
        self._sender = Sender(self, self.seat, self._became, self._show_held)
        self._is_leaving = False
        self._queue = QueueScreen(self.seat)
        self._follower: Follower | None = None
        for theme in MONO:
            self.register_theme(theme)
        if options.theme not in self.available_themes:
            themes = ", ".join(sorted(self.available_themes))
            raise OptionError(
                f"there is no theme {options.theme!r}", hint=f"dark, light, ansi, {themes}"
            )
        self.theme = options.theme
        self.seat.moved = effective(options)
        if self.seat.moved:
            self.set_keymap(self.seat.moved)

    def on_mount(self) -> None:
        """Show the empty queue, then fill it."""
        self.push_screen(self._queue)
        self.call_after_refresh(self.reach)

    def on_unmount(self) -> None:
        """Leave nothing behind: no thread that waits, no open key."""
        if self._follower is not None:
            self._follower.stop()
        self.seat.desk.close()

    def on_reach_again(self, _: ReachAgain) -> None:
        """Reach for the service because the person asks for it."""
        self.reach()

    @work(exclusive=True, group="reach")
    async def reach(self) -> None:
        """Reach the service, and follow what it says."""
        with telling(self._say):
            try:
                service = await in_thread(lambda: self.seat.desk.connect(start=True))
            except UnreachableError as error:
                self._link_lost(Trouble.of(error))
                self._follow()
                return
            self.on_connected(Connected(service))
            self._follow()
            if proposal := self.seat.options.proposal:
                self.seat.options = replace(self.seat.options, proposal="")
                self._queue.open(proposal)

    def _follow(self) -> None:
        if self._follower is None:
            self._follower = Follower(self.seat.desk, self)
            self._follower.start()

    # --- what happens -------------------------------------------------------------------------

    def on_connected(self, message: Connected) -> None:
        """Tell the screens that the service is there."""
        self.sub_title = message.service.preset
        self.seat.link.back()
        for screen in self._desk_screens():
            screen.connected(message)

    def on_log_grew(self, message: LogGrew) -> None:
        """Tell the screens that the log grew, and see whether it concerns what is held."""
        if self.seat.held.waiting:
            self.run_worker(self._sender.check(), group="check", exclusive=True)
        for screen in self._desk_screens():
            screen.log_grew(message)

    def on_link_lost(self, message: LinkLost) -> None:
        """Tell the screens that the service is gone."""
        self._link_lost(message.trouble, message.again_s)

    def on_held_one(self, _: HeldOne) -> None:
        """Count down what is held."""
        self._sender.wake()

    def _became(self, decision: Decision) -> None:
        for screen in self._desk_screens():
            screen.became(decision)

    def _show_held(self) -> None:
        for screen in self._desk_screens():
            screen.show_held()
        if self._is_leaving and self.seat.held.is_idle:
            self._is_leaving = False
            if not self.seat.held.has_troubles:  # else the person must see what was not done
                self.exit()

    def action_go(self, place: str) -> None:
        """Go to another part of the app."""
        go(self, self.seat, place)

    # --- leaving ------------------------------------------------------------------------------

    async def action_quit(self) -> None:
        """End the app; ask first when a decision is held or on its way."""
        if self.seat.held.is_idle:
            self.exit()
        elif not isinstance(self.screen, LeaveDialog):
            self._leave()

    @work
    async def _leave(self) -> None:
        answer = await self.push_screen_wait(LeaveDialog(self.seat.held))
        if answer == "wait":
            self._is_leaving = True
            self._show_held()
        elif answer == "leave":
            while self.seat.held.take_back():
                pass
            self.exit()

    def _link_lost(self, trouble: Trouble, again_s: float = 0.0) -> None:
        now = self.seat.options.clock()
        self.seat.link.lost(trouble, now, now + timedelta(seconds=again_s) if again_s else None)
        for screen in self._desk_screens():
            screen.link_lost(trouble)

    def _say(self, trouble: Trouble) -> None:
        for screen in self._desk_screens():
            screen.banner.tell(trouble)

    def _desk_screens(self) -> list[DeskScreen]:
        return [
            one for one in self.screen_stack if isinstance(one, DeskScreen) and one.query("#banner")
        ]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer the acts in the palette too, for whoever does without quick keys."""
        yield from commands(self, self.seat, screen)
        yield from super().get_system_commands(screen)  # pyright: ignore[reportUnknownMemberType]
