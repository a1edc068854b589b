"""Each mistake of the corpus is stopped by the check that should, and not once it is repaired."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from corpus_pairs import Bench, Pair, only, pairs

from toolvet.checks import Toolchain
from toolvet.sandbox import Pool, TierReport

PAIRS = pairs()
ONE_EACH = list({one.family: one for one in reversed(PAIRS)}.values())
"""The first of each family: `make score` runs all of them, through every check."""
OUTSIDE = [one for one in PAIRS if one.criterion != "safety"]


@pytest.fixture(scope="module")
def bench(toolchain: Toolchain, walls: TierReport) -> Generator["Told"]:
    with told(toolchain, walls) as made:
        yield made


class Told:
    """Verifies with one check and what it needs: `make score` runs all of them."""

    def __init__(self, runner: asyncio.Runner, bench: Bench) -> None:
        self._runner = runner
        self._bench = bench

    def statuses(self, pair: Pair) -> tuple[str, str]:
        async def both() -> tuple[str, str]:
            checks = only(pair.check)
            bad = await self._bench.side(pair, "bad", checks=checks)
            good = await self._bench.side(pair, "good", checks=checks)
            found = [
                next(one.status for one in side.evidence if one.check == pair.check)
                for side in (bad, good)
            ]
            return found[0], found[1]

        return self._runner.run(both())


@contextmanager
def told(toolchain: Toolchain, walls: TierReport) -> Generator[Told]:
    with asyncio.Runner() as runner:

        async def start() -> Pool:
            return Pool(walls)

        pool = runner.run(start())
        yield Told(runner, Bench.of(pool, toolchain, walls))
        runner.run(pool.close())


@pytest.mark.parametrize("pair", ONE_EACH, ids=[one.name for one in ONE_EACH])
def test_the_bad_one_is_stopped_and_its_repaired_twin_is_not(pair: Pair, bench: Told) -> None:
    bad, good = bench.statuses(pair)
    assert bad == "failed"
    assert good in {"passed", "warned", "skipped"}


def test_the_corpus_is_large_enough_and_not_only_about_security() -> None:
    assert len(PAIRS) >= 60
    assert len(OUTSIDE) * 3 >= len(PAIRS)
