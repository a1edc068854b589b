"""History and tools at a real service: real proofs, a signed way back, a stop."""

import asyncio
from collections.abc import Iterator

import pytest
from at_screen import Person, seated
from at_service import PASSPHRASE, enrol, on_its_socket
from furniture import ADD
from house import House
from inhabited import Inhabited, inhabited

from toolvet_tui.desk import ServiceDesk
from toolvet_tui.history_callable import CallableList, CallableScreen
from toolvet_tui.history_decision import DecisionScreen
from toolvet_tui.history_list import HistoryList
from toolvet_tui.history_screen import HistoryScreen
from toolvet_tui.options import Options
from toolvet_tui.tool_list import ToolList
from toolvet_tui.tools_screen import ToolsScreen

SECOND = {**ADD, "add.py": ADD["add.py"].replace("Add two", "Carefully add two")}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("back")) as found:
        enrol(found.house, "ada", ["reviewer", "operator", "caller"])
        found.run(furnish(found.house))
        with on_its_socket(found):
            yield found


async def furnish(house: House) -> None:
    bot = await house.agent("bot")
    await house.publish(bot, ADD)
    await house.publish(bot, SECOND)


async def unlock(person: Person) -> None:
    await person.until(lambda: person.question == "PassphraseDialog")
    await person.paste(PASSPHRASE)
    await person.press("enter")


async def goes_back(person: Person) -> None:
    """Serve the first version again, as a person does."""
    await person.press("f4")
    await person.until(lambda: isinstance(person.app.screen, ToolsScreen))
    await person.until(lambda: person.find("#list", ToolList).items)
    await person.press("b")
    await person.until(lambda: person.question == "ChoiceDialog")
    await person.press("enter")
    await person.until(lambda: person.question == "WordsDialog")
    await person.write("The second was slower.")
    await person.press("ctrl+s")
    await person.until(lambda: getattr(person.app.screen, "was_seen", False))
    await person.press("y")
    await unlock(person)
    await person.sees("serves version 1")
    await person.until(lambda: person.find("#list", ToolList).items[0].view.version == 1)


def test_a_way_back_is_signed_and_its_proof_holds_on_this_machine(lived_in: Inhabited) -> None:
    async def play() -> None:
        async with seated(ServiceDesk(lived_in.house.settings), options=Options()) as person:
            await goes_back(person)
            await person.press("f3")
            await person.until(lambda: isinstance(person.app.screen, HistoryScreen))
            await person.until(lambda: person.find("#list", HistoryList).items)
            newest = person.find("#list", HistoryList).items[0]
            assert (newest.verb, newest.actor, newest.said) == (
                "channel:move",
                "ada",
                "The second was slower.",
            )

            await person.press("enter")
            await person.until(lambda: isinstance(person.app.screen, DecisionScreen))
            screen = person.app.screen
            assert isinstance(screen, DecisionScreen)
            await person.until(lambda: screen.proof is not None)
            assert screen.proof is not None
            assert screen.proof.ok, screen.proof.problems
            assert screen.proof.signature_ok
            assert "ada" in screen.proof.signer

            await person.press("q", "t")
            await person.until(lambda: isinstance(person.app.screen, CallableScreen))
            await person.until(lambda: person.find("#list", CallableList).items)
            assert [
                (one.name, one.version) for one in person.find("#list", CallableList).items
            ] == [("add", 1)]

    asyncio.run(play())


def test_a_stop_is_for_everybody_and_in_the_history(lived_in: Inhabited) -> None:
    async def play() -> None:
        async with seated(ServiceDesk(lived_in.house.settings), options=Options()) as person:
            await person.press("f4")
            await person.until(lambda: isinstance(person.app.screen, ToolsScreen))
            await person.until(lambda: person.find("#list", ToolList).items)
            await person.press("x")
            await person.until(lambda: person.question == "WordsDialog")
            await person.write("It adds wrongly.")
            await person.press("ctrl+s")
            await unlock(person)
            await person.sees("not served any more")
            await person.until(lambda: not person.find("#list", ToolList).items[0].view.served)

    asyncio.run(play())
    client = lived_in.house.of(lived_in.house.person)
    assert [one.said for one in client.history(verb="channel:stop").items] == ["It adds wrongly."]
    assert not client.tools()
