"""One session of a client that lists its tools once: from finding nothing to the right results.

Every request but the first is sent past the client's own `call_tool`, which would list again to
hold a result against a schema.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import mcp_types as t
import pytest
from agent import Mode, session
from conftest import Played
from mcp import Client

TABLE = '''"""Shipping by weight."""

from typing import Annotated

from toolvet.sdk import Ge, Le

RATES = ((500, 390), (2_000, 590), (10_000, 990))
"""Up to so many grams it costs so many cents."""


def {thing}_price(grams: Annotated[int, Ge(1), Le(10_000)], *, express: bool = False) -> int:
    """Look up what sending a {thing} costs, in cents.

    Args:
        grams: Weight of the {thing}.
        express: Delivered the next day, for half as much again.
    """
    cents = next(price for most, price in RATES if grams <= most)
    return cents * 3 // 2 if express else cents
'''
RIGHT = [{"arguments": {"grams": 700}, "result": 590}]
WRONG = [{"arguments": {"grams": 700}, "result": 390}]


@dataclass
class Once:
    """A client that lists once."""

    client: Client
    listed: list[str] = field(default_factory=list[str])

    async def begin(self) -> None:
        self.listed = [tool.name for tool in (await self.client.session.list_tools()).tools]

    async def ask(self, tool_name: str, /, **arguments: Any) -> t.CallToolResult:
        request = t.CallToolRequest(
            params=t.CallToolRequestParams(name=tool_name, arguments=arguments)
        )
        return await self.client.session.send_request(request, t.CallToolResult)

    async def told(self, tool_name: str, /, **arguments: Any) -> dict[str, Any]:
        result = await self.ask(tool_name, **arguments)
        assert not result.is_error, result
        return result.structured_content


@pytest.mark.parametrize(("mode", "thing"), [("auto", "parcel"), ("legacy", "crate")])
def test_it_finds_nothing_writes_drafts_waits_for_people_and_calls(
    played: Played, mode: Mode, thing: str
) -> None:
    name, source = f"{thing}_price", TABLE.format(thing=thing)

    async def journey() -> None:
        url, token = played.stage.url, played.person.agent.token
        async with session(url, token, mode=mode) as agent:
            one = Once(agent.client)
            await one.begin()
            nothing = await one.told("toolvet_search", query=f"weighing {thing}s")
            assert nothing["items"] == []
            assert "toolvet_guide" in nothing["hint"]
            assert "split_amount" in (await one.told("toolvet_guide"))["guide"]

            sent = await one.told("toolvet_submit", source=source, examples=WRONG, wait_s=50)
            assert sent["verdict"] == "failed"
            proposal = sent["proposal"]
            revised = await one.told(
                "toolvet_revise", proposal=proposal, source=source, examples=RIGHT, wait_s=50
            )
            assert revised["state"] == "reviewing", revised

            draft = await one.ask(
                "toolvet_call",
                tool=revised["revision_digest"],
                arguments={"grams": 400, "express": True},
            )
            assert draft.structured_content == {"result": 585}, draft
            assert (draft.meta or {})["dev.toolvet/reviewed"] is False
            assert "reviewed" in str(draft.content[-1])
            hidden = await one.ask("toolvet_call", tool=name, arguments={"grams": 400})
            assert hidden.is_error

            waiting = asyncio.create_task(
                one.told("toolvet_status", proposal=proposal, until="decision", wait_s=50)
            )
            await asyncio.to_thread(played.person.approve, proposal)
            decided = await waiting
            assert decided["state"] == "published"

            found = await one.told("toolvet_search", query=f"what does a {thing} cost")
            assert found["items"][0]["name"] == name
            assert found["items"][0]["release"] == decided["release_digest"]
            info = await one.told("toolvet_info", name=name)
            assert info["input_schema"]["properties"].keys() == {"grams", "express"}
            prices = [
                (await one.told("toolvet_call", tool=name, arguments=arguments))["result"]
                for arguments in ({"grams": 1}, {"grams": 2_001}, {"grams": 9, "express": True})
            ]
            assert prices == [390, 990, 585]
            assert name not in one.listed

    asyncio.run(journey())


def test_the_person_at_the_command_line_finds_it_too(played: Played) -> None:
    found = played.agent("tools", "--search", "sending crates")
    words = played.stage.run("tools", "--search", "sending crates", token=played.person.agent.token)

    assert found.data["items"][0]["name"] == "crate_price"
    assert "(grams: int, express: bool = false) -> int" in words.out
