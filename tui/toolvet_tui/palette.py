"""Where one can go from anywhere, by key and by name, and every other act by name (`ctrl+p`)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.keys import format_key
from textual.screen import Screen

from toolvet.errors import KNOWN
from toolvet_tui import settings
from toolvet_tui.errands import Trouble
from toolvet_tui.options import THEMES
from toolvet_tui.screens import DeskScreen
from toolvet_tui.seat import Seat

GO_KEYS: list[BindingType] = [
    Binding("f9", "go('queue')", "Go to the queue", show=False, id="desk.queue"),
    Binding("H,f3", "go('history')", "Go to the history", show=False, id="desk.history"),
    Binding("S,f4", "go('tools')", "Go to what is served", show=False, id="desk.tools"),
    Binding("D,f5", "go('dead')", "Go to the dead letters", show=False, id="desk.dead"),
]
"""Keys of every screen of the app."""
_PLACES = {
    "queue": ("Queue", "What waits for a decision"),
    "history": ("History", "What was decided, by whom, with its proof"),
    "callable": ("Callable on a day", "What could be called then, and by whom"),
    "tools": ("What is served", "Tools, how calls of them go; roll back, stop"),
    "dead": ("Dead letters", "What was given up: show, replay, discard"),
}
_QUEUE_DEPTH = 2
"""Screens under which the queue lies: Textual's own, and itself."""


def go(app: App[None], seat: Seat, place: str) -> None:
    """Go somewhere. A question that is open stays open, and keeps one where it is."""
    if not isinstance(app.screen, DeskScreen):
        return
    if place == "queue":
        while len(app.screen_stack) > _QUEUE_DEPTH:
            app.pop_screen()
        return
    screen = _made(place, seat)
    if type(app.screen) is type(screen):
        return
    if type(app.screen).__name__ in _OVER_EACH_OTHER:
        app.pop_screen()
    app.push_screen(screen)


_OVER_EACH_OTHER = ("HistoryScreen", "ToolsScreen", "DeadScreen", "CallableScreen")
"""Going from one of these to another leaves it: going back leads to where one started."""


def _made(place: str, seat: Seat) -> DeskScreen:
    # Not at the top: the queue paints without them.
    from toolvet_tui.history_callable import CallableScreen  # noqa: PLC0415
    from toolvet_tui.history_screen import HistoryScreen  # noqa: PLC0415
    from toolvet_tui.tool_dead import DeadScreen  # noqa: PLC0415
    from toolvet_tui.tools_screen import ToolsScreen  # noqa: PLC0415

    kinds: dict[str, type[HistoryScreen | CallableScreen | ToolsScreen | DeadScreen]] = {
        "history": HistoryScreen,
        "callable": CallableScreen,
        "tools": ToolsScreen,
        "dead": DeadScreen,
    }
    return kinds[place](seat)


def commands(app: App[None], seat: Seat, screen: Screen[Any]) -> Iterable[SystemCommand]:
    """Offer every act of the screen at hand, every place, and what can be kept."""
    seen: set[str] = set()
    for key, active in screen.active_bindings.items():
        title = active.binding.description
        if not isinstance(active.node, DeskScreen) or key in ("tab", "shift+tab"):
            continue
        if title and title not in seen and active.enabled:
            seen.add(title)
            act = partial(active.node.run_action, active.binding.action)
            yield SystemCommand(title, f"key {format_key(key)}", act)
    if isinstance(screen, DeskScreen):
        for place, (title, what) in _PLACES.items():
            yield SystemCommand(f"Go: {title}", what, partial(go, app, seat, place))
    if seat.options.config_dir is not None:
        keep = partial(_keep, screen, seat, app)
        yield SystemCommand("Keep this theme", f"{app.theme}, in tui.toml", keep)


def _keep(screen: Screen[Any], seat: Seat, app: App[None]) -> None:
    names = {theme: name for name, theme in THEMES.items()}
    theme = names.get(app.theme, app.theme)
    _changed(
        screen, seat, lambda one: replace(one, theme=theme), f"The theme is {theme} from now on."
    )


def _changed(
    screen: Screen[Any],
    seat: Seat,
    how: Callable[[settings.TuiSettings], settings.TuiSettings],
    said: str,
) -> None:
    folder = seat.options.config_dir
    if folder is None or not isinstance(screen, DeskScreen):
        return
    try:
        settings.change(folder, how)
    except KNOWN as error:
        screen.banner.tell(Trouble.of(error))
    else:
        screen.banner.say(said, tone="good")
