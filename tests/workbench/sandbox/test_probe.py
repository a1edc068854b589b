import asyncio
import sys
import time
from pathlib import Path

import pytest

import toolvet
import toolvet_reviews
from toolvet.sandbox import Limits, TierReport, probe, run_program


def test_the_strongest_tier_that_holds_is_reported_with_what_was_tried(
    strong_walls: TierReport,
) -> None:
    report = probe()

    assert report.tier in ("A", "B")
    assert len(report.probes) >= len(strong_walls.probes) >= 10
    assert all(result.held and result.detail for result in report.probes)
    assert bool(report.reason and report.cure) is (report.tier == "B")


def test_a_probe_takes_less_than_a_second(strong_walls: TierReport) -> None:
    started = time.process_time()

    probe(force=strong_walls.tier)

    assert time.process_time() - started < 1


def test_a_probe_can_be_made_inside_a_running_loop(strong_walls: TierReport) -> None:
    async def act() -> TierReport:
        return probe(force=strong_walls.tier)

    assert asyncio.run(act()).tier == strong_walls.tier


def test_another_system_has_no_walls_and_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    report = probe(allow_c=True)

    assert report.tier == "none"
    assert "TOOLVET_URL" in report.cure


@pytest.mark.parametrize("consent", [True, False])
def test_where_namespaces_and_landlock_are_refused_nothing_is_run(
    strong_walls: TierReport, *, consent: bool
) -> None:
    code = (
        f"from toolvet.sandbox import probe; report = probe(allow_c={consent}); "
        "print(report.tier); print(report.reason); print(report.cure)"
    )
    roots = [Path(str(module.__file__)).parents[1] for module in (toolvet, toolvet_reviews)]
    running = run_program(
        [str(Path(sys.prefix) / "bin" / "python"), "-c", code],
        walls=strong_walls,
        binds=[Path(sys.prefix), *roots],
        limits=Limits(wall_s=30, memory_mib=2048, processes=32, open_files=256),
        env={"PYTHONPATH": ":".join(map(str, roots))},
    )

    found = asyncio.run(running)

    tier, reason, *_ = found.stdout.decode().splitlines()
    assert tier == "none", found.stderr
    assert "tier B" in reason
    assert "tier C" in reason
