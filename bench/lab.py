"""JupyterLab's start with the extension and without it: process start to the first answer."""

import os
import select
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.row import Row, against, held, median
from bench.stage import Stage, free_port

RUNS = 5
PATIENCE_S = 90.0


def rows(stage: Stage) -> list[Row]:
    """Start both in turn, so that whatever else the machine does falls on both."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS + 1):
            for extended in (True, False):
                taken[extended].append(_start(stage, Path(folder), extended=extended))
    with_it, without = (median(taken[extended][1:]) for extended in (True, False))
    return [
        against("JupyterLab starts", with_it, "s", "without the extension", without, at_most=1.2),
        held("the extension slows its start by", max(0.0, with_it - without), "s", 0.15),
    ]


def _start(stage: Stage, folder: Path, *, extended: bool) -> float:
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
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(30)


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
