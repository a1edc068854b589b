"""From a person's vote to the new tool in an agent's open MCP session."""

import asyncio
import time

from bench.row import Row, held, median, p99
from bench.stage import Stage, run
from mcp import Client

from toolvet_reviews.values import JsonObject

VOTES = 12
SOURCE = '''"""Measured."""


def measured_{number}(value: int) -> int:
    """Give a number back, plus {number}.

    Args:
        value: Any.
    """
    return value + {number}
'''


def rows(stage: Stage) -> list[Row]:
    """Vote while the session listens, and see when its list has the tool."""
    taken = [one * 1000 for one in run(_measure(stage))]
    return [
        held("vote to visible in an open MCP session, median", median(taken), "ms", 200.0),
        Row("vote to visible in an open MCP session, p99", round(p99(taken), 3), "ms"),
    ]


async def _measure(stage: Stage) -> list[float]:
    taken: list[float] = []
    async with stage.mcp() as session, session.listen(tools_list_changed=True) as changes:
        for number in range(VOTES):
            examples: list[JsonObject] = [{"arguments": {"value": 1}, "result": 1 + number}]
            source = SOURCE.format(number=number)
            found = await asyncio.to_thread(stage.verified, source, examples)
            envelope = await asyncio.to_thread(stage.vote_of, found.id)
            started = time.perf_counter()
            vote = asyncio.create_task(asyncio.to_thread(stage.person.vote, found.id, envelope))
            while f"measured_{number}" not in await _names(session):
                await anext(changes)
            taken.append(time.perf_counter() - started)
            await vote
    return taken


async def _names(session: Client) -> set[str]:
    names: set[str] = set()
    cursor: str | None = None
    while True:
        page = await session.list_tools(cursor=cursor)
        names |= {tool.name for tool in page.tools}
        cursor = page.next_cursor
        if cursor is None:
            return names
