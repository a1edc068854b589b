"""Find tests that passed and failed on the same commit, and what their failures differ in.

One call instead of four: fetch the runs of a name, sort them by time, look for changes of
status where the code did not change, and compare the error texts.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Final, Literal

from toolvet.sdk import Ge, Le, MaxLen, MinLen

MAX_DIFFERENCE_LINES: Final = 40
"""Lines of a difference that are returned on each side."""

_VARYING: Final = re.compile(r"0x[0-9a-fA-F]{1,16}|\d{1,40}")


@dataclass(frozen=True)
class Run:
    """One execution of one test."""

    id: Annotated[str, MinLen(1), MaxLen(200)]
    """Unique among the runs given."""
    name: Annotated[str, MinLen(1), MaxLen(500)]
    """Full name of the test or job."""
    commit: Annotated[str, MinLen(1), MaxLen(64)]
    """What was built; only runs of equal commits are compared."""
    status: Literal["passed", "failed"]
    started_at: datetime
    """Without an offset it is read as UTC."""
    error: Annotated[str, MaxLen(20_000)] = ""
    """Error text of a failed run; numbers and memory addresses in it do not count as different."""


@dataclass(frozen=True)
class Failure:
    """Failed runs whose error text is the same but for numbers and addresses."""

    runs: list[str]
    """Run ids by time."""
    error: str
    """The error text of the first of them."""
    only_here: list[str]
    """Lines that the test's first kind of failure does not have; empty for the first kind."""
    missing_here: list[str]
    """Lines that the first kind has and this one does not."""


@dataclass(frozen=True)
class FlakyTest:
    """A test that both passed and failed on one commit."""

    name: str
    commit: str
    passed: int
    failed: int
    changes: int
    """How often the status differs from the run before."""
    first_failed_at: datetime
    last_failed_at: datetime
    failures: list[Failure]
    """Kinds of failure, in order of first appearance. More than one kind: more than one cause."""


def find_flaky_runs(
    runs: Annotated[list[Run], MaxLen(20_000)],
    name_contains: Annotated[str, MaxLen(500)] = "",
    minimum_runs: Annotated[int, Ge(2), Le(1_000)] = 2,
) -> list[FlakyTest]:
    """Find tests that passed and failed on the same commit, with how their failures differ.

    Args:
        runs: Test runs in any order; a run given twice (same id) counts once.
        name_contains: Look only at tests whose name contains this text, in any case.
        minimum_runs: Ignore a test on a commit with fewer runs than this.

    Returns:
        Flaky tests, the one that changed its status most often first.
    """
    wanted = name_contains.casefold()
    groups: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in {run.id: run for run in runs}.values():
        if wanted in run.name.casefold():
            groups[run.name, run.commit].append(run)
    flaky = [
        _described(sorted(group, key=lambda run: (_instant(run), run.id)))
        for group in groups.values()
        if len(group) >= minimum_runs and len({run.status for run in group}) == 2
    ]
    return sorted(flaky, key=lambda test: (-test.changes, -test.failed, test.name, test.commit))


def _instant(run: Run) -> datetime:
    moment = run.started_at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _described(group: list[Run]) -> FlakyTest:
    """Describe one test on one commit; `group` is ordered by time and holds both statuses."""
    failed = [run for run in group if run.status == "failed"]
    return FlakyTest(
        name=group[0].name,
        commit=group[0].commit,
        passed=len(group) - len(failed),
        failed=len(failed),
        changes=sum(before.status != after.status for before, after in pairwise(group)),
        first_failed_at=_instant(failed[0]),
        last_failed_at=_instant(failed[-1]),
        failures=_kinds(failed),
    )


def _kinds(failed: list[Run]) -> list[Failure]:
    """Group failures by error text and compare each kind with the first."""
    kinds: dict[str, list[Run]] = defaultdict(list)
    for run in failed:
        kinds[_VARYING.sub("#", run.error).strip()].append(run)
    first = next(iter(kinds.values()))[0].error
    return [
        Failure(
            runs=[run.id for run in alike],
            error=alike[0].error,
            only_here=_lines_not_in(alike[0].error, first),
            missing_here=_lines_not_in(first, alike[0].error),
        )
        for alike in kinds.values()
    ]


def _lines_not_in(text: str, other: str) -> list[str]:
    """List the lines of a text that the other does not have, numbers aside, in order."""
    known = set(_masked(other.splitlines()))
    lines = [line for line in text.splitlines() if line.strip()]
    found = [line for line, mask in zip(lines, _masked(lines), strict=True) if mask not in known]
    return found[:MAX_DIFFERENCE_LINES]


def _masked(lines: Iterable[str]) -> list[str]:
    return [_VARYING.sub("#", line).strip() for line in lines]
