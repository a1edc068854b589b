"""The order of checks, their cache, and what a check that misbehaves may not do."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from toolvet.checks import CheckContext, Toolchain, pipeline, semgrep
from toolvet.checks.base import Check, Inputs, conclude, inputs_digest
from toolvet.errors import SandboxUnavailableError
from toolvet.sandbox import Limits, Pool
from toolvet_reviews.bundle import Bundle, ToolSpec
from toolvet_reviews.findings import Evidence, Finding

SPEC = ToolSpec("a", "A.", "a:a")


def context(files: dict[str, bytes] | None = None, limits: Limits | None = None) -> CheckContext:
    bundle = Bundle(SPEC, files or {"tool.toml": b"", "a.py": b"x = 1\n"})
    no_pool = cast("Pool", None)  # none of these checks runs anything
    tools = Toolchain(Path("nowhere"))
    return CheckContext(bundle, Path("nowhere"), no_pool, tools, "B", limits or Limits())


async def passes(_context: CheckContext) -> Evidence:
    return conclude("passes", [])


async def crashes(_context: CheckContext) -> Evidence:
    raise RuntimeError("boom")


async def has_no_walls(_context: CheckContext) -> Evidence:
    raise SandboxUnavailableError("no walls")


async def hangs(_context: CheckContext) -> Evidence:
    await asyncio.Event().wait()
    raise AssertionError


async def reads(context: CheckContext) -> Evidence:
    return conclude("reads", [], nothing=context.earlier["passes"].status)


PASSES = Check("passes", passes, Inputs())


def run(*checks: Check, cached: pipeline.Cached = pipeline.nothing_cached) -> dict[str, Evidence]:
    found = asyncio.run(pipeline.run_checks(context(), checks=checks, cached=cached))
    return {evidence.check: evidence for evidence in found}


@pytest.mark.parametrize("bad", [crashes, has_no_walls, hangs])
def test_a_check_that_fails_is_unknown_and_stops_no_other(
    bad: Callable[[CheckContext], Awaitable[Evidence]],
) -> None:
    found = run(Check("bad", bad, Inputs(), timeout_s=0.05), PASSES)

    assert found["bad"].status == "unknown"
    assert found["bad"].summary
    assert found["passes"].status == "passed"


def test_a_check_gets_the_evidence_that_it_needs() -> None:
    found = run(PASSES, Check("reads", reads, Inputs(), needs=("passes",)))

    assert found["reads"].summary == "passed"


def test_cached_evidence_is_taken_and_unknown_is_tried_again() -> None:
    def known(check: str, _inputs: str) -> Evidence | None:
        return Evidence(check, "warned", "from before")

    def doubtful(check: str, _inputs: str) -> Evidence | None:
        return Evidence(check, "unknown", "from before")

    assert run(PASSES, cached=known)["passes"].summary == "from before"
    assert run(PASSES, cached=doubtful)["passes"].status == "passed"


def test_evidence_is_handed_over_as_it_comes_under_the_digest_of_its_inputs() -> None:
    stored: list[Evidence] = []

    async def store(evidence: Evidence) -> None:
        stored.append(evidence)

    found = asyncio.run(pipeline.run_checks(context(), checks=(PASSES,), store=store))

    assert stored == found
    assert stored[0].inputs == inputs_digest(PASSES, context())


def test_the_inputs_digest_follows_what_a_check_reads_and_nothing_else() -> None:
    python = Check("p", passes, Inputs("python", ("ruff",)))
    runs = Check("p", passes, Inputs("all", runs=True))
    files = {"tool.toml": b"", "a.py": b"x = 1\n"}
    plain = context(files)
    with_data = context({**files, "data/a.txt": b"1"})
    other_code = context({**files, "a.py": b"x = 2\n"})
    tighter = context(files, Limits(wall_s=1))

    assert inputs_digest(python, plain) == inputs_digest(python, with_data)
    assert inputs_digest(python, plain) == inputs_digest(python, tighter)
    assert inputs_digest(python, plain) != inputs_digest(python, other_code)
    assert inputs_digest(runs, plain) != inputs_digest(runs, with_data)
    assert inputs_digest(runs, plain) != inputs_digest(runs, tighter)


def test_a_reason_to_doubt_outweighs_findings_and_errors_outweigh_warnings() -> None:
    warning, error = Finding("a.b", "warning", "w"), Finding("a.c", "error", "e")

    assert conclude("a", [], ["crashed"]).status == "unknown"
    assert conclude("a", [error], ["crashed"]).status == "unknown"
    assert conclude("a", [warning, error]).status == "failed"
    assert conclude("a", [warning]).status == "warned"
    assert conclude("a", []).status == "passed"


def test_many_warnings_do_not_push_an_error_out() -> None:
    findings = [Finding("a.b", "warning", str(number)) for number in range(500)]

    assert conclude("a", [*findings, Finding("a.c", "error", "e")]).findings[0].rule == "a.c"


def test_without_a_scanner_its_check_is_unknown() -> None:
    found = asyncio.run(semgrep.run(context()))

    assert found.status == "unknown"
    assert "doctor" in found.summary
