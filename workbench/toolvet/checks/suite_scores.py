"""What runs of a suite add up to: mutants that were noticed, and branches that ran."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from toolvet.checks import reading
from toolvet.checks.variant_runs import Plan, Variant
from toolvet_reviews.findings import Finding, Severity
from toolvet_reviews.values import JsonObject
from toolvet_reviews.words import one_line


@dataclass
class Score:
    """What became of the mutants."""

    killed: int = 0
    survivors: list[Variant] = field(default_factory=list[Variant])
    not_swapped: int = 0
    """What runs at import, and could not be tried."""
    left: int = 0
    """Not tried in time."""

    @property
    def tried(self) -> int:
        """How many a score is made of."""
        return self.killed + len(self.survivors)

    @property
    def percent(self) -> int | None:
        """Those that were noticed; None when none was tried."""
        return round(100 * self.killed / self.tried) if self.tried else None


class Coverage(NamedTuple):
    """Which branches ran: each way of a condition, each body of a function, loop or handler."""

    percent: int | None
    uncovered: dict[str, list[int]]
    """By path: lines that never ran, and conditions that always went one way."""


def coverage(plan: Plan, seen: Iterable[JsonObject]) -> Coverage:
    """Add up what probes told.

    Args:
        plan: Names the blocks and conditions that they number.
        seen: What was told of each test; nothing at all when the probes did not run.
    """
    told = [*seen]
    if not told or not plan.blocks:
        return Coverage(None, {})
    blocks, ways = _numbers(told, "blocks"), _numbers(told, "ways")
    lines: dict[str, set[int]] = {}
    for number, block in enumerate(plan.blocks):
        if number not in blocks:
            first, last = reading.number(block.get("line")), reading.number(block.get("end_line"))
            lines.setdefault(_path(block), set()).update(range(first, last + 1))
    for number, condition in enumerate(plan.conditions):
        if not {2 * number, 2 * number + 1} <= ways:
            lines.setdefault(_path(condition), set()).add(reading.number(condition.get("line")))
    known, both = {*range(len(plan.blocks))}, {*range(2 * len(plan.conditions))}
    covered = len(blocks & known) + len(ways & both)
    percent = round(100 * covered / (len(known) + len(both)))
    return Coverage(percent, {path: sorted(each) for path, each in sorted(lines.items())})


def _path(place: JsonObject) -> str:
    return reading.text(place.get("path"))


def _numbers(seen: Iterable[JsonObject], name: str) -> set[int]:
    found: set[int] = set()
    for said in seen:
        each = said.get(name)
        found |= {n for n in (each if isinstance(each, list) else []) if isinstance(n, int)}
    return found


def suite_finding(
    rule: str,
    severity: Severity,
    message: str,
    fix: str,
    *,
    path: str = "",
    line: int = 0,
    text: str = "",
) -> Finding:
    """Make a finding about the suite, or about one of its tests."""
    return Finding(
        f"strength.{rule}", severity, one_line(message, 600), path, line, line, text, category="tests",
        why="Tests that pass whatever the tool does are worth nothing to who relies on it.", fix=fix,
    )  # fmt: skip
