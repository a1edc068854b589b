"""JupyterLab's start with the extension and without it: process start to the first answer.

What the extension adds is held in processor time: it is far below what a busy machine adds by
itself.
"""

import os
import select
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench.row import Row, against, held, median
from bench.stage import Stage, free_port

RUNS = 5
PATIENCE_S = 90.0


@dataclass(frozen=True)
class _Started:
    wall_s: float
    cpu_s: float


def rows(stage: Stage) -> list[Row]:
    """Start both in turn, so that whatever else the machine does falls on both."""
    taken: dict[bool, list[_Started]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS + 1):
            for extended in (True, False):
                taken[extended].append(_start(stage, Path(folder), extended=extended))
    with_it, without = taken[True][1:], taken[False][1:]  # the first ones compile
    walls = [median([one.wall_s for one in found]) for found in (with_it, without)]
    added = median([one.cpu_s for one in with_it]) - median([one.cpu_s for one in without])
    return [
        against("JupyterLab starts", walls[0], "s", "without extension", walls[1], at_most=1.2),
        held("the extension adds to its start", max(0.0, added), "s of processor", 0.15),
    ]


def _start(stage: Stage, folder: Path, *, extended: bool) -> _Started:
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.jpserver_extensions=toolvet_jupyter={extended}",
    ]
    env = {
        **os.environ,
        **stage.environment,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
    }
    started = time.perf_counter()
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api", process)
        return _Started(time.perf_counter() - started, _cpu_s(process.pid))
    finally:
        process.terminate()
        process.wait(30)


def _cpu_s(pid: int) -> float:
    """Read what a process has used: fields 14 and 15 of /proc/PID/stat, in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > until:
                raise
            select.select([], [], [], 0.01)
        else:
            return
