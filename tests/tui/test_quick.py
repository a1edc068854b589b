"""Quick mode: one screen each, nothing signed before the list, exactly the list that was shown."""

import asyncio
from dataclasses import replace

import pytest
from at_screen import Person, seated
from canned_desk import NOW, PASSPHRASE, QUEUE, CannedDesk

from toolvet.client.review import Review
from toolvet_tui.options import Options
from toolvet_tui.paper import Paper
from toolvet_tui.quick_batch import BatchScreen
from toolvet_tui.quick_screen import QuickScreen

LOW = [
    replace(QUEUE[1], id=f"P-{number}", tool=f"tool_{number}", low_risk=True)
    for number in (21, 22, 23, 24)
]


def quick(person: Person) -> QuickScreen:
    return next(one for one in person.app.screen_stack if isinstance(one, QuickScreen))


def batch(person: Person) -> BatchScreen:
    return next(one for one in person.app.screen_stack if isinstance(one, BatchScreen))


async def shows(person: Person, proposal: str) -> None:
    """Wait until an item may be answered."""

    def is_shown() -> bool:
        found = quick(person).shown
        return found is not None and found.view.id == proposal

    await person.until(is_shown)


async def begin(person: Person) -> None:
    await person.press("Q")
    await person.until(lambda: isinstance(person.app.screen, QuickScreen))
    await shows(person, "P-21")


async def at_the_list(person: Person) -> list[str]:
    await person.until(lambda: isinstance(person.app.screen, BatchScreen))
    shown = batch(person).shown
    return [f"{one.act} {one.proposal}" for one in shown.choices]


def test_only_what_is_of_low_risk_comes_and_a_summary_fills_the_screen() -> None:
    async def play() -> None:
        desk = CannedDesk(items=[QUEUE[0], *LOW])
        async with seated(desk, size=(80, 24)) as person:
            await begin(person)
            paper = quick(person).query_one("#summary", Paper)
            rows = ["".join(one.text for one in paper.render_line(y)) for y in range(12)]

            for words in ("At a glance", "what", "may", "changed", "wrong"):
                assert any(words in row for row in rows), rows

    asyncio.run(play())


def test_a_batch_is_signed_once_as_it_was_listed() -> None:
    async def play() -> None:
        desk = CannedDesk(items=[*LOW])
        async with seated(desk) as person:
            await begin(person)
            await person.press("y")
            await shows(person, "P-22")
            await person.press("s")
            await shows(person, "P-23")
            await person.press("n")
            await person.until(lambda: person.question == "WordsDialog")
            await person.write("yes y n: say why")
            await person.press("ctrl+s")
            await shows(person, "P-24")
            await person.press("y")
            listed = await at_the_list(person)
            assert listed == ["approve P-21", "request changes P-23", "approve P-24"]
            assert desk.canned.calls == []
            assert desk.done == []
            await person.press("y")
            await person.until(lambda: person.question == "PassphraseDialog")
            await person.paste(PASSPHRASE)
            await person.press("enter")
            await person.sees("3 decisions done")

            assert desk.canned.calls == [("bulk", "approve", "P-21", "P-24")]
            assert desk.done == [("request_changes", "P-23", "yes y n: say why")]
            assert all(one.done for one in batch(person).shown.answers.values())
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.queue)

    asyncio.run(play())


def test_what_the_service_leaves_out_is_named_with_its_code() -> None:
    async def play() -> None:
        desk = CannedDesk(items=[*LOW], seconds_left=900.0)
        desk.canned.bulk_codes["P-22"] = "vote.stale"
        async with seated(desk) as person:
            await begin(person)
            for one in LOW:
                await shows(person, one.id)
                await person.press("y")
            assert len(await at_the_list(person)) == 4
            await person.press("y")
            await person.sees("3 of 4 done; left out: P-22 [vote.stale]")

            answers = batch(person).shown.answers
            assert [one for one, answer in answers.items() if not answer.done] == ["P-22"]

    asyncio.run(play())


def test_a_key_that_is_held_down_decides_nothing_that_was_not_looked_at() -> None:
    async def play() -> None:
        desk = CannedDesk(items=[*LOW], seconds_left=900.0)
        async with seated(desk, ticks=lambda: 1.0) as person:
            person.app.seat.look_s = 0.4
            await begin(person)
            await person.press("y", "y", "y")
            await person.sees("One moment")

            assert quick(person).choices == []

    asyncio.run(play())


def test_one_may_be_left_out_of_the_list_and_the_list_be_left() -> None:
    async def play() -> None:
        desk = CannedDesk(items=LOW[:2], seconds_left=900.0)
        async with seated(desk) as person:
            await begin(person)
            await person.press("y")
            await shows(person, "P-22")
            await person.press("y")
            assert len(await at_the_list(person)) == 2
            await person.press("d")
            await person.sees("P-21 is left out")
            await person.press("escape")
            await person.until(lambda: isinstance(person.app.screen, QuickScreen))
            await person.press("q")
            await person.until(lambda: isinstance(person.app.screen, BatchScreen))

            assert desk.canned.calls == []

    asyncio.run(play())


def test_a_held_batch_can_be_taken_back() -> None:
    async def play() -> None:
        desk, now = CannedDesk(items=LOW[:1], seconds_left=900.0), [0.0]
        async with seated(desk, ticks=lambda: now[0], hold_s=5.0) as person:
            await begin(person)
            await person.press("y")
            await at_the_list(person)
            await person.press("y")
            await person.sees("the list of 1 decision")
            await person.press("u")
            await person.sees("Taken back: the list of 1 decision")
            now[0] = 60.0
            await person.pilot.pause()
            assert desk.canned.calls == []
            await person.press("y")
            now[0] = 120.0
            await person.sees("1 decision done")

    asyncio.run(play())


@pytest.mark.parametrize("key", ["q", "escape"])
def test_leaving_before_anything_was_decided_decides_nothing(key: str) -> None:
    async def play() -> None:
        desk = CannedDesk(items=[*LOW])
        async with seated(desk) as person:
            await begin(person)
            await person.press(key)
            await person.until(lambda: person.app.screen is person.queue)

            assert desk.canned.calls == []

    asyncio.run(play())


def test_what_cannot_be_approved_is_not_put_on_the_list() -> None:
    def unchecked(review: Review) -> Review:
        return replace(review, shown=None, why_not="it is being verified")

    async def play() -> None:
        desk = CannedDesk(items=[*LOW], changed={"P-21": unchecked})
        async with seated(desk) as person:
            await begin(person)
            await person.press("y")
            await person.sees("It cannot be approved now: it is being verified")

            assert quick(person).choices == []

    asyncio.run(play())


def test_nothing_of_low_risk_is_said() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.press("Q")
            await person.sees("Nothing of low risk")

    asyncio.run(play())


def test_without_quick_keys_a_single_letter_decides_nothing_here_either() -> None:
    async def play() -> None:
        desk = CannedDesk(items=[*LOW], seconds_left=900.0)
        options = Options(quick_keys=False, clock=lambda: NOW)
        async with seated(desk, options=options) as person:
            await person.press("f6")
            await person.until(lambda: isinstance(person.app.screen, QuickScreen))
            await shows(person, "P-21")
            await person.press("y", "n", "s")
            assert quick(person).choices == []
            await person.press("alt+a")
            await shows(person, "P-22")

            assert [one.proposal for one in quick(person).choices] == ["P-21"]

    asyncio.run(play())
