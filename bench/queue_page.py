"""A page of the queue out of 10,000 that wait, beside reading 50 rows of proposals and nothing else."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bench.inside import TOOL, Inside, open_inside
from bench.row import Row, against, held, median, p95
from bench.stage import Stage, run

from toolvet.config import now, stamp
from toolvet.engine import queue_health
from toolvet.engine.queue import queue
from toolvet.engine.submit import submit
from toolvet.storage import Unit
from toolvet.storage.review_rows import TurnRow
from toolvet_reviews.queue_order import Order, Whose

PENDING = 10_000
RUNS = 30
AT_ONCE = 500
SOURCE = b"def waits() -> int:\n    return 1\n"


def rows(stage: Stage) -> list[Row]:
    """Fill a queue, and read pages of it in every order."""
    return run(_measure(stage))


async def _measure(stage: Stage) -> list[Row]:
    async with open_inside(stage.folder / "queue_page") as inside:
        services = inside.services
        await _fill(inside)
        person = inside.person
        bare = await _taken(
            lambda: services.store.query(lambda view: view.proposals.list(limit=50))
        )

        def page(
            order: Order, whose: Whose = "everybody", words: str = ""
        ) -> Callable[[], Awaitable[object]]:
            return lambda: queue(services, person, order=order, whose=whose, words=words)

        _, cursor = await queue(services, person)
        first = await _taken(page("rank"))
        later = await _taken(lambda: queue(services, person, cursor=cursor))
        slowest = max(
            [median(await _taken(page(order))) for order in ("risk", "age", "updated", "number")]
        )
        mine = await _taken(page("rank", "mine"))
        found = await _taken(page("rank", words="waits number"))
        health = await _taken(lambda: queue_health.health(services, person))
    name = f"page of the queue, {PENDING} wait"
    return [
        held(f"{name}, median", 1e3 * median(first), "ms", 50),
        Row(f"{name}, p95", round(1e3 * p95(first), 1), "ms"),
        held(f"{name}, the second one, median", 1e3 * median(later), "ms", 50),
        held(f"{name}, the slowest other order, median", 1e3 * slowest, "ms", 50),
        held(f"{name}, where it is my turn, median", 1e3 * median(mine), "ms", 50),
        held(f"{name}, by words, median", 1e3 * median(found), "ms", 50),
        Row(f"health of the queue, {PENDING} wait, median", round(1e3 * median(health), 1), "ms"),
        against(
            f"{name}, beside bare rows",
            1e3 * median(first),
            "ms",
            "50 rows of proposals by number",
            1e3 * median(bare),
            at_most=40,
        ),
    ]


async def _fill(inside: Inside) -> None:
    """Let one proposal wait, and copy its rows."""
    services = inside.services
    inside.canned.interface = replace(
        inside.canned.interface, name="waits", description="Number 1 of waits."
    )
    files = {"waits.py": SOURCE, "tool.toml": TOOL.format(name="waits", number=1).encode()}
    view = await submit(services, inside.agent, files)
    number = int(view.id.removeprefix("P-"))
    for start in range(0, PENDING, AT_ONCE):
        await services.store.write(lambda unit, start=start: _copy(unit, number, start))


def _copy(unit: Unit, number: int, start: int) -> None:
    row, line = unit.proposals.get(number), unit.listing.get(number)
    if row is None or line is None:
        raise RuntimeError("the one that is copied does not wait")
    moment = stamp(now())
    for place in range(start, start + AT_ONCE):
        made = unit.proposals.create(replace(row, tool=f"waits_{place}", state="reviewing"))
        risk = place * 7 % 101
        unit.listing.put(
            replace(
                line, proposal=made.number, state="reviewing", risk=risk, rank=line.rank - place % 977,
                waiting_since=moment,
            )
        )  # fmt: skip
        for one in unit.principals.all():
            if one.kind == "human":
                unit.turns.put(TurnRow(made.number, one.id, "review_wanted", moment))


async def _taken(ask: Callable[[], Awaitable[object]]) -> list[float]:
    await ask()
    taken: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - started)
    return taken
