"""What history and tools look like. Update with `--snapshot-update`, and look at the pictures."""

import pytest
from at_screen import Person
from canned_served import ServedDesk, proof
from pictured import DARK, LARGE, LIGHT, MONO, SMALL, Compare, Scene, looks_as_it_did

from toolvet.client import proof as proving
from toolvet_tui.history_decision import DecisionScreen
from toolvet_tui.look_screen import ListScreen
from toolvet_tui.tool_dead import DeadScreen
from toolvet_tui.tool_screen import ToolScreen


async def history(person: Person) -> None:
    await person.press("H")
    await read(person)


async def decision(person: Person) -> None:
    await history(person)
    await person.press("j", "j", "enter")
    screen = person.app.screen
    assert isinstance(screen, DecisionScreen)
    await person.until(lambda: screen.proof is not None)


async def queries(person: Person) -> None:
    await history(person)
    await person.press("w")
    await person.until(lambda: person.question == "ChoiceDialog")


async def callable_then(person: Person) -> None:
    await history(person)
    await person.press("t")
    await read(person)


async def tools(person: Person) -> None:
    await person.press("S")
    await read(person)


async def tool(person: Person) -> None:
    await tools(person)
    await person.press("j", "j", "enter")
    screen = person.app.screen
    assert isinstance(screen, ToolScreen)
    await person.until(lambda: screen.tool is not None)


async def sure(person: Person) -> None:
    await tools(person)
    await person.press("j", "j", "b")
    await person.until(lambda: person.question == "ChoiceDialog")
    await person.press("enter")
    await person.until(lambda: person.question == "WordsDialog")
    await person.write("502 since noon")
    await person.press("ctrl+s")
    await person.until(lambda: getattr(person.app.screen, "was_seen", False))


async def dead(person: Person) -> None:
    await person.press("D")
    await read(person)
    screen = person.app.screen
    assert isinstance(screen, DeadScreen)
    await person.until(lambda: screen.letter is not None)


async def read(person: Person) -> None:
    screen = person.app.screen
    assert isinstance(screen, ListScreen)
    await person.until(lambda: screen.is_read)


SCENES = {
    "history_small": Scene(history, SMALL, DARK),
    "history_large": Scene(history, LARGE, LIGHT),
    "queries_small": Scene(queries, SMALL, LIGHT),
    "decision_small": Scene(decision, SMALL, MONO),
    "decision_large": Scene(decision, LARGE, DARK),
    "callable_small": Scene(callable_then, SMALL, DARK),
    "callable_large": Scene(callable_then, LARGE, LIGHT),
    "tools_small": Scene(tools, SMALL, LIGHT),
    "tools_large": Scene(tools, LARGE, MONO),
    "tool_small": Scene(tool, SMALL, DARK),
    "tool_large": Scene(tool, LARGE, LIGHT),
    "sure_small": Scene(sure, SMALL, DARK),
    "dead_small": Scene(dead, SMALL, DARK),
    "dead_large": Scene(dead, LARGE, LIGHT),
}


@pytest.mark.parametrize("name", SCENES)
def test_looking_back_looks_as_it_did(
    snap_compare: Compare, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "check", lambda client, service, index: proof(index))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    assert looks_as_it_did(snap_compare, ServedDesk(), SCENES[name])
