"""`toolvet tui`: process start to painted queue, against a bare Textual app in the same terminal."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.call import EXAMPLES, SOURCE
from bench.row import Row, against, held, median
from bench.stage import Stage

RUNS = 9
ROWS, COLUMNS = 30, 100
PATIENCE_S = 20.0
WORD = b"verified_here"
"""On the screen once the queue is: the name of the tool that waits."""
PEER = f"""
from textual.app import App
from textual.widgets import Footer, Static

class Bare(App):
    def compose(self):
        yield Static("{WORD.decode()}")
        yield Footer()

Bare().run()
"""


def rows(stage: Stage) -> list[Row]:
    """Have one item wait, then start both apps in turns."""
    stage.verified(SOURCE.replace("add(", f"{WORD.decode()}("), EXAMPLES)
    ours = (sys.executable, "-I", "-m", "toolvet.cli", "tui")
    bare = (sys.executable, "-I", "-c", PEER)
    taken: tuple[list[float], list[float]] = ([], [])
    resident: list[float] = []
    for number in range(RUNS + 1):
        for command, into in zip((ours, bare), taken, strict=True):
            found, held_mib = painted_after(command, stage.environment)
            if number:  # the first one compiles
                into.append(found)
                if command is ours:
                    resident.append(held_mib)
    mine, peer = median(taken[0]), median(taken[1])
    return [
        held("`toolvet tui`, start to painted queue, median", mine, "s", 0.8),
        held("`toolvet tui`, resident with the queue painted", max(resident), "MiB", 120.0),
        against(
            "`toolvet tui`, start to painted queue",
            mine,
            "s",
            "bare Textual app",
            peer,
            at_most=3.0,
        ),
    ]


def painted_after(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Start a program in a terminal; seconds until the word is on its screen, and MiB it holds."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env={**environment, **terminal}, stdin=slave, stdout=slave, stderr=slave,
        start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    try:
        _wait_for(master, started)
        return time.perf_counter() - started, _resident_mib(process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(master)


def _resident_mib(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    found = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(found.split()[1]) / 1024


def _wait_for(master: int, started: float) -> None:
    screen = b""
    while WORD not in screen:
        if time.perf_counter() - started > PATIENCE_S:
            raise TimeoutError(f"the screen never showed {WORD!r}: {screen[-300:]!r}")
        if select.select([master], [], [], 0.5)[0]:
            screen += os.read(master, 65536)
