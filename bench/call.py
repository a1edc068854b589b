"""A pure call over MCP HTTP, against a trivial call of the bare SDK server in the same run."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from bench.row import Row, against, median, p99
from bench.stage import Stage, free_port, mcp_client, run
from mcp import Client

from toolvet_reviews.values import JsonObject

WARM_UP = 50
ROUNDS = 5
CALLS = 100
"""Of each, one after the other, in turns: both see the same machine."""
AT_ONCE = 16
SOURCE = '''"""Adding."""

from typing import TypedDict


class Sum(TypedDict):
    """What comes out."""

    sum: int


def add(a: int, b: int) -> Sum:
    """Add two integers.

    Args:
        a: One.
        b: The other.
    """
    return {"sum": a + b}
'''
EXAMPLES: list[JsonObject] = [{"arguments": {"a": 1, "b": 2}, "result": {"sum": 3}}]


def rows(stage: Stage) -> list[Row]:
    """Publish the tool, start the peer, call both."""
    stage.publish(SOURCE, EXAMPLES)
    with _peer() as peer_url:
        ours, peer, rate, peer_rate = run(_measure(stage, peer_url))
    return [
        against(
            "pure call over MCP HTTP, median",
            median(ours),
            "ms",
            "bare SDK server",
            median(peer),
            at_most=5.0,
        ),
        Row(
            "pure call over MCP HTTP, p99",
            round(p99(ours), 3),
            "ms",
            f"bare SDK server: {p99(peer):.3g} ms",
            round(p99(ours) / p99(peer), 2),
        ),
        Row(
            f"pure calls from {AT_ONCE} at once",
            round(rate, 1),
            "calls/s",
            f"bare SDK server: {peer_rate:.4g} calls/s",
            round(rate / peer_rate, 2),
        ),
    ]


async def _measure(stage: Stage, peer_url: str) -> tuple[list[float], list[float], float, float]:
    async with stage.mcp() as ours, mcp_client(peer_url, "none") as peer:
        times: tuple[list[float], list[float]] = ([], [])
        for session in (ours, peer):
            await session.list_tools()
            await _calls(session, WARM_UP)
        for _ in range(ROUNDS):
            for session, into in zip((ours, peer), times, strict=True):
                into += await _calls(session, CALLS)
        return *times, await _rate(ours), await _rate(peer)


async def _calls(session: Client, count: int) -> list[float]:
    taken: list[float] = []
    for number in range(count):
        started = time.perf_counter()
        answer = await session.call_tool("add", {"a": number, "b": 1})
        taken.append((time.perf_counter() - started) * 1000)
        if answer.structured_content != {"sum": number + 1}:
            raise RuntimeError(f"a call went wrong: {answer}")
    return taken


async def _rate(session: Client) -> float:
    started = time.perf_counter()
    await asyncio.gather(*(_calls(session, CALLS // 4) for _ in range(AT_ONCE)))
    return AT_ONCE * (CALLS // 4) / (time.perf_counter() - started)


@contextmanager
def _peer() -> Generator[str]:
    port = free_port()
    script = Path(__file__).with_name("peer_mcp.py")
    process = subprocess.Popen([sys.executable, "-I", str(script), str(port)])
    url = f"http://127.0.0.1:{port}/mcp"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx2.get(url)
        except httpx2.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
