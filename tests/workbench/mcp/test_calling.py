"""Calls, and what bad ones get."""

import asyncio
import json
from typing import Any, NamedTuple

import httpx2
import mcp_types as t
import pytest
from mcp.shared.exceptions import MCPError

from toolvet.engine.services import Services
from toolvet.storage.rows import CallRow

ERAS = ["auto", "legacy"]
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
HEADERS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
}


class Sample(NamedTuple):
    """A tool to publish."""

    source: str
    examples: list[dict[str, Any]]


def error_code(result: t.CallToolResult) -> str:
    assert result.is_error
    assert result.structured_content is None
    assert result.meta is not None
    return result.meta["dev.toolvet/error"]["code"]


def raw_call(name: str, arguments: str) -> tuple[dict[str, str], str]:
    params = f'{{"name": "{name}", "arguments": {arguments}, "_meta": {json.dumps(META)}}}'
    body = f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {params}}}'
    return {**HEADERS, "mcp-name": name}, body


def test_a_hidden_tool_answers_like_an_unknown_one(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            author = await house.agent("robo", "author")
            other = await house.agent("other", "caller")
            await house.publish(author, house.add)
            answers: set[tuple[int, str]] = set()
            for era in ERAS:
                async with house.client(other, mode=era) as client:
                    listed = (await client.list_tools()).tools
                    assert all(tool.name.startswith("toolvet_") for tool in listed)
                    for name in ("add", "toolvet_submit", "nothing"):
                        with pytest.raises(MCPError) as caught:
                            await client.call_tool(name, {"a": 1, "b": 2})
                        said = caught.value.error
                        answers.add((said.code, said.message.replace(name, "*")))

            assert answers == {(t.INVALID_PARAMS, "Unknown tool: *")}

    asyncio.run(test())


def test_arguments_that_do_not_fit_are_a_result_with_a_code(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            await house.publish(token, house.add)
            for era in ERAS:
                async with house.client(token, mode=era) as client:
                    wrong = await client.call_tool("add", {"a": "x", "b": 2})
                    extra = await client.call_tool("add", {"a": 1, "b": 2, "c": 3})
                    huge = await client.call_tool("add", {"a": 2**60, "b": 2})
                    keyed = await client.call_tool(
                        "add", {"a": 1, "b": 2}, meta={"dev.toolvet/key": 7}
                    )

                assert error_code(wrong) == error_code(extra) == "call.arguments"
                assert error_code(huge) == "json.number_range"
                assert error_code(keyed) == "call.arguments"

    asyncio.run(test())


def test_equal_keys_in_arguments_are_refused_with_a_code(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            await house.publish(token, house.add)
            headers, body = raw_call("add", '{"a": 1, "b": 2, "b": 3}')
            async with httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as http:
                answer = (await http.post(house.url, headers=headers, content=body)).json()

            assert answer["result"]["_meta"]["dev.toolvet/error"]["code"] == "json.duplicate_key"

    asyncio.run(test())


def test_a_call_with_a_key_says_so_and_is_replayed(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            await house.publish(token, house.add)
            key = {"dev.toolvet/key": "once"}
            async with house.client(token) as client:
                first = await client.call_tool("add", {"a": 1, "b": 2}, meta=key)
                second = await client.call_tool("add", {"a": 1, "b": 2}, meta=key)
                other = await client.call_tool("add", {"a": 1, "b": 3}, meta=key)

            assert first.meta is not None
            assert second.meta is not None
            assert first.structured_content == second.structured_content == {"result": 3}
            assert first.meta["dev.toolvet/replayed"] is False
            assert second.meta["dev.toolvet/replayed"] is True
            assert error_code(other) == "call.key_mismatch"

    asyncio.run(test())


SLOW = """\"\"\"Waiting.\"\"\"

import time

from toolvet.sdk import Context


def wait(ctx: Context) -> int:
    \"\"\"Tell that it works, and wait.\"\"\"
    ctx.progress(1, 2, "working")
    time.sleep(30)
    return 1
"""


@pytest.mark.parametrize("era", ERAS)
def test_a_client_that_cancels_ends_the_process_and_the_log_says_so(open_house: Any, era: str):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            await house.grant("robo")
            await house.publish(token, Sample(SLOW, [{"arguments": {}, "result": 1}]))
            told: asyncio.Queue[str | None] = asyncio.Queue()

            async def progress(_done: float, _total: float | None, message: str | None) -> None:
                await told.put(message)

            async with house.client(token, mode=era) as client:
                call = asyncio.create_task(client.call_tool("wait", {}, progress_callback=progress))
                assert await told.get() == "working"
                call.cancel()
                await asyncio.wait([call])
                row = await recorded(house)

            assert (row.name, row.status, row.code) == ("wait", "failed", "call.cancelled")
            assert row.duration_ms < 30_000

    asyncio.run(test())


async def recorded(house: Any) -> CallRow:
    """Wait until the newest call is in the record."""
    services: Services = house.services
    async with asyncio.timeout(10):
        while True:
            await services.recorder.flush()
            rows = await services.store.query(lambda view: view.calls.recent(1))
            if rows:
                return rows[0]
            await asyncio.sleep(0.02)
