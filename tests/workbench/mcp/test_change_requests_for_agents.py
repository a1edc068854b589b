"""An author's agent reads what it is asked to change as data, and answers with its next revision."""

import asyncio
from typing import Any

import jsonschema_rs
import mcp_types as t

from toolvet.engine import threads
from toolvet.engine.remarks import Remark
from toolvet.mcp.verdicts import OUTPUT_SCHEMA
from toolvet_reviews.review_views import Anchor


def error_code(result: t.CallToolResult) -> str:
    assert result.is_error
    assert result.meta is not None
    return result.meta["dev.toolvet/error"]["code"]


def test_an_agent_reads_what_is_asked_and_answers_in_its_next_revision(open_house: Any):
    async def test() -> None:
        async with open_house() as house:
            token = await house.agent("robo", "author", "caller")
            first = {"source": house.add.source, "examples": house.add.examples}
            second = {"source": house.better.source, "examples": house.better.examples}
            async with house.client(token) as client:
                sent = (await client.call_tool("toolvet_submit", first)).structured_content
                proposal = {"proposal": sent["proposal"]}
                await threads.open_thread(
                    house.services,
                    house.person,
                    sent["proposal"],
                    Anchor("line", "add.py", 11, 11),
                    Remark("the other way round", "    return b + a\n", blocking=True),
                )
                status = await client.call_tool("toolvet_status", proposal)
                [asked] = status.structured_content["change_requests"]
                answer = {"request": asked["id"], "words": "turned round"}
                wrong = {"request": "criterion:beauty", "words": "x"}
                refused = await client.call_tool(
                    "toolvet_revise", {**proposal, **second, "answers": [answer, wrong]}
                )
                revised = await client.call_tool(
                    "toolvet_revise", {**proposal, **second, "answers": [answer]}
                )

            assert sent["change_requests"] == []
            assert asked["blocking"] is True
            assert asked["suggestion"] == "    return b + a\n"
            assert asked["place"] == {"kind": "line", "path": "add.py", "line": 11, "end_line": 11}
            assert error_code(refused) == "proposal.unknown_request"
            assert revised.structured_content["revision"] == 2
            [answered] = revised.structured_content["change_requests"]
            assert answered["answer"] == "turned round"
            jsonschema_rs.Draft202012Validator(OUTPUT_SCHEMA).validate(revised.structured_content)

    asyncio.run(test())
