"""An organisation's own rules count only as pinned, stay hidden, and fail closed; packs need a network."""

import asyncio
import dataclasses
from collections.abc import Generator
from datetime import date
from pathlib import Path

import pytest

from toolvet.checks import CHECKS, Toolchain
from toolvet.checks.asked import Asked, OwnFile
from toolvet.checks.local import verify_files
from toolvet.checks.own_rules import Packs
from toolvet.sandbox import Pool, TierReport
from toolvet_reviews import digests
from toolvet_reviews.findings import Evidence

TOOL = b'''"""Add up."""


def add(values: list[int]) -> int:
    """Add up numbers.

    Args:
        values: What to add.
    """
    print(values)
    return sum(values)
'''
OWN = b"""\
rules:
  - id: acme.no-print
    languages: [python]
    severity: ERROR
    message: Rule of the house about marmalade.
    pattern: print(...)
    metadata: {category: style, fix: "Use ctx.log.", cwe: ["CWE-1: words"]}
"""


def own(data: bytes) -> OwnFile:
    return OwnFile("acme.yaml", digests.sha256(data), data)


@pytest.fixture(scope="module")
def runner() -> Generator[asyncio.Runner]:
    with asyncio.Runner() as loop:
        yield loop


def scanned(runner: asyncio.Runner, tools: Toolchain, walls: TierReport, asked: Asked) -> Evidence:
    async def verify() -> Evidence:
        pool = Pool(walls)
        try:
            verified = await verify_files(
                {"add.py": TOOL},
                pool=pool,
                tools=tools,
                tier=walls.tier,
                asked=asked,
                checks=tuple(check for check in CHECKS if check.name in {"intake", "semgrep"}),
            )
        finally:
            await pool.close()
        return next(found for found in verified.evidence if found.check == "semgrep")

    return runner.run(verify())


def test_a_finding_of_an_own_rule_is_hidden_and_blocks(
    runner: asyncio.Runner, toolchain: Toolchain, walls: TierReport
) -> None:
    evidence = scanned(runner, toolchain, walls, Asked(rules=(own(OWN),)))

    [finding] = [f for f in evidence.findings if f.rule.startswith("semgrep.own.")]
    assert evidence.status == "failed"
    assert (finding.rule, finding.hidden, finding.line) == ("semgrep.own.acme.no-print", True, 10)
    assert (finding.category, finding.fix, finding.cwe) == ("style", "Use ctx.log.", "CWE-1")
    assert evidence.measurements["further_rules"] == 1


BROKEN = {
    "no YAML": b"rules: [",
    "no rules": b'{"rules": []}',
    "a bad pattern": OWN.replace(b"print(...)", b"print(..."),
    "the same id twice": OWN + OWN.partition(b"\n")[2],
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_own_configuration_leaves_nothing_known(
    fault: str, runner: asyncio.Runner, toolchain: Toolchain, walls: TierReport
) -> None:
    evidence = scanned(runner, toolchain, walls, Asked(rules=(own(BROKEN[fault]),)))

    assert evidence.status == "unknown"
    assert "marmalade" not in evidence.summary + evidence.raw


def test_an_own_file_that_is_not_the_pinned_one_leaves_nothing_known(
    runner: asyncio.Runner, toolchain: Toolchain, walls: TierReport
) -> None:
    changed = dataclasses.replace(own(OWN), data=OWN.replace(b"print", b"eval"))

    assert scanned(runner, toolchain, walls, Asked(rules=(changed,))).status == "unknown"


def test_a_pack_is_fetched_once_a_day(tmp_path: Path) -> None:
    fetches: list[str] = []

    def fetch(name: str) -> bytes:
        fetches.append(name)
        return OWN

    async def twice() -> list[bytes | None]:
        packs = Packs(tmp_path, fetch)
        day = date(2026, 11, 21)
        first = [await packs.get("p/python", day), await packs.get("p/python", day)]
        return [*first, await packs.get("p/python", date(2026, 11, 22))]

    assert asyncio.run(twice()) == [OWN, OWN, OWN]
    assert fetches == ["p/python", "p/python"]
    assert [path.name for path in tmp_path.iterdir()] == ["p-python-2026-11-22.yaml"]


def test_a_pack_that_cannot_be_had_is_not_asked_for_again_at_once(tmp_path: Path) -> None:
    fetches: list[str] = []

    def fetch(name: str) -> bytes:
        fetches.append(name)
        raise OSError("no network")

    async def twice() -> list[bytes | None]:
        packs = Packs(tmp_path, fetch)
        return [await packs.get("p/python"), await packs.get("p/python"), await packs.get("../x")]

    assert asyncio.run(twice()) == [None, None, None]
    assert fetches == ["p/python"]


def test_a_pack_that_is_missing_is_named_as_not_looked_at(
    runner: asyncio.Runner, toolchain: Toolchain, walls: TierReport, tmp_path: Path
) -> None:
    elsewhere = dataclasses.replace(toolchain, root=tmp_path)
    (tmp_path / toolchain.semgrep_folder.name).symlink_to(toolchain.semgrep_folder)

    evidence = scanned(runner, elsewhere, walls, Asked(packs=("p/no-such-pack-anywhere",)))

    assert evidence.status in {"passed", "warned"}
    assert any("p/no-such-pack-anywhere" in said for said in evidence.not_looked_at)
