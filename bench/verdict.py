"""From submission to the machine's verdict: bundles of 60 lines and 8 tests, and the gallery's.

Every submission holds other bytes, so that no evidence is found ready; that of a revision whose
summary alone was changed is found ready where nothing could have changed.
"""

import itertools
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.by_hand import by_hand
from bench.row import Row, held, median, p95
from bench.stage import Stage

from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import ProposalView

BUNDLES = Path(__file__).with_name("bundles")
GALLERY = Path(__file__).resolve().parents[1] / "examples"
SIZED = ("refund_quote", "ticket_escalate")
FOLDERS = ("log_error_summary", "invoice_batch_generate", "customer_records_repair")
SINGLE = "find_flaky_runs"
ROUNDS = 6
BY_HAND = 3
_mark = itertools.count(1)


def rows(stage: Stage) -> list[Row]:
    """Submit each bundle a few times, change a summary, watch a terminal, and do it by hand."""
    warming, _ = _verdict(stage, files_of(BUNDLES / SIZED[0]))  # parsers and scanners are warm now
    stage.agent.withdraw(warming.id)
    whole, revised = _sized(stage)
    peers = [by_hand(BUNDLES / SIZED[0]) for _ in range(BY_HAND)]
    peer = median(peers)
    ratio = median(whole) / peer
    seen = [_first_line(stage, BUNDLES / SIZED[0]) for _ in range(5)]
    return [
        held("full verdict, 60 lines and 8 tests, median", median(whole), "s", 4.0),
        held("full verdict, 60 lines and 8 tests, p95", p95(whole), "s", 8.0),
        held("verdict after a one-line change of the summary, median", median(revised), "s", 1.5),
        Row(
            "full verdict beside the same tools by hand", round(median(whole), 3), "s",
            f"semgrep, mypy, ruff, pytest, mutmut: {peer:.3g} s", round(ratio, 2),
            "at most 0.33 times", ratio <= 1 / 3,
        ),
        held("`toolvet verify`: first evidence on screen, median", median(seen), "s", 0.5),
        *_gallery(stage),
    ]  # fmt: skip


def _sized(stage: Stage) -> tuple[list[float], list[float]]:
    """Take the time of whole verdicts, and of those after a change of the summary alone."""
    whole: list[float] = []
    revised: list[float] = []
    for _ in range(ROUNDS):
        for name in SIZED:
            files = files_of(BUNDLES / name)
            found, seconds = _verdict(stage, files)
            whole.append(seconds)
            files["tool.toml"] = files["tool.toml"].replace(b'."', b', nothing else."', 1)
            started = time.perf_counter()
            again = stage.settled(stage.agent.revise(found.id, files))
            revised.append(time.perf_counter() - started)
            _insist(again)
            stage.agent.withdraw(found.id)
    return whole, revised


def _gallery(stage: Stage) -> Iterator[Row]:
    """Take the time of the gallery's own, which are two to five times as long."""
    for name in (*FOLDERS, SINGLE):
        folder = GALLERY / name
        if folder.is_dir():
            found, seconds = _verdict(stage, files_of(folder))
            stage.agent.withdraw(found.id)
        else:
            seconds = _inline(stage, name)
        yield Row(f"full verdict of {name}", round(seconds, 3), "s")


def _inline(stage: Stage, name: str) -> float:
    source = (GALLERY / f"{name}.py").read_text(encoding="utf-8") + f"\n# measured {next(_mark)}\n"
    text = (GALLERY / f"{name}.examples.json").read_text(encoding="utf-8")
    examples: list[JsonObject] = json.loads(text)
    started = time.perf_counter()
    found = stage.settled(stage.agent.submit_inline(source, examples))
    seconds = time.perf_counter() - started
    _insist(found)
    stage.agent.withdraw(found.id)
    return seconds


def files_of(folder: Path) -> dict[str, bytes]:
    """Read a bundle, with a mark in its code so that it was never seen before."""
    mark = f"\nMEASURED = {next(_mark)}\n".encode()
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        + (mark if path.suffix == ".py" and "tests" not in path.parts else b"")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _verdict(stage: Stage, files: dict[str, bytes]) -> tuple[ProposalView, float]:
    started = time.perf_counter()
    found = stage.settled(stage.agent.submit(files))
    seconds = time.perf_counter() - started
    _insist(found)
    return found, seconds


def _insist(found: ProposalView) -> None:
    if found.verdict == "failed":
        raise RuntimeError(f"{found.id} was stopped: {found.reason or found.summary}")


def _first_line(stage: Stage, folder: Path) -> float:
    """Time from the first sign of the command to the first evidence, on a terminal.

    The evidence that a home keeps is left out: a home of its own, with the scanner of this one.
    """
    home = stage.folder / f"verify-{next(_mark)}"
    home.mkdir()
    (home / "toolchain").symlink_to(Path(sys.prefix) / "toolvet-toolchain")
    environment = {**stage.environment, "TOOLVET_HOME": str(home), "TERM": "xterm"}
    leader, follower = pty.openpty()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "toolvet.cli", "verify", str(folder)],
        env=environment, stdin=follower, stdout=follower, stderr=follower,
    )  # fmt: skip
    os.close(follower)
    seen = b""
    found = 0.0
    while True:
        try:
            data = os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
        seen += data
        if not found and b"passed" in seen:
            found = time.perf_counter() - started
        if not data:
            break
    os.close(leader)
    process.wait(timeout=60)
    if not found:
        raise RuntimeError(f"no evidence was shown: {seen[-400:]!r}")
    return found
