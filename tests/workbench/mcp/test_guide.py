"""What an agent is told before it writes anything is true, short, and passes when copied."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from house import new_house

from toolvet.engine.guide import FORMS, example, guide
from toolvet.engine.submit import submit_inline
from toolvet.errors import ArgumentsError
from toolvet.mcp.offer import PLATFORM_TOOLS
from toolvet.mcp.server import INSTRUCTIONS


def test_the_examples_of_the_guide_pass_verification(tmp_path: Path):
    async def test() -> None:
        small: Any = example("small")
        full: Any = example("full")
        async with new_house(tmp_path) as house:
            agent = await house.agent("robo")
            caller = await house.caller(agent)
            first = await submit_inline(house.services, caller, small["source"], small["examples"])
            second = await house.submit(agent, full["files"])
            first = await house.verdict(first.id)

            for found in (first, second):
                remarks = [one for check in found.evidence for one in check.findings]
                assert (found.state, remarks) == ("reviewing", []), found.reason
            assert (first.kind, second.kind) == ("pure", "write")

    asyncio.run(test())


@pytest.mark.parametrize("form", FORMS)
def test_a_guide_costs_an_agent_little(form: str):
    assert len(guide(form)) < 5000


def test_there_is_no_guide_to_an_unknown_form():
    with pytest.raises(ArgumentsError) as caught:
        guide("../full")

    assert caught.value.code == "call.arguments"


def test_the_instructions_are_short_and_name_only_tools_there_are():
    assert len(INSTRUCTIONS) <= 1500
    for text in (INSTRUCTIONS, *map(guide, FORMS)):
        named = set(re.findall(r"toolvet_[a-z]+", text))
        assert named <= PLATFORM_TOOLS.keys()


def test_the_instructions_name_every_step_of_the_way():
    steps = ("search", "guide", "submit", "revise", "status", "call")

    assert all(f"toolvet_{step}" in INSTRUCTIONS for step in steps)
