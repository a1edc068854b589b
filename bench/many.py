"""Hundreds of published tools called at random: what they hold of the memory, and how cold is cold."""

import asyncio
import os
import random
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.inside import Inside, open_inside
from bench.row import Row, held, median, p99
from bench.stage import Stage, run

from toolvet.engine.call import call
from toolvet.errors import KNOWN
from toolvet.sandbox.budget import tree_mib

TOOLS = 300
CALLS = 1200
CLIENTS = 4
MEMORY_MIB = 3 * 1024
COLD_MS = 400.0
LOOK_S = 0.5


def rows(stage: Stage) -> list[Row]:
    """Publish them, call them, and look at the memory meanwhile."""
    return run(_measure(stage))


async def _measure(stage: Stage) -> list[Row]:
    before = _children()
    async with open_inside(stage.folder / "many") as inside:
        for number in range(TOOLS):
            await inside.publish(f"tool_{number}", number)
        async with _watched(before) as peaks:
            first, later, failures = await _call_all(inside)
        held_zygotes = inside.services.pool.state().zygotes
    return [
        held(f"memory of the service with {TOOLS} tools", max(peaks), "MiB", MEMORY_MIB),
        held("first call of a tool, median", median(first), "ms", COLD_MS),
        Row("first call of a tool, p99", round(p99(first), 1), "ms"),
        Row("later call of a tool, median", round(median(later), 1), "ms"),
        held(f"failures in {CALLS} calls", failures, "calls", 0),
        Row("tools that are up at the end", held_zygotes, "tools"),
    ]


async def _call_all(inside: Inside) -> tuple[list[float], list[float], int]:
    draw = random.Random(7)
    wanted = [*range(TOOLS), *(draw.randrange(TOOLS) for _ in range(CALLS - TOOLS))]
    draw.shuffle(wanted)
    first: list[float] = []
    later: list[float] = []
    seen: set[int] = set()
    failures = 0

    async def client() -> None:
        nonlocal failures
        while wanted:
            number = wanted.pop()
            into = later if number in seen else first
            seen.add(number)
            started = time.perf_counter()
            failures += not await _is_right(inside, number)
            into.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return first, later, failures


async def _is_right(inside: Inside, number: int) -> bool:
    try:
        return (await call(inside.services, inside.agent, f"tool_{number}", {})).result == number
    except KNOWN:
        return False


@asynccontextmanager
async def _watched(before: set[int]) -> AsyncGenerator[list[float]]:
    """Look at the memory while the block runs, every process of ours counted."""
    peaks: list[float] = [0.0]

    async def look() -> None:
        while True:
            peaks.append(await asyncio.to_thread(_memory_mib, before))
            await asyncio.sleep(LOOK_S)

    looking = asyncio.create_task(look())
    try:
        yield peaks
    finally:
        looking.cancel()


def _memory_mib(others: set[int]) -> float:
    """This process, which is the service here, with the zygotes and calls below it."""
    whole = tree_mib(os.getpid()) or 0.0
    return whole - sum(tree_mib(process) or 0.0 for process in others)


def _children() -> set[int]:
    return {
        int(word)
        for thread in Path("/proc/self/task").iterdir()
        for word in (thread / "children").read_text(encoding="ascii").split()
    }
