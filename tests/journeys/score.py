"""How well verification tells bad tools from good ones: `make score`.

Every pair of `tests/corpus` and every tool of `tests/honest` goes through all checks under the policy of
the preset `solo`. Printed are, per family and per check: recall (the bad one is stopped by the check
that should), false alarms (its repaired twin is stopped), and pairs told apart (both at once). Exit
code 1 when a figure that was asked for is not met.
"""

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_pairs import Bench, Pair, honest, pairs
from rich.console import Console
from rich.table import Table

from toolvet.checks import Toolchain, Verified
from toolvet.sandbox import Pool, probe
from toolvet_reviews import rubric
from toolvet_reviews.policy import Policy

AT_ONCE = 2
RECALL, FALSE_ALARMS, APART, HONEST = 95.0, 3.0, 90.0, 95.0
"""Percent, as asked; false alarms at most, the others at least."""


@dataclass(frozen=True)
class Judged:
    """One pair after verification."""

    pair: Pair
    caught: bool
    """The check that should has stopped the bad one."""
    stopped_by: tuple[str, ...]
    """Every check that stopped it."""
    alarms: tuple[str, ...]
    """What stopped the good one."""

    @property
    def is_apart(self) -> bool:
        """Whether the check that should told them apart."""
        return self.caught and not self.alarms


def failing(found: Verified) -> tuple[str, ...]:
    """Name the checks that stopped a revision."""
    return tuple(one.check for one in found.evidence if one.status == "failed")


def against(policy: Policy, found: Verified) -> list[str]:
    """Say why a revision does not pass, from failed checks and from required ones that know nothing."""
    return rubric.verdict(policy, found.bundle.spec.effects.kind, found.evidence)[1]


async def judge(bench: Bench, pair: Pair) -> Judged:
    """Verify both sides."""
    bad, good = await bench.side(pair, "bad"), await bench.side(pair, "good")
    stopped = failing(bad)
    return Judged(pair, pair.check in stopped, stopped, tuple(against(bench.policy, good)))


async def run(names: Sequence[str]) -> int:
    """Judge everything whose name begins with one of the names, or all."""
    report = probe(allow_c=True)
    bench = Bench.of(Pool(report), Toolchain(Path(sys.prefix) / "toolvet-toolchain"), report)
    gate = asyncio.Semaphore(AT_ONCE)
    chosen = [one for one in pairs() if not names or one.name.startswith(tuple(names))]
    tools = [one for one in honest() if not names or "honest".startswith(tuple(names))]

    async def one(pair: Pair) -> Judged:
        async with gate:
            return await judge(bench, pair)

    async def plain(folder: Path) -> tuple[str, list[str]]:
        async with gate:
            return folder.name, against(bench.policy, await bench.verify(folder))

    try:
        judged = await asyncio.gather(*(one(pair) for pair in chosen))
        passed = await asyncio.gather(*(plain(folder) for folder in tools))
    finally:
        await bench.pool.close()
    return show(judged, passed)


def show(judged: Sequence[Judged], passed: Sequence[tuple[str, list[str]]]) -> int:
    """Print the tables, what went wrong, and the figures; give the exit code."""
    console = Console(width=150)
    if judged:
        console.print(table("family", judged, lambda one: one.pair.family))
        console.print(table("check", judged, lambda one: one.pair.check))
    for one in judged:
        if not one.caught:
            said = ", ".join(one.stopped_by) or "nothing"
            console.print(
                f"missed   {one.pair.name}: {one.pair.check} let it pass; stopped by {said}"
            )
        for reason in one.alarms:
            console.print(f"alarm    {one.pair.name}: {reason}", markup=False)
    for name, reasons in passed:
        for reason in reasons:
            console.print(f"honest   {name}: {reason}", markup=False)
    return figures(console, judged, passed)


def figures(
    console: Console, judged: Sequence[Judged], passed: Sequence[tuple[str, list[str]]]
) -> int:
    """Hold what was measured against what was asked."""
    lines = [
        ("bad ones stopped by the check that should", share(one.caught for one in judged), RECALL),
        ("repaired ones stopped", share(bool(one.alarms) for one in judged), -FALSE_ALARMS),
        ("pairs told apart", share(one.is_apart for one in judged), APART),
        ("honest pure tools that pass", share(not reasons for _, reasons in passed), HONEST),
    ]
    outside = [one for one in judged if one.pair.criterion != "safety"]
    console.print(
        f"{len(judged)} pairs, {len(outside)} of them not about security; {len(passed)} honest"
    )
    is_met = True
    for words, value, asked in lines:
        if value is None:
            continue
        met = value >= asked if asked >= 0 else value <= -asked
        is_met = is_met and met
        bound = f"at least {asked:g}" if asked >= 0 else f"at most {-asked:g}"
        console.print(f"{words:<44}{value:6.1f} %   asked {bound:<13} {'met' if met else 'MISSED'}")
    return 0 if is_met else 1


def share(hits: Iterable[bool]) -> float | None:
    """Give the percentage that is true; None of nothing."""
    found = list(hits)
    return 100 * sum(found) / len(found) if found else None


def table(title: str, judged: Sequence[Judged], by: Callable[[Judged], str]) -> Table:
    """Count by family or by check."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[by(one)].append(one)
    made = Table(title, "pairs", "stopped", "false alarms", "told apart")
    for name, found in sorted(groups.items()):
        made.add_row(
            name,
            str(len(found)),
            str(sum(one.caught for one in found)),
            str(sum(bool(one.alarms) for one in found)),
            str(sum(one.is_apart for one in found)),
        )
    return made


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of FAMILY/NAME; `honest`; default all")
    return asyncio.run(run(parser.parse_args().names))


if __name__ == "__main__":
    sys.exit(main())
