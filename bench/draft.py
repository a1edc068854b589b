"""From submission to the first result of a draft, over MCP, against doing the same by hand."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.row import Row, median, p99
from bench.stage import Stage, run
from mcp import Client

ROUNDS = 9
LIMIT_S = 2.0
SOURCE = '''"""Splitting money without losing a cent: number {number}."""

from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen, MinLen


def split_amount_{number}(
    cents: Annotated[int, Ge(0), Le(1_000_000)],
    weights: Annotated[list[Annotated[int, Ge(1), Le(1_000)]], MinLen(1), MaxLen(100)],
) -> list[int]:
    """Split an amount by weights, so that the parts add up to exactly the amount.

    Args:
        cents: Amount to split, in cents.
        weights: One for each part.
    """
    total = sum(weights)
    parts = [cents * weight // total for weight in weights]
    return [part + (place < cents - sum(parts)) for place, part in enumerate(parts)]
'''
ARGUMENTS = {"cents": 100, "weights": [1, 1, 1]}
RESULT = [34, 33, 33]


def rows(stage: Stage) -> list[Row]:
    """Submit and draft a few tools of 20 lines, and check and run each by hand, in turns."""
    ours, again, peer = run(_measure(stage))
    met = median(ours) <= LIMIT_S
    name = "ruff, mypy and a run by hand"
    return [
        Row(
            "submit to first draft result, median",
            round(median(ours), 3),
            "s",
            f"{name}: {median(peer):.3g} s",
            round(median(ours) / median(peer), 2),
            f"at most {LIMIT_S:g} s",
            met,
        ),
        Row("submit to first draft result, p99", round(p99(ours), 3), "s"),
        Row("second draft call, median", round(median(again) * 1000, 1), "ms"),
    ]


async def _measure(stage: Stage) -> tuple[list[float], list[float], list[float]]:
    first: list[float] = []
    second: list[float] = []
    peer: list[float] = []
    async with stage.mcp() as session:
        await _drafted(session, 0)  # the scanners read their rules once
        for number in range(1, ROUNDS + 1):
            one, other = await _drafted(session, number)
            first.append(one)
            second.append(other)
            peer.append(_by_hand(SOURCE.format(number=number), number))
    return first, second, peer


async def _drafted(session: Client, number: int) -> tuple[float, float]:
    """Submit one tool and call it twice; how long until each result."""
    examples = [{"arguments": ARGUMENTS, "result": RESULT}]
    started = time.perf_counter()
    sent = await session.call_tool(
        "toolvet_submit",
        {"source": SOURCE.format(number=number), "examples": examples, "wait_s": 0},
    )
    if sent.is_error:
        raise RuntimeError(f"it was not taken: {sent.content}")
    revision: dict[str, Any] = {
        "tool": sent.structured_content["revision_digest"],
        "arguments": ARGUMENTS,
    }
    await _call(session, revision)
    taken = time.perf_counter() - started
    started = time.perf_counter()
    await _call(session, revision)
    again = time.perf_counter() - started
    await session.call_tool("toolvet_withdraw", {"proposal": sent.structured_content["proposal"]})
    return taken, again


async def _call(session: Client, revision: dict[str, Any]) -> None:
    answer = await session.call_tool("toolvet_call", revision)
    if answer.structured_content != {"result": RESULT}:
        raise RuntimeError(f"a draft went wrong: {answer.content}")


def _by_hand(source: str, number: int) -> float:
    """Do what an author without Toolvet does: lint, check types, run; as three programs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"split_amount_{number}.py"
        path.write_text(source, encoding="utf-8")
        show = f"import {path.stem} as m; print(m.{path.stem}(**{ARGUMENTS!r}))"
        started = time.perf_counter()
        for command in (
            ["-m", "ruff", "check", "--quiet", "--isolated", str(path)],
            ["-m", "mypy", "--strict", "--no-incremental", str(path)],
            ["-c", show],
        ):
            done = subprocess.run(
                [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=True
            )
        taken = time.perf_counter() - started
        if json.loads(done.stdout) != RESULT:
            raise RuntimeError(f"by hand it gave {done.stdout}")
        return taken
