"""An auditor looks back: finds decisions, reads one in full with its proof, asks about a day."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from at_screen import Person, seated
from canned_desk import NOW, PASSPHRASE
from canned_served import HISTORY, ServedDesk, line, proof
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from toolvet.client import proof as proving
from toolvet.client.errors import RemoteError
from toolvet.client.proof import Proof
from toolvet.errors import UnreachableError
from toolvet_tui.choice_dialog import ChoiceList
from toolvet_tui.history_callable import CallableList, CallableScreen
from toolvet_tui.history_decision import DecisionScreen, proof_blocks
from toolvet_tui.history_list import HistoryList
from toolvet_tui.history_query import QueryError, asked, parse_query, text_of
from toolvet_tui.history_screen import HistoryScreen
from toolvet_tui.options import Options
from toolvet_tui.paper import Paper
from toolvet_tui.review_screen import ReviewScreen
from toolvet_tui.settings import SavedQuery, TuiSettings, load, save


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


@pytest.fixture(autouse=True)
def proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "check", lambda client, service, index: proof(index))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]


@asynccontextmanager
async def looking_back(desk: ServedDesk, **options: Any) -> AsyncGenerator[Person]:
    async with seated(desk, options=Options(clock=lambda: NOW, **options)) as person:
        await person.press("H")
        await person.until(lambda: isinstance(person.app.screen, HistoryScreen))
        await person.until(lambda: person.said or history(person).is_read)
        yield person


def history(person: Person) -> HistoryScreen:
    return next(one for one in person.app.screen_stack if isinstance(one, HistoryScreen))


def listed(person: Person) -> list[int]:
    return [one.index for one in history(person).query_one(HistoryList).items]


def page(person: Person) -> str:
    return person.app.screen.query_one("#page", Paper).text


def test_decisions_are_listed_newest_first() -> None:
    async def scene() -> None:
        async with looking_back(ServedDesk()) as person:
            assert listed(person) == [one.index for one in HISTORY]

    run(scene())


def test_a_query_narrows_the_list_and_escape_shows_all_again() -> None:
    async def scene() -> None:
        desk = ServedDesk()
        async with looking_back(desk) as person:
            await person.press("slash")
            await person.write("verb:vote by:bob since:7d")
            await person.press("enter")
            await person.until(lambda: listed(person) == [37])
            assert desk.asked[-1] == ("", "vote", "", "bob", "2026-11-14T12:00:00.000000Z", "")

            await person.press("escape")
            await person.until(lambda: len(listed(person)) == len(HISTORY))

            await person.press("escape")
            assert person.app.screen is person.queue

    run(scene())


def test_a_query_that_cannot_be_read_is_said_and_asks_nothing() -> None:
    async def scene() -> None:
        desk = ServedDesk()
        async with looking_back(desk) as person:
            before = len(desk.asked)
            await person.press("slash")
            await person.write("since:sometime")
            await person.press("enter")
            await person.sees("is no time")

            assert len(desk.asked) == before

    run(scene())


def test_letters_typed_into_the_query_are_no_commands() -> None:
    async def scene() -> None:
        async with looking_back(ServedDesk()) as person:
            await person.press("slash")
            await person.write("HSDqtws?")

            assert person.find("#filter", Input).value == "HSDqtws?"
            assert person.app.screen is history(person)

    run(scene())


def test_a_saved_query_is_there_in_the_next_app(tmp_path: Path) -> None:
    async def scene() -> None:
        desk = ServedDesk()
        async with looking_back(desk, config_dir=tmp_path) as person:
            await person.press("slash")
            await person.write("by:ada")
            await person.press("enter", "s")
            await person.until(lambda: person.question == "NameDialog")
            await person.write("what ada did")
            await person.press("enter")
            await person.sees("Saved as what ada did")
        assert load(tmp_path).queries == {"what ada did": SavedQuery(person="ada")}

        async with looking_back(ServedDesk(), config_dir=tmp_path) as person:
            await person.press("w")
            await person.until(lambda: person.question == "ChoiceDialog")
            assert person.find("#choices", ChoiceList).items[0][0] == "what ada did"
            await person.press("enter")
            await person.until(lambda: 37 not in listed(person))
            assert person.find("#filter", Input).value == "person:ada"

    run(scene())


def test_a_saved_query_can_be_dropped_and_a_built_in_one_cannot(tmp_path: Path) -> None:
    save(tmp_path, TuiSettings(queries={"mine": SavedQuery("x")}))

    async def scene() -> None:
        async with looking_back(ServedDesk(), config_dir=tmp_path) as person:
            await person.press("w")
            await person.until(lambda: person.question == "ChoiceDialog")
            await person.press("j", "x")
            assert person.question == "ChoiceDialog"
            await person.press("k", "x")
            await person.sees("not saved any more")

    run(scene())
    assert load(tmp_path).queries == {}


def test_settings_that_cannot_be_read_are_said_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "tui.toml").write_text("theme = ")

    async def scene() -> None:
        async with looking_back(ServedDesk(), config_dir=tmp_path) as person:
            await person.press("w")
            await person.sees("tui.toml")

    run(scene())
    assert (tmp_path / "tui.toml").read_text() == "theme = "


def test_the_end_of_the_list_reads_on() -> None:
    lines = tuple(line(number, "vote:approve", "a/b") for number in range(700, 100, -1))

    async def scene() -> None:
        async with looking_back(ServedDesk(lines=lines)) as person:
            assert len(listed(person)) == 200
            await person.press("G")
            await person.until(lambda: len(listed(person)) == 400)
            assert history(person).query_one(HistoryList).cursor == 199

    run(scene())


def test_the_cursor_stays_on_its_decision_when_the_log_grows() -> None:
    async def scene() -> None:
        desk = ServedDesk()
        async with looking_back(desk) as person:
            await person.press("j", "j")
            desk.lines = (line(43, "vote:approve", "a/b"), *HISTORY)
            desk.say("vote:approve")
            await person.until(lambda: listed(person)[0] == 43)

            current = history(person).query_one(HistoryList).current
            assert current is not None
            assert current.index == 39

    run(scene())


def test_one_decision_is_shown_with_its_evidence_and_its_proof() -> None:
    async def scene() -> None:
        async with looking_back(ServedDesk()) as person:
            await person.press("j", "j", "enter")
            await person.until(lambda: "holds: ada" in page(person))

            text = page(person)
            assert "semgrep warned: 1 warning" in text
            assert "verdict: approve" in text
            assert "\u202e" not in text
            assert "<U+202E>" in text
            assert "[bold red]" in text

    run(scene())


def test_the_next_and_the_previous_decision_are_one_key_away() -> None:
    async def scene() -> None:
        async with looking_back(ServedDesk()) as person:
            await person.press("enter")
            await person.until(lambda: isinstance(person.app.screen, DecisionScreen))
            screen = person.app.screen
            assert isinstance(screen, DecisionScreen)
            await person.press("n")
            await person.until(lambda: screen.decision is not None and screen.decision.index == 40)
            await person.press("p")
            await person.until(lambda: screen.decision is not None and screen.decision.index == 42)
            await person.press("p")
            await person.sees("no other")

    run(scene())


def test_a_proof_that_fails_is_the_first_thing_that_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forged = replace(
        proof(39), signature_ok=False, in_log=False, problems=("the signature does not hold",)
    )
    monkeypatch.setattr(proving, "check", lambda *_: forged)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    async def scene() -> None:
        async with looking_back(ServedDesk()) as person:
            await person.press("enter")
            await person.until(lambda: "PROBLEM" in page(person))

            first = page(person).split("What was decided")[0]
            assert "! PROBLEM the signature does not hold" in first
            assert "NOT in the signed log" in first
            assert "holds:" not in first

    run(scene())


def test_a_proof_that_cannot_be_made_is_never_shown_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> Proof:
        raise UnreachableError("nobody answers")

    monkeypatch.setattr(proving, "check", unreachable)

    async def scene() -> None:
        async with looking_back(ServedDesk()) as person:
            await person.press("enter")
            await person.until(lambda: "could not be checked" in page(person))
            assert "nobody answers" in page(person)
            assert "+" not in page(person).split("What was decided")[0]

    run(scene())


def test_words_of_a_service_are_spelled_out_in_a_proof() -> None:
    said = proof_blocks(replace(proof(1), signer="\x1b[31mada\u202e", problems=("\x07no",)))

    assert all(block.text.isprintable() for block in said)


def test_a_decision_leads_to_its_proposal() -> None:
    async def scene() -> None:
        desk = ServedDesk(lines=(line(42, "vote:approve", "x", proposal="P-12"),))
        async with looking_back(desk) as person:
            await person.press("enter")
            await person.until(lambda: isinstance(person.app.screen, DecisionScreen))
            screen = person.app.screen
            assert isinstance(screen, DecisionScreen)
            await person.until(lambda: screen.decision is not None)
            screen.decision = replace(screen.decision, proposal="P-12")  # pyright: ignore[reportArgumentType]
            await person.press("o")
            await person.until(lambda: isinstance(person.app.screen, ReviewScreen))

    run(scene())


def test_what_was_callable_on_a_day_is_asked_for_day_by_day() -> None:
    async def scene() -> None:
        async with looking_back(ServedDesk()) as person:
            await person.press("t")
            await person.until(lambda: isinstance(person.app.screen, CallableScreen))
            screen = person.app.screen
            assert isinstance(screen, CallableScreen)
            await person.until(lambda: screen.is_read)
            assert screen.at == "2026-11-21"
            assert len(screen.query_one(CallableList).items) == 2

            await person.press("left")
            assert screen.at == "2026-11-20"
            await person.press("slash")
            await person.write("2026-11-01")
            await person.press("enter")
            await person.until(lambda: not screen.query_one(CallableList).items)
            assert screen.at == "2026-11-01"

            await person.press("q")
            assert person.app.screen is history(person)

    run(scene())


def test_a_day_that_is_none_is_said() -> None:
    async def scene() -> None:
        async with looking_back(ServedDesk()) as person:
            await person.press("t", "slash")
            await person.write("2026-13-01")
            await person.press("enter")
            await person.sees("is no time")

    run(scene())


def test_who_may_not_look_back_is_told_so_and_sees_it_once_the_key_is_open() -> None:
    async def scene() -> None:
        desk = ServedDesk(agents_may=False)
        async with looking_back(desk) as person:
            await person.sees("only people may read the log")
            await person.press("K")
            await person.until(lambda: person.question == "PassphraseDialog")
            await person.write(PASSPHRASE)
            await person.press("enter")
            await person.until(lambda: listed(person))

    run(scene())


def test_a_service_that_refuses_leaves_the_list_as_it_was() -> None:
    async def scene() -> None:
        desk = ServedDesk()
        async with looking_back(desk) as person:
            desk.fault = RemoteError("busy", "try again later", status=503)
            await person.press("r")
            await person.sees("try again later")
            assert listed(person) == [one.index for one in HISTORY]

            desk.fault = None
            await person.press("r")
            await person.until(lambda: "try again later" not in person.said)

    run(scene())


# --- queries ----------------------------------------------------------------------------------

WORD = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=12)


@given(WORD, WORD, WORD)
def test_a_query_reads_back_as_it_is_written(words: str, tool: str, person: str) -> None:
    query = SavedQuery(words=words.replace(":", ""), tool=tool, person=person)

    assert parse_query(text_of(query)) == query


def test_a_name_with_spaces_and_short_names_are_understood() -> None:
    query = parse_query('refund "by:Ada L" from:2d before:yesterday http://x')

    assert query == SavedQuery("refund http://x", person="Ada L", since="2d", until="yesterday")


@pytest.mark.parametrize("text", ['"open', "by:a person:b", "since:1d from:2d"])
def test_a_query_that_contradicts_itself_is_refused(text: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_query(text)

    assert refused.value.code == "tui.query"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("today", "2026-11-21"),
        ("yesterday", "2026-11-20"),
        ("12h", "2026-11-21T00:00:00.000000Z"),
        ("2w", "2026-11-07T12:00:00.000000Z"),
        ("2026-11-01", "2026-11-01"),
        ("2026-11-01T08:00", "2026-11-01T08:00:00.000000Z"),
        ("2026-11-01T08:00:00+02:00", "2026-11-01T06:00:00.000000Z"),
    ],
)
def test_times_are_said_as_people_say_them(said: str, meant: str) -> None:
    assert asked(SavedQuery(since=said), NOW).since == meant


@pytest.mark.parametrize("said", ["7", "d", "99999d", "2026-02-30", "soon", "7d ago"])
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(QueryError):
        asked(SavedQuery(until=said), datetime(2026, 11, 21, tzinfo=UTC))
