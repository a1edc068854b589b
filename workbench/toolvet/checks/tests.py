"""The check `tests`: the author's own tests, run confined, believed as far as they can be checked.

A run in the author's process is a claim. It counts when the tests that ran are exactly the tests
that are written in the files, each passed, none was skipped, they ran in the order that was drawn for
them, and the run came to its end. What it is worth then is for the check `strength` to find out. Tests
of a tool with effects run against the same fakes as examples do, and are watched as they are.
"""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field

from toolvet.checks import reading
from toolvet.checks.base import (
    PROGRAM_LIMITS,
    RUN,
    Check,
    CheckContext,
    Inputs,
    conclude,
    program_trouble,
    snippet,
    unknown,
)
from toolvet.checks.confinement import CONFINED
from toolvet.checks.environment import at_hand
from toolvet.checks.fake_network import FakeWorld
from toolvet.checks.fakes import Fakes, fakes
from toolvet.checks.observing import Runs, claims_of, fake_findings, measured, observe
from toolvet.checks.seeding import seed_of
from toolvet.sandbox import ProgramOutcome, run_program
from toolvet.sandbox.launch import Reach
from toolvet.sandbox.watch import HOOK, Watched, Watcher, observer
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import one_line

NAME = "tests"
_GOOD_CODES = (0, 1, 2, 5)


@dataclass
class _Run:
    """What the reporter said."""

    collected: list[str] = field(default_factory=list[str])
    order: dict[str, None] = field(default_factory=dict[str, None])
    """Tests as their first word came."""
    told: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Phases of tests."""
    doubts: list[str] = field(default_factory=list[str])
    """What no run of pytest says."""
    passed: set[str] = field(default_factory=set[str])
    bad: list[JsonObject] = field(default_factory=list[JsonObject])
    end: int | None = None
    claims: Json = None
    """What the run says of its own lines."""


async def run(context: CheckContext) -> Evidence:
    """Run the tests of the bundle, if there are any."""
    if context.earlier.get("interface") is None or context.earlier["interface"].status not in {
        "passed",
        "warned",
    }:
        return unknown(NAME, "not run: the interface check did not pass")
    names = _written(context.earlier.get("intake"))
    written = set(names or ())
    if names is None:
        return unknown(NAME, "not run: the files could not be read")
    if not written:
        return _without_tests(context)
    with fakes(context.bundle) as made:
        seed = seed_of(context)
        outcome, watched, world = await _ran(context, made, written, seed)
        seen = _read(outcome.report)
        known = [watched] if watched is not None else []
        runs = Runs(made, world.seen, known, claims_of(seen.claims), with_tests=True)
        observed = observe(runs)
    findings = [
        *_of_end(outcome, seen),
        *_twice(names),
        *_findings(context, written, seen),
        *fake_findings(NAME, runs),
    ]
    tools = context.tools
    return conclude(
        NAME,
        findings,
        _trouble(outcome, seen, findings),
        measurements={
            "written": len(written),
            "ran": len(seen.collected),
            "passed": len(seen.passed),
            "order_seed": seed,
            **measured(observed, runs=1, is_cut=any(one.cut for one in known)),
        },
        tools={"pytest": tools.versions["pytest"], "python": tools.versions["python"]},
        raw=outcome.stdout.decode("utf-8", "replace"),
        tier=outcome.tier,
        nothing=f"{len(written)} test{'s' * (len(written) != 1)} passed",
    )


CHECK = Check(
    NAME,
    run,
    Inputs("all", ("pytest", "python", "platform"), runs=True, inert=True, spec=RUN),
    needs=("intake", "environment", "interface"),
)


async def _ran(
    context: CheckContext, made: Fakes, written: set[str], seed: str
) -> tuple[ProgramOutcome, Watched | None, FakeWorld]:
    """Run the tests against fakes; those of a tool with effects are watched."""
    tools, world = context.tools, made.world()
    runner = [str(tools.python), "-I", "-S", "-B", str(CONFINED / "pytest_runner.py")]
    files = sorted({f"/tool/{name.partition('::')[0]}" for name in written})
    environment = await at_hand(context)
    packages = [environment.folder] if environment else []
    folders = [*packages, tools.packages]
    is_watched = context.bundle.spec.effects.kind != "pure"
    has_strace = is_watched and await asyncio.to_thread(observer) == "strace"
    watcher = (
        Watcher(is_program=True, quiet=[context.folder, CONFINED, HOOK, *folders])
        if has_strace
        else None
    )
    try:
        outcome = await run_program(
            [*runner, "/tool", "/sdk", os.pathsep.join(map(str, folders)), seed, *files],
            folder=context.folder,
            binds=[CONFINED, *([HOOK] if is_watched else []), *folders],
            limits=PROGRAM_LIMITS,
            walls=context.pool.report,
            env={"TOOLVET_HOOK": str(HOOK)} if is_watched else None,
            report=True,
            reach=Reach(mounts=made.mounts, endpoints=made.endpoints, ca=made.ca),
            network=world.network(),
            wrap=watcher.argv if watcher else (),
        )
    except BaseException:
        if watcher is not None:
            watcher.close()
        raise
    if watcher is not None:
        return outcome, await watcher.of_program(), world
    return outcome, Watched((), "hook") if is_watched else None, world


def _without_tests(context: CheckContext) -> Evidence:
    spec = context.bundle.spec
    if spec.effects.kind == "pure" and spec.examples:
        return Evidence(NAME, "skipped", "a pure tool with examples needs no tests")
    finding = Finding(
        f"{NAME}.missing", "error", f"A {spec.effects.kind} tool needs tests.", category="tests",
        why="Examples show single answers; tests show what must never happen.",
        fix="Add tests/test_*.py; Context.for_tests() gives them a context.",
    )  # fmt: skip
    return conclude(NAME, [finding])


def _written(intake: Evidence | None) -> list[str] | None:
    """Names of all tests as the confined parser read them; None when it could not."""
    if intake is None or intake.status == "unknown":
        return None
    if any(finding.rule == "intake.syntax" for finding in intake.findings):
        return None
    tests = intake.measurements.get("tests")
    if not isinstance(tests, dict):
        return None
    return [f"{path}::{name}" for path, names in tests.items() for name in reading.texts(names)]


def _read(report: bytes) -> _Run:
    seen = _Run()
    phases: dict[str, set[str]] = {}
    for record in reading.lines(report):
        _note(seen, phases, record)
    seen.passed = {name for name, done in phases.items() if {"setup", "call", "teardown"} <= done}
    seen.passed -= {str(record.get("id")) for record in seen.bad}
    return seen


def _note(seen: _Run, phases: dict[str, set[str]], record: JsonObject) -> None:
    kind, name = record.get("kind"), str(record.get("id"))
    if seen.end is not None and kind != "seen":
        seen.doubts.append("the test run went on after its end")
    if kind == "collected":
        if seen.collected:
            seen.doubts.append("tests were collected twice")
        seen.collected += reading.texts(record.get("ids"))
    elif kind == "seen":
        seen.claims = record.get("claims")
    elif kind == "end":
        seen.end = reading.number(record.get("status"))
    elif kind == "report" and (name, str(record.get("when"))) in seen.told:
        seen.doubts.append(f"{one_line(name, 100)} was told of twice")
    elif kind == "uncollected" or record.get("outcome") != "passed" or record.get("xfail"):
        seen.bad.append(record)
    elif kind == "report":
        phases.setdefault(name, set()).add(str(record.get("when")))
    if kind == "report":
        seen.order[name] = None
        seen.told.add((name, str(record.get("when"))))


def _findings(context: CheckContext, written: set[str], seen: _Run) -> list[Finding]:
    ran = {_base(name) for name in seen.passed}
    told = {_base(str(record.get("id"))) for record in seen.bad}
    found = [_bad(context, record) for record in seen.bad]
    found += [
        _error("not-run", f"{name} is written but did not run to its end.", name.partition("::")[0])
        for name in sorted(written - ran - told)
        if name.partition("::")[0] not in told
    ]
    found += [
        _error(
            "unwritten", f"{name} ran, but is not written in the files.", name.partition("::")[0]
        )
        for name in sorted({_base(name) for name in seen.collected} - written)
    ]
    return found


def _of_end(outcome: ProgramOutcome, seen: _Run) -> list[Finding]:
    if not _ended_itself(outcome, seen):
        return []
    return [_error("ended", "The tests ended their own process before pytest had a result.", "")]


def _twice(names: list[str]) -> list[Finding]:
    return [
        _error(
            "shadowed", f"{name} is written twice; only the last one runs.", name.partition("::")[0]
        )
        for name, number in Counter(names).items()
        if number > 1
    ]


def _base(name: str) -> str:
    """A test without its parameters."""
    return name.partition("[")[0]


def _bad(context: CheckContext, record: JsonObject) -> Finding:
    name, outcome = str(record.get("id")), str(record.get("outcome"))
    path = name.partition("::")[0]
    line = record.get("line")
    number = line if isinstance(line, int) and str(record.get("path", "")).endswith(path) else 0
    if record.get("kind") == "uncollected":
        lines = str(record.get("text")).strip().splitlines()
        return _error(
            "not-collected", f"{path} cannot be imported: {lines[-1] if lines else ''}", path
        )
    if outcome == "skipped" or record.get("xfail"):
        return _error("skipped", f"{name} was skipped or expected to fail.", path)
    message = f"{name} failed: {record.get('message') or ''}"
    return _error("failed", message, path, number, snippet(context.bundle, path, number))


def _ended_itself(outcome: ProgramOutcome, seen: _Run) -> bool:
    """Tell whether the process said that all was well, before pytest could say anything."""
    return seen.end is None and outcome.exit_code == 0


def _trouble(outcome: ProgramOutcome, seen: _Run, findings: list[Finding]) -> list[str]:
    if _ended_itself(outcome, seen):
        return []
    reasons = program_trouble("the test run", outcome, _GOOD_CODES)
    reasons += sorted({*seen.doubts})[:3]
    if [*seen.order] != seen.collected[: len(seen.order)]:
        reasons.append("the tests did not run in the order that was drawn for them")
    if seen.end is None and not reasons:
        reasons.append("the test run ended before pytest did")
    elif seen.end is not None and outcome.exit_code != seen.end and not reasons:
        reasons.append("the test run ended with another code than pytest gave")
    if seen.end and not findings:
        reasons.append(f"pytest ended with code {seen.end} and named no failure")
    return reasons


def _error(rule: str, message: str, path: str, line: int = 0, text: str = "") -> Finding:
    return Finding(
        f"{NAME}.{rule}", "error", message[:800], path, line, line, text, category="tests",
        why="A tool whose own tests do not hold is not finished.", fix="Make every test run and pass.",
    )  # fmt: skip
