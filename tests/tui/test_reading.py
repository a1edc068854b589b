"""Reading a proposal: what needs attention next, viewed marks, comparing, resuming, telling the time."""

import asyncio
from dataclasses import replace
from pathlib import Path

from at_screen import Person, seated
from canned_desk import AFTER, BEFORE, NOW, CannedDesk

from toolvet.errors import HomeError
from toolvet_reviews.digests import sha256
from toolvet_reviews.review_views import Comparison, ReviewState, ThingChanged
from toolvet_tui.code import CodeView
from toolvet_tui.options import Options


async def opened(person: Person, proposal: str = "P-12") -> None:
    await person.opens(proposal)
    await person.until(lambda: person.review.reading and person.review.reading.state)


def test_n_goes_through_everything_over_all_files_and_panes_and_p_back() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        thing = ThingChanged("spec", "effects.http", "changed", "a", "b")
        desk.canned.comparisons["P-12", "published"] = Comparison("P-12", "", "", (), (thing,))
        async with seated(desk) as person:
            await opened(person)
            met: list[tuple[str, str]] = []
            for _ in range(12):
                await person.press("n")
                met.append((person.review.pane, person.review.code.path))
                if "Nothing further down" in person.said:
                    break
            panes = [pane for pane, _ in met]

            assert {path for pane, path in met if pane == "code"} == {
                "send_reminders.py", "tool.toml",
            }  # fmt: skip
            assert panes == sorted(panes, key=("code", "spec", "rubric").index)
            assert "spec" in panes
            await person.press("p", "p", "p", "p", "p", "p", "p", "p", "p")
            await person.sees("Nothing further up")

    asyncio.run(play())


def test_v_marks_a_file_viewed_with_its_digest_and_goes_on_to_the_next() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await opened(person)
            await person.press("2", "v")
            await person.sees("1 of 2 files viewed")
            assert person.review.code.path == "tool.toml"
            await person.until(lambda: desk.canned.seen.get("P-12"))
            [mark] = desk.canned.seen["P-12"]
            assert (mark.name, mark.digest) == ("send_reminders.py", sha256(AFTER.encode()))
            await person.press("v")
            await person.sees("2 of 2 files viewed")
            await person.press("v")
            await person.sees("No longer marked")
            await person.until(lambda: len(desk.canned.seen["P-12"]) == 1)

    asyncio.run(play())


def test_without_a_key_it_asks_once_and_marks_on_the_screen() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await opened(person)
            await person.press("2", "v")
            await person.until(lambda: person.question == "PassphraseDialog")
            await person.press("escape")
            await person.sees("Marked on this screen only")
            await person.press("v")
            await person.sees("2 of 2 files viewed")
            assert person.question == ""
            assert desk.canned.seen == {}

    asyncio.run(play())


def test_marks_made_before_the_key_was_open_go_along_with_the_next() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await opened(person)
            await person.press("2", "v")
            await person.until(lambda: person.question == "PassphraseDialog")
            await person.press("escape")
            await person.until(lambda: not person.question)
            desk.seconds_left = 900.0
            await person.press("v")
            await person.until(lambda: len(desk.canned.seen.get("P-12", ())) == 2)

    asyncio.run(play())


def test_a_comparison_that_cannot_be_made_leaves_the_files_as_they_were() -> None:
    async def play() -> None:
        desk = CannedDesk(seconds_left=900.0)
        async with seated(desk) as person:
            await opened(person)
            before = person.review.reading
            assert before is not None
            await person.press("b")  # no such bytes: the canned service has no blobs
            await person.until(lambda: "[" in person.said)

            assert person.review.reading is not None
            assert person.review.reading.files == before.files
            assert person.review.against == "published"

    asyncio.run(play())


def test_one_comes_back_to_where_one_stopped(tmp_path: Path) -> None:
    async def play() -> None:
        options = Options(config_dir=tmp_path, clock=lambda: NOW)
        async with seated(CannedDesk(), options=options) as person:
            await opened(person)
            person.review.code.open("send_reminders.py", 12)
            await person.press("2", "q")
            await person.until(lambda: person.app.screen is person.queue)
        async with seated(CannedDesk(), options=options) as person:
            await opened(person)
            await person.sees("Here is where you stopped")

            assert person.review.pane == "code"
            assert person.review.code.place == ("send_reminders.py", 12)

    asyncio.run(play())


def test_the_conversation_that_cannot_be_read_is_said_and_the_review_is_there() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await opened(person)
            desk.fault = HomeError("the disk is gone")
            person.review.load_around()
            await person.until(lambda: "cannot be read now" in person.paper("brief"))
            assert "the disk is gone" in person.paper("talk")
            assert "What it may do" in person.paper("brief")

    asyncio.run(play())


def test_what_is_looked_at_is_told_while_the_key_is_open_only() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk) as person:
            await opened(person)
            await person.press("2", "j")
            person.review.tell_sitting()
            await person.pilot.pause()
            assert desk.canned.calls == []
            desk.seconds_left = 900.0
            person.review.tell_sitting()
            await person.until(lambda: desk.canned.calls)
            [(act, proposal, *parts)] = desk.canned.calls

            assert (act, proposal) == ("sit", "P-12")
            assert {"brief", "diff:send_reminders.py"} <= set(parts)

    asyncio.run(play())


def test_whose_turn_it_is_and_who_else_looks_is_in_the_first_screenful() -> None:
    async def play() -> None:
        desk = CannedDesk()
        desk.canned.keep(ReviewState("P-12", others=("ben",), stale_base=True))
        async with seated(desk, size=(80, 24)) as person:
            await opened(person)
            await person.until(lambda: "also here" in person.paper("brief"))
            drawn = person.review.paper("brief")
            first = "\n".join(drawn.render_line(y).text for y in range(drawn.size.height))

            for words in ("what", "may", "changed", "wrong", "ben", "not what this starts from"):
                assert words in first

    asyncio.run(play())


def test_spaces_that_are_passed_over_are_counted_in_sight() -> None:
    async def play() -> None:
        desk = CannedDesk()
        spaced = BEFORE.replace("    sent = 0", "  sent =  0")
        async with seated(desk) as person:
            await opened(person)
            view = person.review.query_one("#view", CodeView)
            from toolvet_reviews.sides import compare  # noqa: PLC0415 - only here

            [change] = compare({"a.py": BEFORE.encode()}, {"a.py": spaced.encode()})
            await person.press("2")
            view.show(change)
            await person.press("i", "i")

            assert "all spaces ignored, 1 hidden" in view.render_line(0).text

    asyncio.run(play())


def test_more_lines_around_a_change_are_a_key_away() -> None:
    async def play() -> None:
        async with seated(CannedDesk(), size=(120, 60)) as person:
            await opened(person)
            await person.press("2")
            view = person.review.query_one("#view", CodeView)

            def folds() -> int:
                rows = (view.render_line(y).text for y in range(view.size.height))
                return sum("unchanged lines" in row for row in rows)

            before = folds()
            await person.press("plus", "plus", "plus")
            assert (before, folds()) == (1, 0)
            await person.press("minus", "minus", "minus")
            assert folds() == before

    asyncio.run(play())


def test_a_hostile_reader_state_is_shown_as_text() -> None:
    async def play() -> None:
        desk = CannedDesk()
        desk.canned.keep(replace(ReviewState("P-12"), others=("[red]\x1b[31m\u202e",)))
        async with seated(desk) as person:
            await opened(person)
            await person.until(lambda: "also here" in person.paper("brief"))
            assert "[red]<U+001B>[31m<U+202E>" in person.paper("brief")

    asyncio.run(play())
