"""The bridge on stdin and stdout, as a host starts it: a process that forwards to the service."""

import asyncio
import sys
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from toolvet.errors import UnauthenticatedError, UnreachableError
from toolvet.mcp.stdio import run_stdio

BRIDGE = "import asyncio, sys; from toolvet.mcp.stdio import run_stdio; asyncio.run(run_stdio(*sys.argv[1:]))"


def bridge(house: Any, token: str, **options: Any) -> Client:
    target = house.url.removesuffix("/mcp")
    arguments = ["-I", "-c", BRIDGE, target, token]
    return Client(StdioServerParameters(command=sys.executable, args=arguments), **options)


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_a_host_on_stdio_sees_calls_and_hears_what_the_service_serves(open_house: Any, era: str):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            heard = anyio.Event()

            async def on_message(message: Any) -> None:
                if getattr(message, "method", "") == "notifications/tools/list_changed":
                    heard.set()

            async with bridge(house, token, mode=era, message_handler=on_message) as client:
                assert len((await client.list_tools()).tools) == 8
                if era == "legacy":
                    await house.publish(token, house.add)
                    with anyio.fail_after(5):
                        await heard.wait()
                else:
                    async with client.listen(tools_list_changed=True) as changes:
                        await house.publish(token, house.add)
                        with anyio.fail_after(5):
                            await anext(changes)
                result = await client.call_tool("add", {"a": 20, "b": 22})
                wrong = await client.call_tool("add", {"a": "x", "b": 22})
                with pytest.raises(MCPError) as caught:
                    await client.call_tool("nothing", {})

                assert result.structured_content == {"result": 42}
                assert wrong.is_error
                assert wrong.meta is not None
                assert wrong.meta["dev.toolvet/error"]["code"] == "call.arguments"
                assert "Unknown tool" in str(caught.value)

    asyncio.run(test())


def test_a_bridge_with_a_wrong_token_says_so(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            with pytest.raises(UnauthenticatedError):
                await run_stdio(house.url.removesuffix("/mcp"), "tv_wrong")

    asyncio.run(test())


def test_a_bridge_without_a_service_says_so(tmp_path: Any):
    with pytest.raises(UnreachableError):
        asyncio.run(run_stdio(str(tmp_path / "no.sock"), "tv_any"))
