"""Screens that are drawn the same in every run: a desk, a way to walk, a size, a theme."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from at_screen import Person
from canned_desk import NOW, CannedDesk
from textual.pilot import Pilot

from toolvet_tui.app import ToolvetApp
from toolvet_tui.options import Options

Compare = Callable[..., bool]
Walk = Callable[[Person], Awaitable[None]]

SMALL, LARGE, WIDE = (80, 24), (120, 36), (160, 44)
DARK, LIGHT, MONO = "textual-dark", "textual-light", "toolvet-mono"


@dataclass(frozen=True)
class Scene:
    """What is drawn."""

    walk: Walk
    size: tuple[int, int]
    theme: str


def looks_as_it_did(compare: Compare, desk: CannedDesk, scene: Scene) -> bool:
    """Walk to a screen and hold it against its picture."""
    app = ToolvetApp(desk, Options(theme=scene.theme, clock=lambda: NOW))

    async def run_before(pilot: Pilot[None]) -> None:
        person = Person(app, pilot)
        await person.until(lambda: len(app.screen_stack) > 1 and person.queue.is_read)
        await scene.walk(person)
        app.screen.set_focus(app.screen.focused)
        for field in app.screen.query("Input, TextArea"):
            field.cursor_blink = False  # pyright: ignore[reportAttributeAccessIssue]
        await pilot.pause()

    return compare(app, terminal_size=scene.size, run_before=run_before)
