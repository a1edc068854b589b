"""The app: it paints at once, reaches the service meanwhile, and tells its screens what happens."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from toolvet.errors import UnreachableError
from toolvet_tui.desk import Desk
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.follow import Follower
from toolvet_tui.keys import without_quick_keys
from toolvet_tui.messages import Connected, LinkLost, LogGrew, ReachAgain
from toolvet_tui.options import OptionError, Options
from toolvet_tui.queue_screen import QueueScreen
from toolvet_tui.screens import DeskScreen
from toolvet_tui.seat import Seat


class ToolvetApp(App[None]):
    """Review in a terminal.

    Args:
        desk: What stands for the service.
        options: What the person wants.
    """

    TITLE = "Toolvet"
    CSS_PATH = "styles.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit")
    ]

    def __init__(self, desk: Desk, options: Options) -> None:
        super().__init__()
        self.seat = Seat(desk, options)
        self._queue = QueueScreen(self.seat)
        self._follower: Follower | None = None
        if options.theme not in self.available_themes:
            themes = ", ".join(sorted(self.available_themes))
            raise OptionError(
                f"there is no theme {options.theme!r}", hint=f"dark, light, ansi, {themes}"
            )
        self.theme = options.theme
        if not options.quick_keys:
            self.set_keymap(without_quick_keys())

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
        for screen in self._desk_screens():
            screen.connected(message)

    def on_log_grew(self, message: LogGrew) -> None:
        """Tell the screens that the log grew."""
        for screen in self._desk_screens():
            screen.log_grew(message)

    def on_link_lost(self, message: LinkLost) -> None:
        """Tell the screens that the service is gone."""
        self._link_lost(message.trouble)

    def _link_lost(self, trouble: Trouble) -> None:
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
        for key, active in screen.active_bindings.items():
            if isinstance(active.node, DeskScreen) and key not in ("tab", "shift+tab"):
                act = partial(active.node.run_action, active.binding.action)
                yield SystemCommand(active.binding.description, f"key {key}", act)
        yield from super().get_system_commands(screen)  # pyright: ignore[reportUnknownMemberType]
