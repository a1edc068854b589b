"""Trying a candidate at the screen: one's own arguments, what it did, a case that is kept."""

import asyncio

import pytest
from at_screen import Person, seated
from canned_desk import CannedDesk
from textual.widgets import TextArea

from toolvet_reviews.review_views import TryView
from toolvet_tui.paper import Paper
from toolvet_tui.try_screen import TryScreen, outcome, read_arguments

TRIED = TryView(
    "r1", "succeeded", {"sent": 2}, log=({"event": "sent", "to": "\x1b[31m[red]x[/]"},),
    effects=("http: POST mail.example", "http: POST evil.example"),
    undeclared=("http: POST evil.example",), duration_ms=12.0, tier="B",
)  # fmt: skip


async def begun(person: Person) -> TryScreen:
    await person.opens("P-12")
    await person.press("t")
    await person.until(lambda: isinstance(person.app.screen, TryScreen))
    found = person.app.screen
    assert isinstance(found, TryScreen)
    return found


def result(screen: TryScreen) -> str:
    return screen.query_one("#result", Paper).text


def test_it_begins_with_arguments_that_fit_the_schema_and_shows_what_came_of_it() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        desk.canned.tries = [TRIED]
        async with seated(desk) as person:
            screen = await begun(person)
            assert screen.query_one("#arguments", TextArea).text == '{\n  "customer": ""\n}'
            await person.press("ctrl+s")
            await person.until(lambda: "What it did" in result(screen))

            assert "! undeclared http: POST evil.example" in result(screen)
            assert '"sent": 2' in result(screen)
            assert "\x1b" not in result(screen)
            assert "[red]x[/]" in result(screen)
            assert ("try_out", "P-12", "{'customer': ''}") in desk.canned.calls

    asyncio.run(play())


def test_what_it_gave_is_kept_as_a_case_under_a_name() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            screen = await begun(person)
            await person.press("ctrl+o")
            assert "Run it first" in screen.said
            await person.press("ctrl+s")
            await person.until(lambda: "What it gave" in result(screen))
            await person.press("ctrl+o")
            await person.write("an empty customer")
            await person.press("enter")
            await person.until(lambda: "Kept." in screen.said)
            [case] = desk.canned.state("P-12").cases
            assert (case.name, case.expected, case.code) == ("an empty customer", {"sent": 1}, "")
            await person.press("escape")
            await person.sees("Kept: each later revision is run on it.")
            await person.until(lambda: "an empty customer" in person.paper("tests"))

    asyncio.run(play())


def test_no_letter_typed_into_the_arguments_is_anything_but_a_letter() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            screen = await begun(person)
            await person.write("axcqytv")
            assert "axcqytv" in screen.query_one("#arguments", TextArea).text
            await person.press("ctrl+s")
            assert screen.said.startswith("Line ")
            assert desk.done == []
            assert desk.canned.calls == []

    asyncio.run(play())


@pytest.mark.parametrize("text", ["[1]", "3", "{", '{"n": NaN}', "[" * 100_000, "x" * 200_000])
def test_what_are_no_arguments_is_said_and_never_sent(text: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        read_arguments(text)


def test_an_undeclared_effect_is_shown_though_the_list_was_cut() -> None:
    blocks = outcome(TryView("r", "failed", code="tool.crash", undeclared=("file: /etc/passwd",)))

    assert any(one.label == "undeclared" and one.tone == "bad" for one in blocks)
