"""What the screens look like. Update with `--snapshot-update`, and look at the pictures."""

from collections.abc import Awaitable, Callable

import pytest
from at_screen import Person
from canned_desk import NOW, CannedDesk
from textual.pilot import Pilot

from toolvet_tui.app import ToolvetApp
from toolvet_tui.options import Options

Compare = Callable[..., bool]
Walk = Callable[[Person], Awaitable[None]]

SMALL, LARGE, WIDE = (80, 24), (120, 40), (160, 44)
DARK, LIGHT = "textual-dark", "textual-light"


async def queue(person: Person) -> None:
    await person.until(lambda: person.queue.is_read)


async def brief(person: Person) -> None:
    await queue(person)
    await person.opens("P-12")


async def findings(person: Person) -> None:
    await brief(person)
    await person.press("3")


async def approve(person: Person) -> None:
    await brief(person)
    await person.press("a")
    await person.until(lambda: person.question == "ApproveDialog")


async def words(person: Person) -> None:
    await brief(person)
    await person.press("c")
    await person.until(lambda: person.question == "WordsDialog")
    await person.write("Name the host.")


async def hostile(person: Person) -> None:
    await queue(person)
    await person.opens("P-16")
    await person.press("8")


async def keys(person: Person) -> None:
    await brief(person)
    await person.press("question_mark")
    await person.until(lambda: person.question == "KeysDialog")


async def refused(person: Person) -> None:
    await queue(person)
    await person.opens("P-18")
    await person.press("a")
    await person.sees("cannot be approved")


SCENES = {
    "queue_small_dark": (queue, SMALL, DARK),
    "queue_large_light": (queue, LARGE, LIGHT),
    "brief_small_light": (brief, SMALL, LIGHT),
    "brief_large_dark": (brief, LARGE, DARK),
    "both_wide_dark": (brief, WIDE, DARK),
    "findings_small_dark": (findings, SMALL, DARK),
    "approve_small_dark": (approve, SMALL, DARK),
    "approve_large_light": (approve, LARGE, LIGHT),
    "words_small_dark": (words, SMALL, DARK),
    "hostile_large_dark": (hostile, LARGE, DARK),
    "keys_large_light": (keys, LARGE, LIGHT),
    "refused_small_light": (refused, SMALL, LIGHT),
}


@pytest.mark.parametrize("scene", SCENES)
def test_the_screen_looks_as_it_did(snap_compare: Compare, scene: str) -> None:
    walk, size, theme = SCENES[scene]
    app = ToolvetApp(CannedDesk(), Options(theme=theme, clock=lambda: NOW))

    async def run_before(pilot: Pilot[None]) -> None:
        person = Person(app, pilot)
        await person.until(lambda: len(app.screen_stack) > 1)
        await walk(person)
        app.screen.set_focus(app.screen.focused)
        for field in app.screen.query("Input, TextArea"):
            field.cursor_blink = False  # pyright: ignore[reportAttributeAccessIssue]
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=run_before)
