"""Lists, and changes of them, as the SDK's own client sees them in both protocol eras."""

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
import mcp_types as t
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

ERAS = ["auto", "legacy"]


async def names(client: Client) -> list[str]:
    return [tool.name for tool in (await client.session.list_tools()).tools]


async def until(told: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not told():
            await anyio.sleep(0.005)


@pytest.mark.parametrize("era", ERAS)
def test_an_approved_tool_appears_in_the_open_session_and_can_be_called(open_house: Any, era: str):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            heard: list[str] = []

            async def on_message(message: Any) -> None:
                heard.append(getattr(message, "method", ""))

            async with house.client(token, mode=era, message_handler=on_message) as client:
                assert "add" not in await names(client)
                digest = await house.publish(token, house.add)

                listed = await client.list_tools()
                (tool,) = [tool for tool in listed.tools if tool.name == "add"]
                result = await client.call_tool("add", {"a": 20, "b": 22})
                assert tool.meta is not None
                assert tool.meta["dev.toolvet/release"] == digest
                assert tool.meta["dev.toolvet/version"] == 1
                assert tool.annotations is not None
                assert tool.annotations.read_only_hint is True
                assert result.structured_content == {"result": 42}
                assert result.meta is not None
                assert result.meta["dev.toolvet/release"] == digest
                assert (listed.ttl_ms, listed.cache_scope) == (0, "private")
                assert client.server_capabilities.tools is not None
                assert client.server_capabilities.tools.list_changed is True
                if era == "legacy":
                    await until(lambda: "notifications/tools/list_changed" in heard)

    asyncio.run(test())


def test_a_change_is_told_only_to_those_whose_list_changed(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            robo = await house.agent("robo", "author", "caller")
            other = await house.agent("other", "caller")
            async with house.client(robo) as mine, house.client(other) as theirs:
                heard: dict[str, int] = {"mine": 0, "theirs": 0}

                async def listen(client: Client, who: str) -> None:
                    async with client.listen(tools_list_changed=True) as changes:
                        heard[who] += 1
                        async for _ in changes:
                            heard[who] += 1

                async with anyio.create_task_group() as listening:
                    listening.start_soon(listen, mine, "mine")
                    listening.start_soon(listen, theirs, "theirs")
                    await until(lambda: heard == {"mine": 1, "theirs": 1})
                    await house.publish(robo, house.add)
                    await house.grant("robo")
                    await until(lambda: heard["mine"] == 2)
                    await house.grant("other")
                    await until(lambda: heard["theirs"] == 2)
                    listening.cancel_scope.cancel()

                assert heard == {"mine": 2, "theirs": 2}

    asyncio.run(test())


def test_a_new_version_and_a_rollback_show_at_the_next_list(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            first = await house.publish(token, house.add)
            async with house.client(token) as client:

                async def served() -> tuple[str | None, int]:
                    listed = await client.session.list_tools()
                    (tool,) = [tool for tool in listed.tools if tool.name == "add"]
                    assert tool.meta is not None
                    return tool.description, tool.meta["dev.toolvet/version"]

                before = await served()
                second = await house.publish(token, house.better)
                after = await served()
                await house.roll_back("add", first, second)

                assert before[1] == 1
                assert after[1] == 2
                assert "better" in (after[0] or "")
                assert await served() == before

    asyncio.run(test())


def test_a_list_is_paged_in_order_and_a_foreign_cursor_refused(
    open_house: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("toolvet.mcp.listing.PAGE", 2)

    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            await house.publish(token, house.add)
            await house.publish(token, house.shout)
            async with house.client(token) as client:
                found: list[str] = []
                cursor: str | None = None
                while True:
                    page = await client.list_tools(cursor=cursor)
                    assert len(page.tools) <= 2
                    found += [tool.name for tool in page.tools]
                    cursor = page.next_cursor
                    if cursor is None:
                        break
                with pytest.raises(MCPError) as caught:
                    await client.list_tools(cursor="%%%")

                assert found == sorted(found)
                assert len(found) == 10
                assert caught.value.error.code == t.INVALID_PARAMS

    asyncio.run(test())
