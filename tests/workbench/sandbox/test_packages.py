"""Real packages behind the walls: numpy and pandas, imported ahead or in each call."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from toolvet.sandbox import Environment, Image, Limits, Outcome, Pool, TierReport
from toolvet_reviews.values import Json

LOCK = Path(__file__).parents[2] / "sandbox" / "numpy-pandas.lock"
LIMITS = Limits(wall_s=60, cpu_s=60, memory_mib=512)
MakeTool = Callable[[str], Path]


@pytest.fixture(scope="module")
def packages() -> Generator[Path]:
    """Numpy and pandas, installed by their hashes; skips where they cannot be had."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        pytest.skip("no uv")
    with tempfile.TemporaryDirectory(prefix="toolvet-packages-") as name:
        folder = Path(name) / "deps"
        command = [uv, "pip", "install", "--python", sys.executable, "--target", str(folder)]
        command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--compile-bytecode"]
        found = subprocess.run(
            [*command, "-r", str(LOCK)], capture_output=True, check=False, text=True, timeout=120
        )
        if found.returncode:
            pytest.skip(f"the packages cannot be installed here: {found.stderr[-300:]}")
        subprocess.run(["chmod", "-R", "a+rX", name], check=True)
        yield folder


def calls(
    walls: TierReport, tool: Path, packages: Path, *, approved: bool, times: int = 1
) -> list[Outcome]:
    environment = Environment(packages, "sha256:0", approved=approved)
    image = Image(tool, "tool:run", typed=False, environment=environment)

    async def act() -> list[Outcome]:
        pool = Pool(walls, spares=1)
        try:
            return [await pool.call(image, {}, LIMITS) for _ in range(times)]
        finally:
            await pool.close()

    return asyncio.run(act())


COMPUTES = """
import concurrent.futures
import io
import sys

import numpy as np
import pandas as pd

def run():
    ahead = "pandas" in WAS_THERE
    square = np.arange(10_000, dtype=float).reshape(100, 100) + np.eye(100) * 1000
    frame = pd.DataFrame({"g": list("abab"), "v": [1, 2, 3, 4]})
    frame.to_csv("frame.csv", index=False)
    back = pd.read_csv("frame.csv")
    np.save("square.npy", square)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        sums = set(pool.map(np.sum, [np.load("square.npy", mmap_mode="r")] * 4))
    return {
        "ahead": ahead,
        "groups": back.groupby("g")["v"].sum().to_dict(),
        "identity": round(float(np.trace(np.linalg.inv(square) @ square)), 6),
        "sums": len(sums),
        "when": pd.Timestamp("2026-07-01", tz="Europe/Berlin").isoformat(),
    }
"""


@pytest.mark.parametrize("approved", [True, False])
def test_numpy_and_pandas_compute_read_write_and_thread(
    walls: TierReport, make_tool: MakeTool, packages: Path, *, approved: bool
) -> None:
    source = "import sys\nWAS_THERE = set(sys.modules)\n" + COMPUTES

    (found,) = calls(walls, make_tool(source), packages, approved=approved)

    assert found.value == {
        "ahead": approved,
        "groups": {"a": 4, "b": 6},
        "identity": 100.0,
        "sums": 1,
        "when": "2026-07-01T00:00:00+02:00",
    }, found


DRAWS = """
import random, ssl, uuid
import numpy as np
import sharer

def run():
    return {
        "random": random.random(),
        "numpy": float(np.random.random()),
        "numpy of our own": float(np.random.default_rng().random()),
        "made by a package": float(sharer.numpy_random.random()),
        "made by a package of Python": sharer.python_random.random(),
        "tls": ssl.RAND_bytes(8).hex(),
        "uuid": uuid.uuid4().hex,
        "seeded": [float(sharer.numpy_seeded.random()), sharer.python_seeded.random()],
    }
"""
SHARER = """
import random, ssl
import numpy

numpy_random, numpy_seeded = numpy.random.default_rng(), numpy.random.default_rng(7)
python_random, python_seeded = random.Random(), random.Random(7)
ssl.RAND_bytes(8)  # as a package that makes a TLS context when it is imported
"""


def test_calls_share_no_random_numbers_though_they_share_packages(
    strong_walls: TierReport, make_tool: MakeTool, packages: Path
) -> None:
    (packages / "sharer.py").write_text(SHARER)

    found = calls(strong_walls, make_tool(DRAWS), packages, approved=True, times=3)

    drawn = [outcome.value for outcome in found]
    assert all(isinstance(values, dict) for values in drawn), found
    by_name: dict[str, list[Json]] = {}
    for values in drawn:
        for name, value in dict[str, Json](values).items():  # type: ignore[arg-type]
            by_name.setdefault(name, []).append(value)
    seeded = by_name.pop("seeded")
    assert seeded[0] == seeded[1] == seeded[2]
    assert {name: len(set(map(str, values))) for name, values in by_name.items()} == dict.fromkeys(
        by_name, 3
    )


def test_one_thread_of_a_numeric_library_is_started(
    strong_walls: TierReport, make_tool: MakeTool, packages: Path
) -> None:
    source = """
import os
import numpy as np
def run():
    np.ones((400, 400)) @ np.ones((400, 400))
    return [os.environ[f"{name}_NUM_THREADS"] for name in ("OPENBLAS", "OMP", "MKL")]
"""
    (found,) = calls(strong_walls, make_tool(source), packages, approved=True)

    assert found.value == ["1", "1", "1"]


def test_packages_nobody_approved_are_not_loaded_before_the_fork(
    strong_walls: TierReport, make_tool: MakeTool, tmp_path: Path
) -> None:
    deps = tmp_path / "deps"
    deps.mkdir()
    (deps / "pack.py").write_text("import os\nPROCESS = os.getpid()\n")
    tool = make_tool("import os, pack\ndef run():\n    return pack.PROCESS == os.getpid()\n")

    (mine,) = calls(strong_walls, tool, deps, approved=False)
    (shared,) = calls(strong_walls, tool, deps, approved=True)

    assert (mine.value, shared.value) == (True, False)


def test_a_package_that_cannot_be_loaded_ahead_fails_in_the_call_where_it_is_seen(
    strong_walls: TierReport, make_tool: MakeTool, tmp_path: Path
) -> None:
    deps = tmp_path / "deps"
    deps.mkdir()
    (deps / "pack.py").write_text("raise RuntimeError('not today')\n")

    (found,) = calls(strong_walls, make_tool("import pack\ndef run(): ...\n"), deps, approved=True)

    assert found.error is not None
    assert (found.error.type, found.error.path, found.error.line) == ("RuntimeError", "tool.py", 1)


def test_a_package_loaded_ahead_has_less_of_the_kernel_than_who_builds_walls(
    strong_walls: TierReport, make_tool: MakeTool, tmp_path: Path
) -> None:
    deps = tmp_path / "deps"
    deps.mkdir()
    (deps / "pack.py").write_text("""
import ctypes, os, socket
LIBC = ctypes.CDLL(None, use_errno=True)
SAW = {}
def attempt(name, act):
    try:
        SAW[name] = "failed" if act() == -1 else "did"
    except (OSError, MemoryError):
        SAW[name] = "failed"
attempt("namespaces of its own", lambda: LIBC.unshare(0x10000000 | 0x00020000))
attempt("bind mount", lambda: LIBC.mount(b"/tool", b"/tmp", None, ctypes.c_ulong(0x1000), None))
attempt("remount", lambda: LIBC.mount(None, b"/", None, ctypes.c_ulong(0x20), None))
attempt("socket", lambda: socket.socket().close())
attempt("unix socket", lambda: socket.socket(socket.AF_UNIX).close())
attempt("execute", lambda: os.execv("/bin/true", ["x"]))
attempt("change root", lambda: LIBC.chroot(b"/tool"))
attempt("write", lambda: open("/tool/x", "w"))
attempt("host name", lambda: LIBC.sethostname(b"x", ctypes.c_size_t(1)))
attempt("memory", lambda: bytes(4 << 30))
""")
    (found,) = calls(
        strong_walls,
        make_tool("import pack\ndef run():\n    return pack.SAW\n"),
        deps,
        approved=True,
    )

    assert isinstance(found.value, dict), found
    assert len(found.value) == 10
    assert set(found.value.values()) == {"failed"}, found.value
