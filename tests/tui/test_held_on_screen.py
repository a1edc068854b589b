"""Decisions that are held, at the screen: counted down, taken back, dropped, never sent unasked."""

import asyncio
import threading
from dataclasses import replace

import pytest
from at_screen import Person, seated
from canned_desk import PASSPHRASE, REMARK, CannedDesk
from textual.widgets import Input

from toolvet.client.review import Review
from toolvet_reviews.review_views import Comparison, FileComparison, ThingChanged
from toolvet_reviews.views import VoteView
from toolvet_tui.decision_dialogs import WaiveDialog
from toolvet_tui.held_strip import HeldStrip
from toolvet_tui.paper import Paper


class Clock:
    """Seconds that go forward when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def hold(person: Person, proposal: str = "P-12") -> None:
    """Decide for a proposal; it is held from then on."""
    await person.opens(proposal)
    await person.press("a")
    await person.until(lambda: person.question == "ApproveDialog")
    await person.press("y")
    await person.until(lambda: person.app.seat.held.waiting)


def strip(person: Person) -> str:
    screens = [one for one in person.app.screen_stack if one.query(HeldStrip)]
    return screens[-1].query_one(HeldStrip).text


def test_a_decision_is_held_on_the_screen_and_sent_when_its_time_is_over() -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            await person.until(lambda: "5 s  approve P-12" in strip(person))
            assert "u takes the last one back" in strip(person)
            assert person.review.proposal == "P-14"
            clock.now = 3.0
            await person.until(lambda: "2 s  approve P-12" in strip(person))
            assert desk.done == []
            clock.now = 5.1
            await person.sees("P-12 invoices/send_reminders is published")

            assert desk.done == [("approve", "P-12", "")]

    asyncio.run(play())


def test_what_is_taken_back_is_never_sent_and_is_on_the_screen_again() -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            await person.until(lambda: person.review.review is not None)
            await person.press("u")
            await person.sees("Taken back: approve P-12")
            assert person.review.proposal == "P-12"
            clock.now = 60.0
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.queue)

            assert desk.done == []
            assert person.app.seat.held.is_idle

    asyncio.run(play())


def test_words_that_were_taken_back_are_there_for_the_next_try() -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await person.opens("P-12")
            await person.press("c")
            await person.until(lambda: person.question == "WordsDialog")
            await person.write("name the host")
            await person.press("ctrl+s")
            await person.until(lambda: person.app.seat.held.waiting)
            await person.press("u")
            await person.until(lambda: person.review.review and person.review.proposal == "P-12")
            await person.press("c")
            await person.until(lambda: person.question == "WordsDialog")

            assert getattr(person.app.screen, "draft", "") == "name the host"

    asyncio.run(play())


def test_several_are_held_at_once_and_the_last_is_taken_back_first() -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            await person.until(lambda: person.review.review and person.review.proposal == "P-14")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            await person.press("y")
            await person.until(lambda: len(person.app.seat.held.waiting) == 2)
            await person.press("u")
            await person.sees("Taken back: approve P-14")
            clock.now = 6.0
            await person.until(lambda: desk.done)

            assert desk.done == [("approve", "P-12", "")]

    asyncio.run(play())


def test_a_held_decision_about_what_changed_is_dropped_and_said() -> None:
    def newer(review: Review) -> Review:
        view = replace(review.view, revision=3, revision_digest="sha256:" + "9" * 64)
        return replace(review, view=view)

    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            desk.changed["P-12"] = newer
            desk.say("proposal:revise")
            await person.sees("P-12 changed while it was held: it is at revision 3 now")
            clock.now = 60.0
            await person.pilot.pause()

            assert desk.done == []

    asyncio.run(play())


def test_a_change_that_nobody_told_of_is_seen_before_it_is_sent() -> None:
    def closed(review: Review) -> Review:
        return replace(review, view=replace(review.view, state="published"))

    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            desk.changed["P-12"] = closed
            clock.now = 6.0
            await person.sees("tui.changed")

            assert desk.done == []

    asyncio.run(play())


def test_a_proposal_is_not_decided_on_twice_while_it_is_held() -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.queue)
            await person.opens("P-12")
            await person.press("x")
            await person.sees("P-12 is decided on already")

            assert not person.question

    asyncio.run(play())


def test_locking_the_key_takes_back_what_is_held() -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            await person.press("L")
            await person.sees("Your key is locked. Taken back: approve P-12")
            clock.now = 60.0
            await person.pilot.pause()

            assert desk.done == []

    asyncio.run(play())


@pytest.mark.parametrize("quit_key", ["q", "ctrl+q"])
def test_leaving_with_something_held_asks_and_may_take_it_back(quit_key: str) -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.queue)
            await person.press(quit_key)
            await person.until(lambda: person.question == "LeaveDialog")
            await person.press("escape")
            await person.until(lambda: not person.question)
            assert person.app.is_running
            await person.press(quit_key)
            await person.until(lambda: person.question == "LeaveDialog")
            await person.press("t")
            await person.until(lambda: not person.app.is_running)

        assert desk.done == []

    asyncio.run(play())


def test_leaving_may_wait_until_everything_is_answered() -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0, hold=threading.Event())
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            await person.press("ctrl+q")
            await person.until(lambda: person.question == "LeaveDialog")
            await person.press("w")
            clock.now = 6.0
            await person.sees("waiting for the service")
            assert person.app.is_running
            assert desk.hold is not None
            desk.hold.set()
            await person.until(lambda: not person.app.is_running)

        assert desk.done == [("approve", "P-12", "")]

    asyncio.run(play())


def test_leaving_stays_when_what_was_waited_for_went_wrong() -> None:
    async def play() -> None:
        clock, desk = Clock(), CannedDesk(seconds_left=900.0)
        async with seated(desk, ticks=clock, hold_s=5.0) as person:
            await hold(person)
            await person.press("ctrl+q")
            await person.until(lambda: person.question == "LeaveDialog")
            await person.press("w")
            desk.lock()
            clock.now = 6.0
            await person.sees("not done: approve P-12")

            assert person.app.is_running

    asyncio.run(play())


def test_a_rejection_may_name_the_tool_to_extend_instead() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.opens("P-12")
            await person.press("x")
            await person.until(lambda: person.question == "RejectDialog")
            await person.write("we have one")
            await person.press("tab")
            await person.write("invoices_remind")
            await person.press("ctrl+s")
            await person.until(lambda: desk.done)

            assert desk.done == [("reject", "P-12", "we have one", "invoices_remind")]

    asyncio.run(play())


def test_a_waiver_wants_a_reason_and_days() -> None:
    async def play() -> None:
        error = replace(REMARK, severity="error")
        desk = CannedDesk(errors=(error,))
        async with seated(desk, size=(80, 24)) as person:
            await person.opens("P-12")
            await person.press("W")
            await person.until(lambda: person.question == "PassphraseDialog")
            await person.paste(PASSPHRASE)
            await person.press("enter")
            await person.until(lambda: person.question == "WaiveDialog")
            dialog = person.app.screen
            assert isinstance(dialog, WaiveDialog)
            assert "semgrep.host-from-parameter" in person.find("#finding", Paper).text
            await person.press("ctrl+s")
            await person.until(lambda: "reason" in dialog.said)
            await person.write("only inside")
            person.find("#days", Input).value = "0"
            await person.press("ctrl+s")
            await person.until(lambda: "Days" in dialog.said)
            person.find("#days", Input).value = "14"
            await person.press("ctrl+s")
            await person.until(lambda: desk.done)

            assert desk.done == [
                ("waive", "P-12", "only inside", "semgrep.host-from-parameter", "14")
            ]

    asyncio.run(play())


def test_nothing_to_overrule_is_said() -> None:
    async def play() -> None:
        async with seated(CannedDesk(seconds_left=900.0)) as person:
            await person.opens("P-12")
            await person.press("W")
            await person.sees("no error to overrule")

    asyncio.run(play())


def test_an_earlier_vote_is_offered_again_with_what_changed_since() -> None:
    def voted(review: Review) -> Review:
        old = "sha256:" + "1" * 64
        vote = VoteView("ada", "p", "approve", old, "sha256:0", "2026-11-21T10:00:00.000000Z")
        first = replace(review.view.revisions[0], release_digest=old)
        view = replace(review.view, votes=(vote,), revisions=(first, *review.view.revisions[1:]))
        return replace(review, view=view)

    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0, changed={"P-12": voted})
        desk.canned.comparisons["P-12", "1"] = Comparison(
            "P-12", "revision 1", "revision 2",
            (FileComparison("send_reminders.py", "changed", 3, 1, None, None, seen=False),),
            (ThingChanged("effect", "http *.example", "new"),),
        )  # fmt: skip
        async with seated(desk) as person:
            await person.opens("P-12")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            asked = person.find("#signed", Paper).text

            assert "What changed since revision 1" in asked
            assert "send_reminders.py changed, +3 -1" in asked
            assert "+ effect http *.example" in asked
            await person.press("y")
            await person.until(lambda: desk.done)

    asyncio.run(play())
