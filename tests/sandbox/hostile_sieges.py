"""The whole table of attacks, run once for each tier and user, in programs of their own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import toolvet
import toolvet_reviews

HERE = Path(__file__).parent
NOBODY = 65534
DRIVE_S = 150
Found = dict[str, str]


def _copy_for_everybody(base: Path) -> None:
    """Put what the driver needs where every user may read it: a checkout may lie in a closed home."""
    import rfc8785  # noqa: PLC0415

    for module in (toolvet, toolvet_reviews, rfc8785):
        source = Path(str(module.__file__)).parent
        shutil.copytree(source, base / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(HERE / "corpus", base / "corpus")
    for name in ("drive", "probes", "promises", "reach", "scenarios"):
        shutil.copy(HERE / f"hostile_{name}.py", base)
    subprocess.run(["chmod", "-R", "a+rX", base], check=True)


def _readable_interpreter() -> str | None:
    """Find an interpreter that every user may run, of a version that we support."""
    for name in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        real = Path(name).resolve()
        if not real.exists() or not all(parent.stat().st_mode & 1 for parent in real.parents):
            continue
        wanted = "import sys; sys.exit(sys.version_info < (3, 11))"
        if subprocess.run([real, "-c", wanted], check=False).returncode == 0:
            return str(real)
    return None


class Sieges:
    """Runs of the whole table, each once: by tier and user."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._running: dict[tuple[str, str], subprocess.Popen[str]] = {}
        self._found: dict[tuple[str, str], Found] = {}

    def begin(self, tier: str, user: str) -> None:
        """Start one in the background."""
        if (tier, user) in self._running:
            return
        command = [sys.executable, str(HERE / "hostile_drive.py"), tier]
        if user == "an ordinary user" and os.getuid() == 0:
            interpreter = _readable_interpreter()
            if interpreter is not None:
                self._running[tier, user] = self._as_nobody(interpreter, tier)
            return
        self._running[tier, user] = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
        )

    def _as_nobody(self, interpreter: str, tier: str) -> subprocess.Popen[str]:
        if not (self._base / "corpus").exists():
            _copy_for_everybody(self._base)
        return subprocess.Popen(
            [interpreter, str(self._base / "hostile_drive.py"), tier],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            env={"PYTHONPATH": str(self._base), "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def found(self, tier: str, user: str) -> Found:
        """Wait for one."""
        key = (tier, user)
        if key not in self._found:
            if key not in self._running:
                pytest.skip("no interpreter of version 3.11 or newer that every user may run")
            process = self._running[key]
            printed, complained = process.communicate(timeout=DRIVE_S)
            assert printed, f"the driver ended with {process.returncode}: {complained[-2000:]}"
            self._found[key] = json.loads(printed)
        return self._found[key]

    def end(self) -> None:
        """Let nothing go on behind the tests."""
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
                process.communicate()
