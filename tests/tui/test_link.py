"""What the app shows while the service is gone, and that nothing written is lost by it."""

import asyncio
from datetime import timedelta

from at_screen import Person, seated
from canned_desk import NOW
from canned_served import ServedDesk

from toolvet.errors import UnreachableError
from toolvet_tui.errands import Trouble
from toolvet_tui.link import Link, LinkLine
from toolvet_tui.messages import LinkLost

GONE = Trouble("nobody answers", "service.unreachable")


def test_the_line_counts_from_when_it_was_lost_first() -> None:
    link = Link()
    assert link.words(NOW) == ""

    link.lost(GONE, NOW, NOW + timedelta(seconds=4))
    assert "trying again in 4 s" in link.words(NOW)
    link.lost(GONE, NOW + timedelta(minutes=5))

    assert link.words(NOW + timedelta(minutes=5)).startswith("OFFLINE since 12:00")
    link.back()
    assert not link.is_lost
    assert link.words(NOW) == ""


def line(person: Person) -> LinkLine:
    return person.app.screen.query_one(LinkLine)


def test_every_screen_says_that_the_service_is_gone_until_it_is_back() -> None:
    async def scene() -> None:
        desk = ServedDesk()
        async with seated(desk) as person:
            desk.fault = UnreachableError("nobody answers")
            desk.hang_up()
            await person.until(lambda: person.app.seat.link.is_lost)
            await person.press("S")
            await person.until(lambda: line(person).has_class("-shown"))

            desk.fault = None
            await person.press("r")
            await person.until(lambda: not person.app.seat.link.is_lost)
            await person.until(lambda: not line(person).has_class("-shown"))

    asyncio.run(scene())


def test_words_that_are_being_written_stay_while_the_service_comes_and_goes() -> None:
    async def scene() -> None:
        desk = ServedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.press("S", "x")
            await person.until(lambda: person.question == "WordsDialog")
            await person.write("pays twice")
            person.app.post_message(LinkLost(GONE, 3.0))
            await person.until(lambda: person.app.seat.link.is_lost)
            desk.say("release:publish")
            await person.write(" since noon")
            await person.press("ctrl+s")
            await person.sees("not served any more")

        assert desk.canned.calls == [("disable", "hostile", "pays twice since noon")]

    asyncio.run(scene())
