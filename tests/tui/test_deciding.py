"""Deciding at the screen: what is asked, what is signed, and what is never inferred."""

import asyncio
import threading
from dataclasses import replace

import pytest
from at_screen import Person, seated
from canned_desk import NOW, PASSPHRASE, CannedDesk
from textual import events
from textual.widgets import Input, TextArea

from toolvet.client.review import Review
from toolvet.errors import UnreachableError
from toolvet_reviews.errors import StaleVoteError
from toolvet_tui.decision_dialogs import RejectDialog
from toolvet_tui.dialogs import ApproveDialog, PassphraseDialog, WordsDialog
from toolvet_tui.options import Options
from toolvet_tui.paper import Paper


async def approve(person: Person, passphrase: str = PASSPHRASE) -> None:
    """Press `a`, agree, and type the passphrase when it is asked for."""
    await person.press("a")
    await person.until(lambda: person.question == "ApproveDialog")
    was_locked = person.app.seat.desk.seconds_left <= 0
    await person.press("y")
    if was_locked:
        await give_passphrase(person, passphrase)


async def give_passphrase(person: Person, passphrase: str) -> None:
    await person.until(lambda: person.question == "PassphraseDialog")
    await person.paste(passphrase)
    await person.press("enter")


def test_an_approval_asks_y_and_the_passphrase_and_goes_on_to_the_next() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await person.opens("P-12")
            await approve(person)
            await person.sees("P-12 invoices/send_reminders is published")

            assert desk.done == [("approve", "P-12", "")]
            assert person.review.proposal == "P-14"

    asyncio.run(play())


def test_a_second_approval_asks_for_no_passphrase() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await person.opens("P-12")
            await approve(person)
            await person.until(lambda: person.review.review and person.review.proposal == "P-14")
            await approve(person)
            await person.sees("P-14 parse_iban is published")

            assert [one[1] for one in desk.done] == ["P-12", "P-14"]

    asyncio.run(play())


def test_the_question_names_what_is_signed() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens("P-12")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            shown = person.review.review
            asked = person.find("#signed", Paper).text

            assert shown is not None
            assert shown.shown is not None
            for digest in (shown.shown.release, shown.shown.dossier, shown.shown.policy):
                assert digest in asked
            for words in ("invoices/send_reminders", "revision 2", "write", "ada", "cost unknown"):
                assert words in asked

    asyncio.run(play())


@pytest.mark.parametrize("key", ["n", "escape"])
def test_no_is_no(key: str) -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await person.opens("P-12")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            await person.press(key)
            await person.sees("Nothing was done")

            assert desk.done == []

    asyncio.run(play())


def test_leaving_the_passphrase_signs_nothing() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await person.opens("P-12")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            await person.press("y")
            await person.until(lambda: person.question == "PassphraseDialog")
            await person.press("escape")
            await person.sees("Nothing was done")

            assert desk.done == []

    asyncio.run(play())


def test_a_wrong_passphrase_is_asked_for_again_with_its_code() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await person.opens("P-12")
            await approve(person, "made up")
            dialog = person.app.screen
            assert isinstance(dialog, PassphraseDialog)
            await person.until(lambda: "key.passphrase" in dialog.said)
            assert dialog.query_one(Input).value == ""
            assert desk.done == []
            await give_passphrase(person, PASSPHRASE)
            await person.sees("is published")

    asyncio.run(play())


def test_words_beside_a_vote_may_hold_y_and_sign_nothing_by_themselves() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.opens("P-12")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            await person.press("w")
            await person.write("yes y n")
            assert isinstance(person.app.screen, ApproveDialog)
            assert desk.done == []
            await person.press("enter", "y")
            await person.sees("is published")

            assert desk.done == [("approve", "P-12", "yes y n")]

    asyncio.run(play())


@pytest.mark.parametrize(("key", "act"), [("x", "reject"), ("c", "request_changes")])
def test_giving_back_and_rejecting_want_words(key: str, act: str) -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.opens("P-12")
            await person.press(key)
            await person.until(lambda: person.question)
            await person.press("ctrl+s")
            dialog = person.app.screen
            assert isinstance(dialog, WordsDialog | RejectDialog)
            await person.until(lambda: "words" in dialog.said)
            assert desk.done == []
            await person.write("axcnqyL name the host")
            await person.press("ctrl+s")
            await person.until(lambda: desk.done)

            assert desk.done == [(act, "P-12", "axcnqyL name the host")]

    asyncio.run(play())


def test_words_that_were_not_sent_are_kept_for_the_next_try() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens("P-12")
            await person.press("x")
            await person.until(lambda: person.question == "RejectDialog")
            await person.write("because")
            await person.press("escape")
            await person.until(lambda: not person.question)
            await person.press("x")
            await person.until(lambda: person.question == "RejectDialog")

            assert person.find("TextArea", TextArea).text == "because"

    asyncio.run(play())


@pytest.mark.parametrize(("end", "kept"), [("ctrl+s", False), ("escape", True)])
def test_words_typed_faster_than_they_are_drawn_arrive_whole(end: str, kept: bool) -> None:
    words = "we have one already " * 20

    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.opens("P-12")
            await person.press("x")
            await person.until(lambda: person.question == "RejectDialog")
            for letter in words:
                person.app.post_message(events.Key("space" if letter == " " else letter, letter))
            person.app.post_message(events.Key(end, None))
            await person.until(lambda: not person.question)
            if kept:
                await person.press("x")
                await person.until(lambda: person.question == "RejectDialog")
                assert person.find("TextArea", TextArea).text == words
            else:
                await person.until(lambda: desk.done)
                assert desk.done == [("reject", "P-12", words.strip())]

    asyncio.run(play())


def test_what_cannot_be_approved_says_why_instead_of_asking() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await person.opens("P-18")
            await person.press("a")
            await person.sees("It cannot be approved now: it is being verified")

            assert not person.question

    asyncio.run(play())


def test_a_newer_revision_closes_the_question_and_nothing_is_signed() -> None:
    def newer(review: Review) -> Review:
        view = replace(review.view, revision=3, revision_digest="sha256:" + "9" * 64)
        return replace(review, view=view)

    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.opens("P-12")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            desk.changed["P-12"] = newer
            desk.say("proposal:revise")
            await person.sees("Revision 3 came while you looked")

            assert not person.question
            assert desk.done == []

    asyncio.run(play())


def test_done_is_said_only_when_the_service_answered() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0, hold=threading.Event())
        async with seated(desk) as person:
            await person.opens("P-12")
            await approve(person)
            await person.sees("waiting for the service: approve P-12")
            await person.press("u")
            await person.sees("It is on its way")
            assert "published" not in person.said
            assert desk.hold is not None
            desk.hold.set()
            await person.sees("is published")

    asyncio.run(play())


@pytest.mark.parametrize(
    "fault", [StaleVoteError("it moved on"), UnreachableError("no service at unix:x")]
)
def test_a_refusal_is_told_with_code_and_hint_until_it_is_put_away(fault: Exception) -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0, hold=threading.Event())
        async with seated(desk) as person:
            await person.opens("P-12")
            await approve(person)
            await person.sees("waiting for the service")
            assert desk.hold is not None
            desk.fault = fault
            desk.hold.set()
            code: str = getattr(fault, "code", "")
            await person.sees("not done: approve P-12 invoices/send_reminders")
            assert code in person.said
            assert "published" not in person.said
            desk.fault = None
            await person.press("u")
            await person.until(lambda: "not done" not in person.said)

    asyncio.run(play())


def test_an_unexpected_fault_is_told_and_does_not_end_the_app() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            desk.fault = ZeroDivisionError("boom")
            person.queue.open("P-12")
            await person.sees("tui.unexpected")

            assert person.app.is_running

    asyncio.run(play())


def test_locking_asks_for_the_passphrase_again() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await person.press("L")
            await person.opens("P-12")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            await person.press("y")
            await person.until(lambda: person.question == "PassphraseDialog")

            assert desk.done == []

    asyncio.run(play())


def test_leaving_the_app_locks_the_key() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk):
            pass

        assert desk.seconds_left == 0

    asyncio.run(play())


def test_without_quick_keys_a_single_letter_decides_nothing() -> None:
    async def play() -> None:
        options = Options(quick_keys=False, clock=lambda: NOW)
        async with seated(CannedDesk(), options=options) as person:
            await person.opens("P-12")
            await person.press("a", "x", "c", "m")
            await person.pilot.pause()
            assert not person.question
            await person.press("alt+a")
            await person.until(lambda: person.question == "ApproveDialog")

    asyncio.run(play())
