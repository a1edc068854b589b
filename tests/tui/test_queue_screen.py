"""The queue at the screen: order, filter, place, live changes, a service that comes and goes."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from at_screen import Person, seated
from canned_desk import HOSTILE, NOW, PASSPHRASE, QUEUE, CannedDesk, item
from textual.widgets import Input, Static

from toolvet.errors import UnreachableError
from toolvet_tui import settings
from toolvet_tui.app import ToolvetApp
from toolvet_tui.options import Options


def lines(person: Person) -> list[str]:
    """What the queue shows, line by line."""
    shown = person.queue.shown
    return [
        "".join(part.text for part in shown.render_line(y)).rstrip()
        for y in range(min(shown.size.height, shown.row_count))
    ]


def test_items_come_in_the_order_of_the_service() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            assert [one.id for one in person.queue.shown.items] == [one.id for one in QUEUE]
            row = lines(person)[0].split()
            assert row[1:5] == ["46", "P-12", "+++++?", "invoices/send_reminders"]

    asyncio.run(play())


def test_names_of_others_are_shown_as_they_are_and_never_obeyed() -> None:
    async def play() -> None:
        async with seated(CannedDesk(), size=(160, 30)) as person:
            row = next(line for line in lines(person) if "P-16" in line)

            assert "[bold red]pay" in row
            assert HOSTILE not in row
            assert "\x1b" not in row

    asyncio.run(play())


def test_a_change_elsewhere_shows_at_once_and_the_cursor_stays_on_its_item() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await person.press("j", "j")
            desk.items.insert(0, item(30, "fresh", "pure", "reviewing", "++++++"))
            desk.say("revision:verify")
            await person.until(lambda: person.queue.shown.row_count == len(QUEUE) + 1)

            current = person.queue.shown.current
            assert current is not None
            assert current.id == "P-15"

    asyncio.run(play())


def test_a_log_that_grew_by_calls_alone_does_not_read_the_queue_again() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            desk.items = desk.items[:1]
            desk.say("call:run")
            desk.say("comment:add")  # what is told is told in order
            await person.until(lambda: person.queue.shown.row_count == 1)

    asyncio.run(play())


def test_the_filter_takes_every_key_until_it_is_left() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.press("slash")
            await person.write("aqx")
            assert person.find("#filter", Input).value == "aqx"
            assert not person.question
            await person.until(lambda: person.queue.shown.row_count == 0)
            await person.press("escape")
            await person.until(lambda: person.queue.shown.row_count == len(QUEUE))

    asyncio.run(play())


def test_the_filter_keeps_items_that_hold_every_word() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.press("slash")
            await person.paste("PURE reviewing")
            await person.press("enter")
            await person.until(lambda: person.queue.shown.row_count == 1)

            assert [one.tool for one in person.queue.shown.items] == ["parse_iban"]

    asyncio.run(play())


def test_a_key_of_decision_opens_the_item_and_asks_there() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.press("j", "a")
            await person.until(lambda: person.question == "ApproveDialog")

            assert person.review.proposal == "P-14"

    asyncio.run(play())


def test_an_empty_queue_says_so() -> None:
    async def play() -> None:
        async with seated(CannedDesk(items=[])) as person:
            await person.press("enter", "a", "j", "k", "G", "g", "n")

            assert not person.question
            assert person.queue.query_one("#empty").display

    asyncio.run(play())


def test_a_long_queue_is_read_in_pages_and_on_at_its_end() -> None:
    async def play() -> None:
        many = [replace(QUEUE[1], id=f"P-{n}", tool=f"tool_{n}") for n in range(5000)]
        async with seated(CannedDesk(items=many)) as person:
            await person.until(lambda: person.queue.shown.row_count == 2000)
            await person.press("G")
            await person.until(lambda: person.queue.shown.row_count == 4000)
            await person.press("G")
            await person.until(lambda: person.queue.shown.row_count == 5000)

    asyncio.run(play())


def test_a_service_that_is_gone_is_told_and_comes_back_by_itself() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            desk.fault = UnreachableError("no service at unix:x")
            desk.hang_up()
            await person.sees("No connection; trying again")
            await person.sees("service.unreachable")
            assert person.queue.shown.row_count == len(QUEUE)
            desk.fault = None
            await person.until(lambda: "No connection" not in person.said)

    asyncio.run(play())


def test_a_service_that_does_not_start_is_told_with_its_code() -> None:
    async def play() -> None:
        desk = CannedDesk(fault=UnreachableError("no service at unix:x"))
        app = ToolvetApp(desk, Options(clock=lambda: NOW))
        async with app.run_test() as pilot:
            person = Person(app, pilot)
            await person.until(lambda: "service.unreachable" in person.said)
            desk.fault = None
            await person.press("r")
            await person.until(lambda: person.queue.shown.row_count == len(QUEUE))

    asyncio.run(play())


def test_a_proposal_named_at_the_start_is_opened() -> None:
    async def play() -> None:
        async with seated(CannedDesk(), options=Options(proposal="P-15")) as person:
            await person.until(lambda: len(person.app.screen_stack) > 2)
            await person.until(lambda: person.review.review)

            assert person.review.proposal == "P-15"

    asyncio.run(play())


def test_a_proposal_that_is_not_there_is_told_with_its_code() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            person.queue.open("P-999")
            await person.sees("proposal.not_found")
            await person.press("a", "x", "c", "m", "d", "n", "2", "3")

            assert not person.question

    asyncio.run(play())


def test_tab_goes_through_whose_turn_it_is_and_o_through_the_orders() -> None:
    async def play() -> None:
        items = [
            replace(QUEUE[0], mine=True, whose=("ada",), risk=10),
            replace(QUEUE[1], whose=("bob",), risk=80),
            replace(QUEUE[2], snoozed_until="2026-12-01T00:00:00.000000Z"),
        ]
        desk = CannedDesk(items=items, seconds_left=900.0)
        async with seated(desk) as person:
            shown = person.queue.shown
            await person.press("o")
            await person.until(lambda: [one.id for one in shown.items] == ["P-14", "P-12"])
            await person.press("tab")
            await person.until(lambda: [one.id for one in shown.items] == ["P-12"])
            await person.press("shift+tab", "shift+tab")
            await person.until(lambda: [one.id for one in shown.items] == ["P-15"])

            assert any("z" in line[:2] for line in lines(person))

    asyncio.run(play())


def test_an_item_is_taken_and_given_back_by_the_person_alone() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await person.press("C")
            await person.until(lambda: person.question == "PassphraseDialog")
            assert desk.canned.calls == []
            await person.paste(PASSPHRASE)
            await person.press("enter")
            await person.sees("P-12 is yours")
            await person.until(lambda: "*ada" in lines(person)[0])
            await person.press("C")
            await person.sees("P-12 is free again")

            assert desk.canned.calls == [("claim", "P-12", "take"), ("claim", "P-12", "back")]

    asyncio.run(play())


def test_an_item_is_put_away_until_a_moment_and_nonsense_is_refused() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.press("z")
            await person.until(lambda: person.question == "SnoozeDialog")
            field = person.find("#line", Input)
            for wrong in ("soon", "2020-01-01", "400d"):
                field.value = wrong
                await person.press("enter")
                await person.until(lambda: getattr(person.app.screen, "said", ""))
            assert desk.canned.calls == []
            field.value = "3d"
            await person.press("enter")
            await person.sees("P-12 is put away until 2026-11-24 12:00")
            await person.until(lambda: person.queue.shown.row_count == len(QUEUE) - 1)

    asyncio.run(play())


def test_somebody_is_asked_to_review() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.press("A")
            await person.until(lambda: person.question == "LineDialog")
            await person.write("bob")
            await person.press("enter")
            await person.sees("bob is asked to review P-12")

            assert desk.canned.calls == [("assign", "P-12", "bob", "on")]

    asyncio.run(play())


def test_letters_find_an_item_and_enter_opens_it() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.press("f")
            await person.write("prse iban")
            await person.until(lambda: person.queue.item and person.queue.item.id == "P-14")
            await person.press("enter")
            await person.until(lambda: len(person.app.screen_stack) > 2)

            assert person.review.proposal == "P-14"
            assert person.queue.shown.row_count == len(QUEUE)

    asyncio.run(play())


def test_a_filter_is_saved_under_a_name_used_and_dropped(tmp_path: Path) -> None:
    async def play() -> None:
        options = Options(clock=lambda: NOW, config_dir=tmp_path)
        async with seated(CannedDesk(), options=options) as person:
            await person.press("slash")
            await person.write("kind:pure")
            await person.press("enter", "F")
            await person.until(lambda: person.question == "FiltersDialog")
            await person.press("s")
            await person.until(lambda: person.question == "LineDialog")
            await person.write("simple")
            await person.press("enter")
            await person.sees("Saved as 'simple'")
            await person.press("escape")
            await person.until(lambda: person.queue.shown.row_count == len(QUEUE))
            await person.press("F")
            await person.until(lambda: person.question == "FiltersDialog")
            await person.press("enter")
            await person.until(lambda: person.queue.shown.row_count == 2)
            assert settings.load(tmp_path).filters["simple"].words == "kind:pure"
            await person.press("F")
            await person.until(lambda: person.question == "FiltersDialog")
            await person.press("d")
            await person.sees("is gone")

        assert not settings.load(tmp_path).filters

    asyncio.run(play())


def test_more_is_said_about_the_item_under_the_cursor() -> None:
    async def play() -> None:
        items = [replace(QUEUE[0], risk=62, risk_why="two hosts", objections=1)]
        async with seated(CannedDesk(items=items)) as person:
            detail = str(person.queue.query_one("#detail", Static).content)

            assert "risk 62: two hosts" in detail
            assert "1 word against" in detail

    asyncio.run(play())


def test_ten_thousand_items_stay_fluid() -> None:
    async def play() -> None:
        many = [replace(QUEUE[1], id=f"P-{n}", tool=f"tool_{n}") for n in range(10_000)]
        async with seated(CannedDesk(items=many)) as person:
            await person.press("slash")
            await person.until(lambda: len(person.queue.shown.everything) == 10_000)
            began = time.perf_counter()
            person.queue.shown.narrow("tool_99 kind:pure")
            filtered = time.perf_counter() - began
            assert person.queue.shown.row_count == 111
            person.queue.shown.narrow("")
            began = time.perf_counter()
            person.queue.shown.seek("tol_9876")
            sought = time.perf_counter() - began
            assert person.queue.item is not None
            assert person.queue.item.id == "P-9876"
            # Bounds for a machine that is ten times as slow as one that is quiet.
            assert filtered < 1.0, filtered
            assert sought < 3.0, sought

    asyncio.run(play())
