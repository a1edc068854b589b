"""The same tools, run by hand one after the other, as an author would without a gate."""

import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from toolvet.checks import Toolchain
from toolvet.checks.rules import configuration

_SETTINGS = """\
[tool.mutmut]
source_paths = ["src"]
tests_dir = ["tests"]

[tool.pytest.ini_options]
pythonpath = ["src"]
"""
TIMEOUT_S = 300


def by_hand(bundle: Path) -> float:
    """Lay a bundle out as a project and run each tool over it; seconds of all together.

    mypy keeps its cache between runs, as it does for people.
    """
    with tempfile.TemporaryDirectory(prefix="toolvet-by-hand-") as place:
        folder = Path(place)
        (folder / "pyproject.toml").write_text(_SETTINGS, encoding="utf-8")
        shutil.copytree(bundle / "tests", folder / "tests", ignore=_caches)
        (folder / "src").mkdir()
        for path in bundle.glob("*.py"):
            shutil.copy(path, folder / "src")
        (folder / "rules.json").write_bytes(configuration().text)
        started = time.perf_counter()
        for command in _commands():
            _run(command, folder)
        return time.perf_counter() - started


def _caches(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__"]


@cache
def _mypy_cache() -> str:
    return tempfile.mkdtemp(prefix="toolvet-by-hand-mypy-")


def _commands() -> list[list[str]]:
    here = Path(sys.executable).parent
    tools = Toolchain(Path(sys.prefix) / "toolvet-toolchain")
    return [
        [str(tools.semgrep_folder / "bin" / "semgrep"), "scan", "--config", "rules.json",
         "--metrics=off", "--disable-version-check", "src"],
        [str(here / "mypy"), "--strict", f"--cache-dir={_mypy_cache()}", "src"],
        [str(here / "ruff"), "check", "--select", "S,B,E9,F,PLE,ASYNC,DTZ,BLE", "src"],
        [str(here / "pytest"), "-q", "tests"],
        [str(here / "mutmut"), "run"],
    ]  # fmt: skip


def _run(command: list[str], folder: Path) -> None:
    """Run one tool; findings are fine, a tool that did not run is not."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, timeout=TIMEOUT_S, check=False, text=True
    )
    if done.returncode not in (0, 1):
        said = f"{done.stdout[-300:]} {done.stderr[-300:]}"
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}: {said}")
