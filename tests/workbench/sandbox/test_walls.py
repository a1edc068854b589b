import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from toolvet.sandbox import Image, Limits, Outcome, Pool, TierReport
from toolvet_reviews.values import Json

HOSTILE = Path(__file__).parent / "hostile"
LIMITS = Limits(wall_s=0.7, cpu_s=5, memory_mib=256, output_kib=64, result_kib=256)


def verdicts(text: str) -> dict[str, str]:
    found = json.loads(text)
    assert len(found) > 90
    return {name: how for name, how in found.items() if how != "held"}


def test_every_attempt_to_break_out_is_refused(walls: TierReport) -> None:
    printed = subprocess.check_output(
        [sys.executable, HOSTILE / "drive.py", walls.tier], text=True, timeout=60
    )

    assert verdicts(printed) == {}


@pytest.mark.parametrize("tier", ["B", "C"])
def test_every_attempt_is_refused_to_an_ordinary_user_too(
    tier: str, as_ordinary_user: Callable[..., str]
) -> None:
    assert verdicts(as_ordinary_user("hostile/drive.py", tier)) == {}


def misbehave(walls: TierReport, *deeds: str, limits: Limits = LIMITS) -> list[Outcome]:
    """Do bad things, then check that the same zygote still answers."""

    async def run() -> list[Outcome]:
        pool = Pool(walls, spares=1)
        image = Image(HOSTILE, "hostile:misbehave", typed=False)
        try:
            found = [await pool.call(image, {"how": deed}, limits) for deed in deeds]
            after = await pool.call(image, {"how": "refuse"}, limits)
            assert after.error is not None
            assert after.error.type == "RefusedError"
            return found
        finally:
            await pool.close()

    return asyncio.run(run())


@pytest.mark.parametrize("deed", ["spin", "sleep"])
def test_a_call_that_will_not_end_is_ended(walls: TierReport, deed: str) -> None:
    (found,) = misbehave(walls, deed)

    assert found.status == "timed_out"
    assert found.wall_ms < 2000


def test_a_flood_of_output_ends_the_call_and_is_cut(walls: TierReport) -> None:
    (found,) = misbehave(walls, "flood", limits=Limits(wall_s=10, output_kib=64))

    assert found.status == "output_limit"
    assert len(found.output) == 64 << 10


@pytest.mark.parametrize("deed", ["exit", "crash", "hang up"])
def test_a_call_that_ends_without_a_word_has_died(walls: TierReport, deed: str) -> None:
    (found,) = misbehave(walls, deed)

    assert found.status == "died"


def test_a_system_call_of_another_abi_ends_the_call(strong_walls: TierReport) -> None:
    (found,) = misbehave(strong_walls, "foreign abi")

    assert found.status == "died"


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("announce a huge frame", "result.too_large"),
        ("send no json", "json.syntax"),
        ("send no object", "result.not_json"),
        ("send an unknown frame", "result.not_json"),
        ("send NaN", "json.number_range"),
        ("send a deep frame", "json.too_deep"),
        ("send duplicate keys", "json.duplicate_key"),
        ("return a huge integer", "json.number_range"),
        ("return half a surrogate", "json.lone_surrogate"),
        ("return a deep value", "json.too_deep"),
        ("return a huge text", "result.too_large"),
    ],
)
def test_a_forged_or_unfit_answer_is_refused(
    strong_walls: TierReport, deed: str, code: str
) -> None:
    (found,) = misbehave(strong_walls, deed)

    assert found.error is not None
    assert (found.status, found.error.code) == ("refused", code)


@pytest.mark.parametrize("deed", ["return NaN", "return an object", "return itself"])
def test_a_result_that_is_no_json_is_the_tools_failure(strong_walls: TierReport, deed: str) -> None:
    (found,) = misbehave(strong_walls, deed)

    assert found.error is not None
    assert (found.status, found.error.code) == ("raised", "result.not_json")


def test_leaving_by_an_exception_is_told_and_a_lying_one_is_survived(walls: TierReport) -> None:
    left, lied = misbehave(walls, "exit by exception", "raise a liar")

    assert left.error is not None
    assert lied.error is not None
    assert (left.error.type, lied.error.type) == ("SystemExit", "LiarError")


def test_nothing_is_left_from_one_call_to_the_next(walls: TierReport) -> None:
    first, second = misbehave(walls, "left behind", "left behind")

    def comparable(value: Json) -> dict[str, Json]:
        assert isinstance(value, dict)
        return {**value, "environment": sorted(dict[str, Json](value["environment"]))}  # type: ignore[arg-type]

    assert comparable(first.value) == comparable(second.value)
    assert comparable(first.value)["scratch"] == []
    assert comparable(first.value)["descriptors"] == [0, 1, 2, 3]
    zones = ["PYTHONTZPATH"] if walls.tier == "C" else []
    expected = ["HOME", "LANG", *zones, "TMPDIR", "TOOLVET_SCRATCH"]
    assert comparable(first.value)["environment"] == expected


MOVES = """
import os, shutil, tempfile

def run():
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        open(f"{one}/file", "w").close()
        os.rename(f"{one}/file", f"{two}/file")
        os.link(f"{two}/file", f"{one}/linked")
        os.mkdir(f"{one}/folder")
        os.rename(f"{one}/folder", f"{two}/folder")
        shutil.copyfile(f"{two}/file", f"{one}/copy")
        os.symlink("copy", f"{one}/symbolic")
        os.truncate(f"{one}/copy", 10)
        return [sorted(os.listdir(one)), sorted(os.listdir(two))]
"""


def test_files_of_ones_own_are_moved_linked_and_cut(
    walls: TierReport, make_tool: Callable[[str], Path]
) -> None:
    image = Image(make_tool(MOVES), "tool:run", typed=False)

    async def act() -> Outcome:
        pool = Pool(walls, spares=0)
        try:
            return await pool.call(image, {}, Limits())
        finally:
            await pool.close()

    found = asyncio.run(act())

    assert found.value == [["copy", "linked", "symbolic"], ["file", "folder"]], found
