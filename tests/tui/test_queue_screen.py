"""The queue at the screen: order, filter, place, live changes, a service that comes and goes."""

import asyncio
from dataclasses import replace

from at_screen import Person, seated
from canned_desk import HOSTILE, NOW, QUEUE, CannedDesk, item
from textual.widgets import Input

from toolvet.errors import UnreachableError
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
            assert lines(person)[0].split()[1:4] == ["P-12", "invoices/send_reminders", "write"]

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
