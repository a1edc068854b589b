"""The app at a real service in this process: real keys, real signatures, real events."""

import asyncio
from collections.abc import Iterator

import pytest
from at_screen import Person, seated
from at_service import PASSPHRASE, enrol, on_its_socket
from furniture import MULTIPLY, renamed
from house import House, Member
from inhabited import Inhabited, inhabited
from textual.widgets import TextArea

from toolvet_reviews.views import ProposalView
from toolvet_tui.desk import ServiceDesk
from toolvet_tui.options import Options
from toolvet_tui.paper import Paper
from toolvet_tui.thread_dialogs import RemarkDialog
from toolvet_tui.try_screen import TryScreen

TOOLS = ("multiply", "first", "second", "third")


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("desk")) as found:
        enrol(found.house, "ada", ["reviewer"])
        bot = found.run(found.house.agent("bot"))
        found.run(submit_all(found.house, bot))
        with on_its_socket(found):
            yield found


async def submit_all(house: House, bot: Member) -> None:
    tools = [MULTIPLY if name == "multiply" else renamed(name) for name in TOOLS]
    for view in await asyncio.gather(*(house.submit(bot, files) for files in tools)):
        assert view.state == "reviewing", (view.tool, view.reason)


def proposal(house: House, tool: str) -> ProposalView:
    page = house.client.proposals(limit=50)
    return house.client.show(next(one.id for one in page.items if one.tool == tool))


async def unlock(person: Person) -> None:
    await person.until(lambda: person.question == "PassphraseDialog")
    await person.paste(PASSPHRASE)
    await person.press("enter")


def test_an_approval_at_the_screen_is_published_by_the_service(lived_in: Inhabited) -> None:
    house = lived_in.house
    wanted = proposal(house, "multiply")

    async def play() -> None:
        async with seated(ServiceDesk(house.settings), options=Options()) as person:
            await person.opens(wanted.id)
            assert "default/multiply, new" in person.paper("brief")
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            assert str(wanted.release_digest) in person.find("#signed", Paper).text
            await person.press("y")
            await unlock(person)
            await person.sees("multiply is published")

    asyncio.run(play())

    after = proposal(house, "multiply")
    assert after.state == "published"
    assert [vote.voter for vote in after.votes] == ["ada"]


def test_words_given_at_the_screen_reach_the_author(lived_in: Inhabited) -> None:
    house = lived_in.house
    wanted = proposal(house, "first")

    async def play() -> None:
        async with seated(ServiceDesk(house.settings), options=Options()) as person:
            await person.opens(wanted.id)
            await person.press("c")
            await person.until(lambda: person.question == "WordsDialog")
            await person.paste("Name the units.\nBoth of them.")
            await person.press("ctrl+s")
            await unlock(person)
            await person.sees("is back with its author")

    asyncio.run(play())

    after = proposal(house, "first")
    assert after.state == "changes_wanted"
    assert "Name the units." in after.reason + "".join(one.text for one in after.comments)


def test_a_decision_made_elsewhere_closes_the_question_here(lived_in: Inhabited) -> None:
    house = lived_in.house
    wanted = proposal(house, "second")

    async def play() -> None:
        async with seated(ServiceDesk(house.settings), options=Options()) as person:
            await person.opens(wanted.id)
            await person.press("a")
            await person.until(lambda: person.question == "ApproveDialog")
            await asyncio.to_thread(lived_in.run, house.approve(wanted.id))
            await person.sees("It changed while you looked: it is published now")

            assert not person.question

    asyncio.run(play())


def test_a_comment_made_elsewhere_shows_while_one_reads(lived_in: Inhabited) -> None:
    house = lived_in.house
    wanted = proposal(house, "third")

    async def play() -> None:
        async with seated(ServiceDesk(house.settings), options=Options()) as person:
            await person.opens(wanted.id)
            client = house.of(house.person)
            await asyncio.to_thread(client.comment, wanted.id, "Seen by finance.")
            await person.until(lambda: "Seen by finance." in person.paper("talk"))

            assert "Seen by finance." in person.paper("brief")

    asyncio.run(play())


def test_what_is_said_viewed_and_tried_at_the_screen_is_at_the_service(
    lived_in: Inhabited,
) -> None:
    house = lived_in.house
    wanted = proposal(house, "third")

    async def play() -> None:
        async with seated(ServiceDesk(house.settings), options=Options()) as person:
            await person.opens(wanted.id)
            await person.press("2", "v")
            await unlock(person)
            await person.until(lambda: person.review.viewed.sent)
            await person.press("1", "2", "m")
            await person.until(lambda: person.question == "RemarkDialog")
            dialog = person.app.screen
            assert isinstance(dialog, RemarkDialog)
            await person.until(lambda: isinstance(person.app.screen.focused, TextArea))
            await person.paste("What about zero?")
            await person.until(lambda: dialog.draft.text)
            await person.press("ctrl+o", "ctrl+s")
            await person.sees("Said.")
            await person.until(lambda: "What about zero?" in person.paper("talk"))
            assert "blocks approval" in person.paper("talk")
            await try_it(person)
            await person.press("8")
            page = person.review.paper("talk")
            await person.until(lambda: any(one.thread for one in page.blocks))
            page.go_to(next(n for n, one in enumerate(page.blocks) if one.thread))
            await person.press("z")
            await person.sees("Resolved.")

    asyncio.run(play())

    client = house.of(house.person)
    state = client.review_state(wanted.id)
    [asked] = [one for one in state.threads if one.anchor.kind == "line"]
    assert asked.said[0].author == "ada"
    assert "What about zero?" in asked.said[0].text
    assert (asked.blocking, asked.resolved) == (True, True)
    assert len(state.cases) == 1


async def try_it(person: Person) -> None:
    await person.press("t")
    await person.until(lambda: isinstance(person.app.screen, TryScreen))
    screen = person.app.screen
    await person.press("ctrl+s")
    await person.until(lambda: "What it gave" in screen.query_one("#result", Paper).text)
    assert "succeeded" in screen.query_one("#result", Paper).text
    await person.press("ctrl+o")
    await person.paste("the plain call")
    await person.press("enter", "escape")
    await person.until(lambda: person.app.screen is person.review)
