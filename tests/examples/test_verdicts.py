"""The real checks, in the real walls: the good pass, and each bad one is stopped by several."""

import asyncio
import fcntl
import json
import sys
from pathlib import Path

import pytest

from toolvet.checks import Toolchain, Verified, verify_files
from toolvet.sandbox import Pool, TierReport, probe
from toolvet_reviews.values import JsonObject

GALLERY = Path(__file__).parents[2] / "examples"
STOPPED_BY = {
    "stopped/ticket_export": {
        "semgrep": "semgrep.template-from-parameter",
        "hostile": "hostile.format",
    },
    "stopped/rate_lookup": {
        "intake": "intake.undeclared-network",
        "effects": "effects.undeclared-network",
    },
    "stopped/median_price": {"examples": "examples.result", "properties": "properties.invariant"},
}
GOOD = (
    "log_error_summary",
    "find_flaky_runs.py",
    "invoice_batch_generate",
    "customer_records_repair",
    "campaign_send_bulk",
)
WRITES = ("invoice_batch_generate", "customer_records_repair", "campaign_send_bulk")


def submitted(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {path.name: path.read_bytes()}
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def examples_beside(path: Path) -> list[JsonObject]:
    beside = path.with_suffix(".examples.json")
    return json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else []


def scanners() -> Toolchain:
    """Make the scanners once per environment, as the tests of the checks do."""
    root = Path(sys.prefix) / "toolvet-toolchain"
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Toolchain(root)
        made.ensure()
    return made


async def verify_all(walls: TierReport) -> dict[str, Verified]:
    pool, tools = Pool(walls), scanners()
    try:
        return {
            name: await verify_files(
                submitted(GALLERY / name),
                pool=pool,
                tools=tools,
                tier=walls.tier,
                examples=examples_beside(GALLERY / name),
            )
            for name in (*GOOD, *STOPPED_BY)
        }
    finally:
        await pool.close()


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verified]:
    walls = probe(allow_c=True)
    if walls.tier == "none":
        pytest.skip(f"no walls hold here: {walls.reason}")
    return asyncio.run(verify_all(walls))


def failed(verified: Verified) -> set[str]:
    return {
        evidence.check
        for evidence in verified.evidence
        if evidence.status not in {"passed", "skipped"}
    }


@pytest.mark.parametrize("name", GOOD)
def test_a_good_bundle_passes_every_check_without_an_objection(
    name: str, verdicts: dict[str, Verified]
) -> None:
    found = [
        finding
        for evidence in verdicts[name].evidence
        for finding in evidence.findings
        if finding.severity != "note"  # such as: no check reads this data file
    ]

    assert (failed(verdicts[name]), found) == (set(), [])
    assert verdicts[name].manifest is not None


@pytest.mark.parametrize(("name", "stoppers"), STOPPED_BY.items())
def test_a_bad_bundle_is_stopped_by_more_than_one_check_for_one_reason(
    name: str, stoppers: dict[str, str], verdicts: dict[str, Verified]
) -> None:
    errors = {
        evidence.check: {one.rule for one in evidence.findings if one.severity == "error"}
        for evidence in verdicts[name].evidence
        if evidence.status not in {"passed", "warned", "skipped"}
    }

    assert errors == {check: {rule} for check, rule in stoppers.items()}


@pytest.mark.parametrize("name", STOPPED_BY)
def test_the_authors_tests_of_a_bad_bundle_pass_in_the_walls(
    name: str, verdicts: dict[str, Verified]
) -> None:
    statuses = {evidence.check: evidence.status for evidence in verdicts[name].evidence}

    assert statuses["tests"] == "passed"


@pytest.mark.parametrize("name", WRITES)
def test_a_write_tool_tells_what_it_did_and_a_second_run_changes_nothing(
    name: str, verdicts: dict[str, Verified]
) -> None:
    seen = next(e.measurements for e in verdicts[name].evidence if e.check == "examples")

    assert seen["repeat_equal"] is True
    assert isinstance(seen["log_events"], int)
    assert seen["log_events"] > 0
