"""What is served, in the terminal: how it does, back to an earlier version, stop, dead letters."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from at_screen import Person, seated
from canned_desk import PASSPHRASE
from canned_served import LETTERS, NEW_DIGEST, OLD_DIGEST, RELEASES, SERVED, ServedDesk

from toolvet.client.errors import DifferenceError, RemoteError
from toolvet.client.shapes import ReleaseItem
from toolvet_tui.paper import Paper
from toolvet_tui.tool_acts import RollbackError, earlier, may_return
from toolvet_tui.tool_dead import DeadList, DeadScreen, outcome
from toolvet_tui.tool_facts import gather
from toolvet_tui.tool_list import ToolList
from toolvet_tui.tool_screen import ToolScreen
from toolvet_tui.tools_screen import ToolsScreen


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


@asynccontextmanager
async def at(desk: ServedDesk, key: str) -> AsyncGenerator[Person]:
    """Somebody who went to the tools, or to the dead letters."""
    async with seated(desk) as person:
        await person.press(key)
        screen = person.app.screen
        assert isinstance(screen, ToolsScreen | DeadScreen)
        await person.until(lambda: screen.is_read)
        yield person


def names(person: Person) -> list[str]:
    return [one.view.name for one in person.find("#list", ToolList).items]


async def unlock(person: Person) -> None:
    await person.until(lambda: person.question == "PassphraseDialog")
    await person.write(PASSPHRASE)
    await person.press("enter")


async def asked(person: Person) -> None:
    await person.until(lambda: getattr(person.app.screen, "was_seen", False))


async def say_why(person: Person, words: str) -> None:
    await person.until(lambda: person.question == "WordsDialog")
    await person.write(words)
    await person.press("ctrl+s")


def test_tools_are_listed_with_how_they_do_and_stopped_ones_last() -> None:
    async def scene() -> None:
        async with at(ServedDesk(), "S") as person:
            assert names(person) == ["hostile", "parse_iban", "send_reminders", "drop_index"]
            facts = person.find("#list", ToolList).items
            assert [one.errors for one in facts] == [0, 0, 6, 0]
            assert [len(one.letters or ()) for one in facts] == [0, 1, 2, 0]

            await person.press("slash")
            await person.write("stopped drop")
            await person.press("enter")
            assert names(person) == ["drop_index"]
            await person.press("q")
            assert len(names(person)) == 4

    run(scene())


def test_one_tool_is_shown_with_versions_calls_and_what_it_says_spelled_out() -> None:
    async def scene() -> None:
        async with at(ServedDesk(), "S") as person:
            await person.press("enter")
            await person.until(lambda: isinstance(person.app.screen, ToolScreen))
            page = person.find("#page", Paper)
            await person.until(lambda: "Versions" in page.text)

            assert "[bold red]pay[/] <U+202E>" in page.text
            assert "stopped for good" in page.text
            assert "served now" in page.text

    run(scene())


def test_going_back_to_a_version_is_chosen_explained_shown_and_signed() -> None:
    async def scene() -> None:
        desk = ServedDesk()
        async with at(desk, "S") as person:
            await person.press("j", "j", "b")
            await person.until(lambda: person.question == "ChoiceDialog")
            await person.press("enter")
            await say_why(person, "502 since noon")
            await asked(person)
            shown = person.find("#signed", Paper)
            assert OLD_DIGEST in shown.text
            assert "502 since noon" in shown.text
            await person.press("y")
            await unlock(person)
            await person.sees("serves version 1")

        signed = f"{OLD_DIGEST} instead of {NEW_DIGEST}"
        assert desk.canned.calls == [("rollback", SERVED, signed, "502 since noon")]

    run(scene())


@pytest.mark.parametrize("leaves_at", ["choice", "words", "question"])
def test_leaving_a_question_signs_nothing(leaves_at: str) -> None:
    async def scene() -> None:
        desk = ServedDesk(seconds_left=900.0)
        async with at(desk, "S") as person:
            await person.press("j", "j", "b")
            await person.until(lambda: person.question == "ChoiceDialog")
            if leaves_at != "choice":
                await person.press("enter")
                await person.until(lambda: person.question == "WordsDialog")
            if leaves_at == "question":
                await say_why(person, "y y y")
                await person.until(lambda: person.question == "SureDialog")
            await person.press("escape")
            await person.until(lambda: not person.question)
            assert desk.canned.calls == []

    run(scene())


def test_a_tool_is_stopped_with_words_and_never_without() -> None:
    async def scene() -> None:
        desk = ServedDesk(seconds_left=900.0)
        async with at(desk, "S") as person:
            await person.press("x")
            await person.until(lambda: person.question == "WordsDialog")
            await person.press("ctrl+s")
            assert person.question == "WordsDialog"
            await say_why(person, "it pays twice")
            await person.sees("not served any more")

        assert desk.canned.calls == [("disable", "hostile", "it pays twice")]

    run(scene())


def test_a_refusal_of_the_service_is_shown_and_nothing_is_claimed() -> None:
    async def scene() -> None:
        desk = ServedDesk(seconds_left=900.0)
        async with at(desk, "S") as person:
            desk.refuses["disable"] = RemoteError("forbidden", "you may not stop it", status=403)
            await person.press("x")
            await say_why(person, "it pays twice")
            await person.sees("you may not stop it")
            assert "not served any more" not in person.said

    run(scene())


def test_calls_that_may_not_be_seen_are_unknown_and_not_none() -> None:
    async def scene() -> None:
        async with at(ServedDesk(agents_may=False), "S") as person:
            facts = person.find("#list", ToolList).items
            assert all(one.calls is None and one.letters is None for one in facts)
            assert ("?", "plain") in person.find("#list", ToolList).cells(facts[0])

    run(scene())


def test_a_failure_that_is_no_refusal_is_not_hidden() -> None:
    desk = ServedDesk(agents_may=False)
    desk.fault = RemoteError("storage", "the disk is full", status=500)

    with pytest.raises(RemoteError):
        gather(desk.reader)


# --- versions ---------------------------------------------------------------------------------


def test_only_versions_that_may_be_served_are_offered() -> None:
    assert [one.version for one in may_return(list(RELEASES))] == [1]
    with pytest.raises(RollbackError) as refused:
        may_return([replace(RELEASES[2])])
    assert refused.value.code == "tui.rollback"


def test_a_version_whose_bytes_are_others_is_not_shown_for_signing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = ServedDesk()
    monkeypatch.setattr("canned_served.BLOBS", {OLD_DIGEST: b'{"name": "other"}'})

    with pytest.raises(DifferenceError):
        earlier(desk, SERVED, 1)


def test_a_version_of_another_tool_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = (ReleaseItem(1, OLD_DIGEST, "P-1", "", stopped=False, current=False),)
    monkeypatch.setattr("canned_served.RELEASES", other)

    with pytest.raises(RollbackError):
        earlier(ServedDesk(), "parse_iban", 1)


# --- dead letters -----------------------------------------------------------------------------


def letter_text(person: Person) -> str:
    return person.find("#letter", Paper).text


def test_a_letter_is_shown_in_full_and_spelled_out() -> None:
    async def scene() -> None:
        async with at(ServedDesk(), "D") as person:
            await person.until(lambda: '"customer": "acme"' in letter_text(person))
            assert "<U+001B>[31mred" in letter_text(person)
            await person.press("j")
            await person.until(lambda: '"number": "A-7"' in letter_text(person))

    run(scene())


def test_a_letter_is_replayed_as_it_was_shown_with_a_signature() -> None:
    async def scene() -> None:
        desk = ServedDesk(seconds_left=900.0)
        async with at(desk, "D") as person:
            await person.until(lambda: "acme" in letter_text(person))
            await person.press("R")
            await asked(person)
            assert "acme" in person.find("#signed", Paper).text
            await person.press("y")
            await person.sees("succeeded")
            await person.until(lambda: len(person.find("#list", DeadList).items) == 2)

        first = LETTERS[0].id
        assert desk.canned.calls == [("replay", first, f"replay {first}")]

    run(scene())


def test_a_letter_that_is_blocked_or_settled_is_not_replayed() -> None:
    async def scene() -> None:
        desk = ServedDesk(seconds_left=900.0)
        async with at(desk, "D") as person:
            await person.press("G")
            await person.until(lambda: "no replay" in letter_text(person))
            await person.press("R")
            await person.sees("cannot be replayed: the caller has no grant")
            await person.press("x")
            await say_why(person, "done by hand")
            await person.sees("discarded")
            await person.press("e")
            await person.until(lambda: len(person.find("#list", DeadList).items) == 3)
            await person.press("G")
            await person.until(lambda: "by ada" in letter_text(person))
            await person.press("R")
            await person.sees("It was discarded already")

        assert desk.canned.calls == [("discard", LETTERS[2].id, "done by hand")]

    run(scene())


def test_what_a_replay_came_to_is_said_as_it_is() -> None:
    desk = ServedDesk(seconds_left=900.0)
    done = desk.person.replay_dead(LETTERS[0].id, b"", b"")
    failed = replace(
        done,
        letter=LETTERS[0],
        answer=replace(done.answer, status="failed", message="502\u202e", code="tool.http"),
    )
    ended = replace(done, letter=LETTERS[0])

    assert outcome(done) == ("Call c99 succeeded.", "good")
    assert outcome(failed) == ("Still open, failed: 502<U+202E> [tool.http]", "bad")
    assert outcome(ended)[1] == "unsure"


def test_going_between_the_places_leads_back_to_the_queue() -> None:
    async def scene() -> None:
        async with at(ServedDesk(), "S") as person:
            await person.press("D")
            assert isinstance(person.app.screen, DeadScreen)
            await person.press("q")
            assert person.app.screen is person.queue
            await person.press("f4", "enter")
            await person.until(lambda: isinstance(person.app.screen, ToolScreen))
            await person.press("f9")
            assert person.app.screen is person.queue

    run(scene())
