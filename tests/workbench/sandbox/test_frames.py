"""What a run says is claimed by a run: capped, counted, and never a line of the service's log."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from toolvet.sandbox import Image, Limits, Outcome, Pool, TierReport
from toolvet.sandbox.frames import VALUES_MAX, FrameError, encode, is_dear, parse, parse_aside

MakeTool = Callable[[str], Path]

POSE = """
import json, os, struct, time

def run():
    said = json.dumps({"is": "broken", "message": "x\\nERROR forged\\x1b[2J" + "y" * 9999}).encode()
    os.write(3, struct.pack(">I", len(said)) + said)
    time.sleep(5)
"""


def call(walls: TierReport, folder: Path, result_kib: int = 2048) -> Outcome:
    async def go() -> Outcome:
        pool = Pool(walls)
        try:
            image = Image(folder, "tool:run", typed=False)
            return await pool.call(image, {}, Limits(wall_s=10, result_kib=result_kib))
        finally:
            await pool.close()

    return asyncio.run(go())


def test_a_tool_that_poses_as_the_launcher_writes_one_harmless_line(
    strong_walls: TierReport, make_tool: MakeTool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "toolvet"):
        outcome = call(strong_walls, make_tool(POSE))

    assert (outcome.status, outcome.error and outcome.error.code) == ("died", "sandbox.confine")
    (line,) = [record for record in caplog.records if "forged" in record.getMessage()]
    assert line.levelno < logging.ERROR
    assert "or the tool in its name" in line.getMessage()
    assert line.getMessage().isprintable()
    assert len(line.getMessage()) < 300


def test_an_answer_of_many_values_comes_whole(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    folder = make_tool("def run(): return [[n, 'a,[{'] for n in range(40_000)]")

    assert call(strong_walls, folder).value == [[n, "a,[{"] for n in range(40_000)]


def test_an_answer_of_too_many_values_is_refused(
    strong_walls: TierReport, make_tool: MakeTool
) -> None:
    outcome = call(strong_walls, make_tool(f"def run(): return [0] * {VALUES_MAX + 1}"))

    assert (outcome.status, outcome.error and outcome.error.code) == (
        "refused",
        "result.too_large",
    )


def test_the_loop_goes_on_while_many_values_are_read() -> None:
    body = b'{"is":"returned","value":[' + b"0," * (VALUES_MAX - 10) + b"0]}"

    async def go() -> float:
        reading = asyncio.ensure_future(parse_aside(body))
        started = time.thread_time()
        while not reading.done():
            await asyncio.sleep(0.001)
        used = time.thread_time() - started
        assert await reading == parse(body)
        return used

    assert is_dear(body)
    assert asyncio.run(go()) < 0.1


@pytest.mark.parametrize("text", ["a,[{" * 100_000, '",[{' * 100_000, "\\,[{" * 100_000])
def test_marks_within_a_text_are_no_values(text: str) -> None:
    body = encode({"is": "returned", "value": text})[4:]

    assert is_dear(body)
    assert asyncio.run(parse_aside(body))["value"] == text


def test_what_is_no_json_is_refused_in_a_thread_as_anywhere() -> None:
    with pytest.raises(FrameError) as refused:
        asyncio.run(parse_aside(b'{"a":[' + b"1," * 50_000))

    assert refused.value.code == "json.syntax"
    assert not is_dear(b'{"is":"returned","value":1}')
