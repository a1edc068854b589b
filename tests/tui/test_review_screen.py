"""The review at the screen: the brief's order, panes, places in the code, hostile words."""

import asyncio

import pytest
from at_screen import Person, seated
from canned_desk import HOSTILE, CannedDesk
from textual.binding import Binding

from toolvet_tui.code import CodeView
from toolvet_tui.keys import DESK_KEYS, without_quick_keys
from toolvet_tui.paper import Paper
from toolvet_tui.queue_screen import QueueScreen
from toolvet_tui.review_screen import PANES, ReviewScreen

SIZES = ((80, 24), (120, 40), (200, 50))


@pytest.mark.parametrize("size", SIZES)
def test_the_brief_is_in_its_order(size: tuple[int, int]) -> None:
    async def play() -> None:
        async with seated(CannedDesk(), size=size) as person:
            await person.opens("P-12")
            text = person.paper("brief")
            titles = (
                "At a glance", "What it is", "What it may do", "What changed", "What is wrong with it",
                "Rubric", "Conversation",
            )  # fmt: skip
            places = [text.index(title) for title in titles]

            assert places == sorted(places)

    asyncio.run(play())


def test_tab_goes_round_the_panes_and_numbers_go_straight_to_one() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens("P-12")
            seen = [person.review.pane]
            for _ in PANES:
                await person.press("tab")
                seen.append(person.review.pane)
            assert seen == [*PANES, "brief"]
            await person.press("7")
            assert person.review.pane == "rubric"
            await person.press("shift+tab")
            assert person.review.pane == "effects"

    asyncio.run(play())


def test_enter_on_a_finding_opens_its_line_in_the_code() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens("P-12")
            await person.press("3", "j", "enter")
            await person.until(lambda: person.review.pane == "code")
            place = person.find("#view", CodeView).place

            assert (place.path, place.line) == ("send_reminders.py", 18)

    asyncio.run(play())


def test_files_are_gone_through_with_two_keys() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens("P-12")
            await person.press("greater_than_sign")
            assert person.find("#view", CodeView).place.path == "tool.toml"
            await person.press("less_than_sign")
            assert person.find("#view", CodeView).place.path == "send_reminders.py"

    asyncio.run(play())


def test_the_place_in_the_brief_is_kept_when_it_is_read_anew() -> None:
    async def play() -> None:
        desk = CannedDesk()
        async with seated(desk, size=(80, 24)) as person:
            await person.opens("P-12")
            await person.press("G")
            brief = person.find("#brief", Paper)
            before = (brief.cursor, brief.scroll_offset.y)
            await person.press("r")
            await person.until(lambda: not _loading(person))

            assert (brief.cursor, brief.scroll_offset.y) == before
            assert before[1] > 0

    asyncio.run(play())


def _loading(person: Person) -> bool:
    return any(one.group == "load" and not one.is_finished for one in person.app.workers)


def test_words_of_authors_are_shown_literally_on_every_page() -> None:
    async def play() -> None:
        async with seated(CannedDesk(), size=(120, 40)) as person:
            await person.opens("P-16")
            for pane in ("brief", "talk"):
                text = person.paper(pane)
                assert "[bold red]pay[/]" in text
                assert "<b>x</b>" in text
                assert "<U+202E>" in text
                assert "\x1b" not in text
                assert "\u202e" not in text
            await person.press("8")
            drawn = person.app.export_screenshot()
            assert HOSTILE not in drawn
            assert "\u202e" not in drawn
            assert "\x1b" not in drawn

    asyncio.run(play())


@pytest.mark.parametrize("proposal", ["P-11", "P-18"])
def test_what_was_never_passed_can_be_read(proposal: str) -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens(proposal)
            for pane in PANES:
                await person.press("tab")
                await person.until(lambda: not person.question)
                assert person.review.pane in PANES, pane
            await person.sees("It cannot be approved now")

    asyncio.run(play())


def test_the_next_and_previous_proposals_are_a_key_away() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens("P-14")
            await person.press("N")
            await person.until(lambda: person.review.review)
            assert person.review.proposal == "P-15"
            await person.press("P")
            await person.press("P")
            await person.until(lambda: person.review.review)
            assert person.review.proposal == "P-12"
            await person.press("P")
            await person.sees("That was the first one.")

    asyncio.run(play())


def test_back_in_the_queue_the_cursor_is_on_what_was_read() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens("P-14")
            await person.press("N")
            await person.press("q")
            await person.until(lambda: person.app.screen is person.queue)
            current = person.queue.shown.current

            assert current is not None
            assert current.id == "P-15"

    asyncio.run(play())


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 10), (300, 100)])
def test_no_size_of_terminal_breaks_it(size: tuple[int, int]) -> None:
    async def play() -> None:
        async with seated(CannedDesk(), size=size) as person:
            await person.opens("P-12")
            await person.press("tab", "j", "k", "n", "p", "tab", "G", "tab", "g", "tab", "a")
            await person.until(lambda: person.question == "ApproveDialog")
            await person.pilot.resize_terminal(90, 30)
            await person.press("n")
            await person.until(lambda: not person.question)

    asyncio.run(play())


def test_every_key_is_in_the_help_once() -> None:
    async def play() -> None:
        async with seated(CannedDesk()) as person:
            await person.opens("P-12")
            await person.press("question_mark")
            await person.until(lambda: person.question == "KeysDialog")
            text = person.find("#keys", Paper).text
            for words in ("Approve", "Changes", "Reject", "Comment", "Lock the key", "Next part"):
                assert text.count(f" {words}\n") == 1, words

    asyncio.run(play())


def test_every_quick_key_of_a_screen_has_another_one() -> None:
    moved = without_quick_keys()
    names = ("question_mark", "slash", "less_than_sign", "greater_than_sign")
    bindings = [*ReviewScreen.BINDINGS, *QueueScreen.BINDINGS, *DESK_KEYS]
    listed = [one for one in bindings if isinstance(one, Binding)]
    firsts = {one.id or "": one.key.split(",")[0] for one in listed}
    quick = {name for name, key in firsts.items() if len(key) == 1 or key in names}

    assert len(listed) == len(bindings)
    assert quick <= set(moved)
    assert all(len(key) > 1 for keys in moved.values() for key in keys.split(","))
