"""A pure call inside the engine, warm, against a process per call, bare and under bubblewrap.

The three are measured in turns, so that all see the same machine. Calls come 20 ms apart, as an
agent's do at its fastest: a fork server that is asked back to back waits for its forks.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.inside import Inside, open_inside
from bench.row import Row, against, held, median, p99
from bench.stage import Stage, run

from toolvet.engine.call import call
from toolvet.sandbox import Environment, Image, Limits, Pool
from toolvet_reviews.values import JsonObject

ROUNDS = 40
CALLS = 10
"""Of the engine in a round; of a peer, which takes long, one."""
APART_S = 0.02
WARM_UP = 20
FASTER, FASTER_WITH_PANDAS = 10, 50
MEDIAN_MS = 2.0
LOCK = Path(__file__).parents[1] / "tests" / "sandbox" / "numpy-pandas.lock"
BUBBLEWRAP = ("--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev")
PEER = """\
import json, sys
sys.path.insert(0, {folder!r})
from tool import run
print(json.dumps(run(**json.load(sys.stdin))))
"""
PURE = "def run(a: int = 1, b: int = 2) -> int:\n    return a + b\n"
WITH_PANDAS = """\
import pandas

def run(values: list[float]) -> float:
    return float(pandas.Series(values).sum())
"""

Act = Callable[[], Awaitable[None]]


def rows(stage: Stage) -> list[Row]:
    """Measure a pure call, then one of a tool that imports pandas."""
    return [*run(_pure(stage.folder / "engine")), *run(_with_pandas(stage.folder / "pandas"))]


async def _pure(folder: Path) -> list[Row]:
    script = _script(folder, PURE)
    commands = {"fresh subprocess": _command(script)}
    if shutil.which("bwrap"):
        commands["bubblewrap per call"] = ["bwrap", *BUBBLEWRAP, "--", *_command(script)]
    async with open_inside(folder) as inside:
        await inside.publish("three", 3)
        ours, peers = await _in_turns(lambda: _three(inside), commands, {})
        rate = await _rate(lambda: _three(inside))
    return [
        held("pure call in the engine, warm, median", median(ours), "ms", MEDIAN_MS),
        Row("pure call in the engine, warm, p99", round(p99(ours), 3), "ms"),
        *(_compared("pure call in the engine", ours, name, peers[name]) for name in commands),
        *(_missing(name) for name in ("bubblewrap per call",) if name not in commands),
        Row("pure calls in the engine, 16 at once", round(rate, 1), "calls/s"),
    ]


async def _with_pandas(folder: Path) -> list[Row]:
    packages = folder / "packages"
    _install(packages)
    script = _script(folder, WITH_PANDAS, packages)
    (folder / "tool").chmod(0o755)
    environment = Environment(packages, "sha256:bench", approved=True)
    image = Image(folder / "tool", "tool:run", environment=environment)
    given: JsonObject = {"values": [1.0, 2.0, 3.5]}
    async with open_inside(folder) as inside:
        pool = inside.services.pool
        ours, peers = await _in_turns(
            lambda: _sum(pool, image, given), {"import": _command(script)}, given
        )
    return [
        _compared(
            "call of a tool with pandas imported",
            ours,
            "subprocess that imports it",
            peers["import"],
            faster=FASTER_WITH_PANDAS,
        ),
        Row("call of a tool with pandas imported, p99", round(p99(ours), 3), "ms"),
    ]


async def _three(inside: Inside) -> None:
    answer = await call(inside.services, inside.agent, "three", {})
    if answer.result != 3:
        raise RuntimeError(f"a call went wrong: {answer}")


async def _sum(pool: Pool, image: Image, given: JsonObject) -> None:
    outcome = await pool.call(image, given, Limits(memory_mib=1024))
    if outcome.value != 6.5:
        raise RuntimeError(f"a call went wrong: {outcome}")


async def _in_turns(
    act: Act, commands: dict[str, list[str]], given: JsonObject
) -> tuple[list[float], dict[str, list[float]]]:
    for _ in range(WARM_UP):
        await act()
    ours: list[float] = []
    peers: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            peers[name].append(_process_ms(command, given))
        for _ in range(CALLS):
            await asyncio.sleep(APART_S)
            started = time.perf_counter()
            await act()
            ours.append((time.perf_counter() - started) * 1000)
    return ours, peers


async def _rate(act: Act) -> float:
    async def client() -> None:
        for _ in range(CALLS * 4):
            await act()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(16)))
    return 16 * CALLS * 4 / (time.perf_counter() - started)


def _process_ms(command: list[str], given: JsonObject) -> float:
    started = time.perf_counter()
    subprocess.run(command, input=json.dumps(given).encode(), capture_output=True, check=True)
    return (time.perf_counter() - started) * 1000


def _script(folder: Path, source: str, packages: Path | None = None) -> Path:
    """Write a tool, and the program that runs it in a process of its own."""
    tool = folder / "tool"
    tool.mkdir(parents=True, mode=0o755)
    (tool / "tool.py").write_text(source, encoding="utf-8")
    (tool / "tool.py").chmod(0o644)
    script = folder / "peer.py"
    text = PEER.format(folder=str(tool))
    if packages is not None:
        text = text.replace("from tool", f"sys.path.append({str(packages)!r})\nfrom tool")
    script.write_text(text, encoding="utf-8")
    return script


def _command(script: Path) -> list[str]:
    return [sys.executable, "-I", str(script)]


def _install(packages: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [
            *(str(uv), "pip", "install", "--quiet", "--python", sys.executable),
            *("--target", str(packages), "--require-hashes", "--no-deps"),
            *("--only-binary", ":all:", "--compile-bytecode", "--requirement", str(LOCK)),
        ],
        check=True,
    )


def _compared(
    name: str, ours: list[float], peer: str, theirs: list[float], *, faster: int = FASTER
) -> Row:
    return against(f"{name}, median", median(ours), "ms", peer, median(theirs), at_most=1 / faster)


def _missing(name: str) -> Row:
    return Row(f"{name}: not on this machine", 0.0, "")
