"""An agent's own tools: submit, status, revise, withdraw."""

import asyncio
from typing import Any

import mcp_types as t
import pytest

from toolvet.engine import decide


def error_code(result: t.CallToolResult) -> str:
    assert result.is_error
    assert result.meta is not None
    return result.meta["dev.toolvet/error"]["code"]


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_an_author_submits_looks_revises_and_withdraws(open_house: Any, era: str):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            first = {"source": house.add.source, "examples": house.add.examples}
            second = {"source": house.better.source, "examples": house.better.examples}
            async with house.client(token, mode=era) as client:
                submitted = await client.call_tool("toolvet_submit", first)
                assert submitted.structured_content["verdict"] == "passed", submitted
                proposal = {"proposal": submitted.structured_content["proposal"]}
                again = await client.call_tool("toolvet_submit", first)
                revised = await client.call_tool("toolvet_revise", {**proposal, **second})
                looked = await client.call_tool("toolvet_status", proposal)
                gone = await client.call_tool("toolvet_withdraw", proposal)
                closed = await client.call_tool("toolvet_withdraw", proposal)

            assert again.structured_content["proposal"] == proposal["proposal"]
            assert revised.structured_content["revision"] == 2
            assert looked.structured_content == revised.structured_content
            assert gone.structured_content["state"] == "withdrawn"
            assert error_code(closed) == "proposal.move_refused"

    asyncio.run(test())


def test_a_broken_submission_is_told_what_is_wrong(open_house: Any):
    broken: dict[str, tuple[dict[str, Any], str]] = {
        "nothing": ({}, "call.arguments"),
        "source and files": ({"source": "x = 1", "files": {}}, "call.arguments"),
        "an unknown argument": ({"source": "x = 1", "nonsense": 1}, "call.arguments"),
        "a path that escapes": ({"files": {"../../x": "y"}}, "intake.path"),
        "no base64": ({"files_base64": {"data/x": "%%%"}}, "call.arguments"),
        "a file that runs by its name": ({"files": {"conftest.py": ""}}, "intake.forbidden_file"),
    }

    async def test() -> None:
        async with open_house() as house:
            async with house.client(await house.agent("robo", "author")) as client:
                got = {
                    name: error_code(await client.call_tool("toolvet_submit", arguments))
                    for name, (arguments, _) in broken.items()
                }

            assert got == {name: code for name, (_, code) in broken.items()}

    asyncio.run(test())


def test_somebody_elses_proposal_does_not_exist(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            mine = await house.agent("robo", "author")
            other = await house.agent("other", "author")
            tool = {"source": house.add.source, "examples": house.add.examples}
            async with house.client(mine) as client:
                found = await client.call_tool("toolvet_submit", tool)
            async with house.client(other) as client:
                arguments = {"proposal": found.structured_content["proposal"]}
                result = await client.call_tool("toolvet_status", arguments)

            assert error_code(result) == "proposal.not_found"

    asyncio.run(test())


@pytest.mark.parametrize("decision", ["approve", "request changes"])
def test_an_author_waits_for_the_decision_of_people(open_house: Any, decision: str):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            tool = {"source": house.add.source, "examples": house.add.examples}
            async with house.client(token) as client:
                sent = (await client.call_tool("toolvet_submit", tool)).structured_content
                asked = {"proposal": sent["proposal"], "until": "decision"}
                undecided = await client.call_tool("toolvet_status", {**asked, "wait_s": 0.2})
                waiting = asyncio.create_task(
                    client.call_tool("toolvet_status", {**asked, "wait_s": 20})
                )
                if decision == "approve":
                    await house.approve(sent["proposal"])
                else:
                    said = (sent["proposal"], sent["revision_digest"], "say what for")
                    await decide.request_changes(house.services, house.person, *said)
                decided = (await waiting).structured_content

            assert undecided.structured_content["state"] == "reviewing"
            assert sent["revision_digest"] in undecided.structured_content["next"]
            expected = {"approve": "published", "request changes": "changes_wanted"}
            assert decided["state"] == expected[decision]

    asyncio.run(test())


def test_the_guide_is_for_authors(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            async with house.client(await house.agent("robo", "author")) as client:
                small = await client.call_tool("toolvet_guide", {})
                full = await client.call_tool("toolvet_guide", {"form": "full"})
                other = await client.call_tool("toolvet_guide", {"form": "huge"})

            assert small.structured_content["form"] == "small"
            assert "tool.toml" in full.structured_content["guide"]
            assert error_code(other) == "call.arguments"

    asyncio.run(test())
