"""What a reviewer waits for when a large file is compared: rows of two columns, cold, against git."""

import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.row import Row, against, held, median
from bench.stage import Stage

from toolvet.engine.differences import Differences, Pair
from toolvet_reviews import patches, sides
from toolvet_reviews.digests import sha256

LINES = 20_000
RUNS = 7
PAGE = 1_000
EDITED = 0.1
"""Share of lines that differ."""


def rows(stage: Stage) -> list[Row]:
    """Compare pairs of 20,000 lines as the service does; needs no service."""
    del stage
    old, new = _pair()
    ours = _taken(lambda: _first_page(old, new))
    everything = "".join(f"other_{number} = {number}\n" for number in range(LINES)).encode()
    worst = _taken(lambda: _first_page(old, everything))
    shuffled = _taken(lambda: _first_page(_shuffled(1), _shuffled(2)))
    kept = Differences()
    _first_page(old, new, kept)
    warm = _taken(lambda: _first_page(old, new, kept))
    patch = _taken(lambda: patches.export({"tool.py": old}, {"tool.py": new}))
    git = _git(old, new)
    what = f"two files of {LINES} lines"
    return [
        held(f"{what}, 1 in 10 edited: the first page, cold", ours, "ms", 150),
        against(f"{what}, the same", ours, "ms", "git diff --no-index --histogram", git, at_most=4),
        held(f"{what}, nothing in common", worst, "ms", 150),
        held(f"{what}, six different lines in any order", shuffled, "ms", 500),
        held(f"{what}, the first page once it is kept", warm, "ms", 25),
        against(
            f"{what}, as a patch that was applied again",
            patch,
            "ms",
            "git diff --no-index --histogram",
            git,
            at_most=12,
        ),
    ]


def _first_page(old: bytes, new: bytes, kept: Differences | None = None) -> int:
    differences = kept or Differences()
    pair = Pair("tool.py", old, new, sha256(old), sha256(new))
    found = differences.rows(pair, [pair], context=3)
    return len([sides.marked(row) for row in found[:PAGE]])


def _pair() -> tuple[bytes, bytes]:
    chance = random.Random(1)
    old = [
        f"    value_{number} = compute({number}, 'word')"
        if number % 20
        else f"def step_{number}(value: int) -> int:"
        for number in range(LINES)
    ]
    new = [line.replace("e_", "es_") if chance.random() < EDITED else line for line in old]
    return "\n".join(old).encode(), "\n".join(new).encode()


def _shuffled(seed: int) -> bytes:
    chance = random.Random(seed)
    words = ["try:", "pass", "else:", "return", "", "    x = 1"]
    return "\n".join(chance.choice(words) for _ in range(LINES)).encode()


def _git(old: bytes, new: bytes) -> float:
    with tempfile.TemporaryDirectory(prefix="toolvet-bench-") as folder:
        for name, data in (("old", old), ("new", new)):
            Path(folder, name).write_bytes(data)
        command = ["git", "diff", "--no-index", "--histogram", "--no-color", "old", "new"]
        return _taken(
            lambda: subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=False)
        )


def _taken(work: Callable[[], object]) -> float:
    work()  # what is imported at first use is no part of it
    taken: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return 1e3 * median(taken)
