"""A pure call over MCP HTTP, against a trivial call of the bare SDK server in the same run.

A warm call is one of calls that come 20 ms apart, as an agent's do at its fastest. Back to back, a
call waits for the fork of a later one; how much, rows of their own say.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from bench.row import Row, against, held, median, p99
from bench.stage import Stage, free_port, mcp_client, run
from mcp import Client

from toolvet_reviews.values import JsonObject

WARM_UP = 50
ROUNDS = 20
CALLS = 25
"""Of each, one after the other, in turns: both see the same machine."""
APART_S = 0.02
AT_ONCE = 32
CALLS_OF_CLIENT = 20
CROWDS = 3
LEAST_RATE = 1 / 3
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
        found = run(_measure(stage, peer_url))
    ours, peer = found.warm
    name, bare = "warm pure call over MCP HTTP", "bare SDK server"
    return [
        against(f"{name}, median", median(ours), "ms", bare, median(peer), at_most=2.0),
        against(f"{name}, p99", p99(ours), "ms", bare, p99(peer), at_most=5.0),
        *_back_to_back(*found.straight),
        _rates(*map(median, found.rates)),
        held("calls that went wrong", found.errors, "calls", 0),
    ]


def _back_to_back(ours: list[float], peer: list[float]) -> list[Row]:
    return [
        Row(
            f"pure call over MCP HTTP back to back, {name}",
            round(of(ours), 3),
            "ms",
            f"bare SDK server: {of(peer):.3g} ms",
            round(of(ours) / of(peer), 2),
        )
        for name, of in (("median", median), ("p99", p99))
    ]


def _rates(rate: float, peer_rate: float) -> Row:
    ratio = rate / peer_rate
    return Row(
        f"pure calls over MCP HTTP from {AT_ONCE} clients at once",
        round(rate, 1),
        "calls/s",
        f"bare SDK server: {peer_rate:.4g} calls/s",
        round(ratio, 2),
        f"at least {LEAST_RATE:.2g} times",
        ratio >= LEAST_RATE,
    )


@dataclass
class _Tally:
    """What came back of the two: ours, and the peer's."""

    warm: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    straight: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    rates: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))
    errors: int = 0


async def _measure(stage: Stage, peer_url: str) -> _Tally:
    found = _Tally()
    async with stage.mcp() as ours, mcp_client(peer_url, "none") as peer:
        for session in (ours, peer):
            await session.list_tools()
            await _calls(session, WARM_UP, _Tally(), [])
        for _ in range(ROUNDS):
            for number, session in enumerate((ours, peer)):
                await _calls(session, CALLS, found, found.warm[number], apart_s=APART_S)
                await _calls(session, CALLS, found, found.straight[number])
    for _ in range(CROWDS):
        found.rates[0].append(await _rate(stage.mcp, found))
        found.rates[1].append(await _rate(lambda: mcp_client(peer_url, "none"), found))
    return found


async def _calls(
    session: Client, count: int, tally: _Tally, times: list[float], *, apart_s: float = 0.0
) -> None:
    for number in range(count):
        if apart_s:
            await asyncio.sleep(apart_s)
        started = time.perf_counter()
        answer = await session.call_tool("add", {"a": number, "b": 1})
        times.append((time.perf_counter() - started) * 1000)
        tally.errors += answer.structured_content != {"sum": number + 1}


async def _rate(client: Callable[[], AbstractAsyncContextManager[Client]], tally: _Tally) -> float:
    """Calls in a second from clients with a session of their own each."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client()) for _ in range(AT_ONCE)]
        for session in clients:
            await session.list_tools()
        started = time.perf_counter()
        await asyncio.gather(*(_calls(session, CALLS_OF_CLIENT, tally, []) for session in clients))
        return AT_ONCE * CALLS_OF_CLIENT / (time.perf_counter() - started)


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
