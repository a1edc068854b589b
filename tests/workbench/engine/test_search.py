"""Search in a whole service: one permission, an index that mends itself, one order for everybody."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Any

import house
import pytest
from furniture import Furnished
from house import House, Member

from toolvet.client.errors import RemoteError
from toolvet.engine import disable
from toolvet.engine.search import info, search
from toolvet.errors import ToolNotFoundError

OpenCopy = Callable[[Path], AbstractAsyncContextManager[House]]
Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def names(home: House, who: Member, query: str) -> list[str]:
    caller = await home.caller(who)
    return [found.name for found in await search(home.services, caller, query)]


def test_a_client_finds_what_its_principal_may_call(home: House, run: Run):
    async def test() -> None:
        bot, other = home.of(home.members["bot"]), home.of(home.members["other"])
        found, *_ = await asyncio.to_thread(bot.search, "summing whole numbers")
        nothing = await asyncio.to_thread(other.search, "summing whole numbers")

        assert (found.name, found.kind, found.version) == ("add", "pure", 2)
        assert found.signature == "add(first: int, second: int) -> int"
        assert found.summary == "Add two whole numbers."
        assert nothing == []

    run(test())


def test_a_limit_out_of_range_and_a_query_of_any_length_are_answered(home: House, run: Run):
    async def test() -> None:
        bot = home.of(home.members["bot"])
        long = await asyncio.to_thread(bot.search, "numbers " * 1_250)
        with pytest.raises(RemoteError) as caught:
            await asyncio.to_thread(bot.search, "numbers", 21)

        assert [found.name for found in long]
        assert caught.value.code == "request.invalid"

    run(test())


def test_info_of_a_tool_one_may_not_call_is_that_of_none(home: House, run: Run):
    async def test() -> None:
        other = await home.caller(home.members["other"])
        for name in ("add", "nothing"):
            with pytest.raises(ToolNotFoundError) as caught:
                await info(home.services, other, name)
            assert str(caught.value) == f"no tool '{name}'"

    run(test())


def test_the_order_is_the_same_whatever_else_is_served(home: House, run: Run):
    async def test() -> None:
        narrow = await home.agent("narrow", ["caller"])
        await home.grant(narrow, "add")
        await home.grant(narrow, "clip")
        all_of_it = await names(home, home.members["bot"], "number campaign add")
        some = await names(home, narrow, "number campaign add")

        assert "deliver" in all_of_it
        assert some == [name for name in all_of_it if name != "deliver"]

    run(test())


def test_a_stopped_tool_is_not_found(open_copy: OpenCopy, tmp_path: Path):
    async def test() -> None:
        async with open_copy(tmp_path) as home:
            bot = home.members["bot"]
            assert await names(home, bot, "recipients") == ["deliver"]
            person = await home.caller(home.person)
            await disable.disable(home.services, person, "deliver", "")
            assert await names(home, bot, "recipients") == []

    asyncio.run(test())


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM tool_words",
        "UPDATE tool_words SET name = 'zebra', description = 'zebra'",
        "INSERT INTO tool_words VALUES ('sha256:none', 'recipients', 'recipients', '', '')",
    ],
)
def test_an_index_that_was_lost_or_changed_is_made_anew(
    furnished: Furnished, open_copy: OpenCopy, tmp_path: Path, harm: str
):
    settings = house.copy_home(furnished.settings, tmp_path)
    with closing(sqlite3.connect(settings.paths.database)) as database, database:
        database.execute(harm)

    async def test() -> None:
        async with open_copy(tmp_path) as home:
            assert await names(home, home.members["bot"], "recipients of a campaign") == ["deliver"]
            assert await names(home, home.members["bot"], "zebra") == []

    asyncio.run(test())
