"""A toolchain, walls, and one way to verify a bundle written in a test."""

import asyncio
import fcntl
import sys
from collections.abc import Collection, Generator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from toolvet.checks import CHECKS, Toolchain, Verified, verify_files
from toolvet.checks.asked import NOTHING_ASKED, Asked
from toolvet.sandbox import Pool, TierReport, probe


class Verify(Protocol):
    """Verify files as they would be submitted, by all checks, or the named ones and what they need."""

    def __call__(self, files: Mapping[str, str], *names: str, asked: Asked = ...) -> Verified: ...


def needed(names: Collection[str]) -> set[str]:
    """Name checks and those whose evidence they read; a check comes after those it needs."""
    found = set(names)
    for check in reversed(CHECKS):
        found |= set(check.needs) if check.name in found else set()
    return found


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """The scanners; made once per environment, which takes a package index."""
    root = Path(sys.prefix) / "toolvet-toolchain"
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Toolchain(root)
        made.ensure()
    return made


@pytest.fixture(scope="session")
def walls() -> TierReport:
    """The walls of this host."""
    report = probe(allow_c=True)
    if report.tier == "none":
        pytest.skip(f"no walls hold here: {report.reason}")
    return report


@pytest.fixture(scope="session")
def verify(toolchain: Toolchain, walls: TierReport) -> Generator[Verify]:
    """One pool and one loop for all tests: parsers stay warm."""

    async def start() -> Pool:
        return Pool(walls)

    with asyncio.Runner() as runner:
        pool = runner.run(start())

        def run(files: Mapping[str, str], *names: str, asked: Asked = NOTHING_ASKED) -> Verified:
            checks = tuple(check for check in CHECKS if not names or check.name in needed(names))
            submitted = {path: text.encode() for path, text in files.items()}
            return runner.run(
                verify_files(
                    submitted,
                    pool=pool,
                    tools=toolchain,
                    tier=walls.tier,
                    checks=checks,
                    asked=asked,
                )
            )

        yield run
        runner.run(pool.close())
