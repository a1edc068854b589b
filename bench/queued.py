"""`toolvet queue` on a running service: the whole process, as a person waits for it."""

import subprocess
import sys
import time

from bench.row import Row, held, median, p99
from bench.stage import Stage

RUNS = 15


def rows(stage: Stage) -> list[Row]:
    """Run the command a few times."""
    command = [sys.executable, "-I", "-m", "toolvet.cli", "queue"]
    taken: list[float] = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run(command, env=stage.environment, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    taken = taken[1:]  # the first one compiles
    return [
        held("`toolvet queue`, median", median(taken), "s", 0.4),
        Row("`toolvet queue`, p99", round(p99(taken), 3), "s"),
    ]
