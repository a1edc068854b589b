import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from toolvet.sandbox import TierReport, probe
from toolvet_reviews.values import Tier

TIERS: tuple[Tier, ...] = ("B", "C")
REPORTS: dict[str, TierReport] = {}


def report_of(tier: Tier) -> TierReport:
    """Probe a tier once; skip what this host cannot do."""
    if tier not in REPORTS:
        REPORTS[tier] = probe(force=tier)
    if REPORTS[tier].tier == "none":
        pytest.skip(f"tier {tier} does not hold here: {REPORTS[tier].reason}")
    return REPORTS[tier]


@pytest.fixture(params=TIERS)
def walls(request: pytest.FixtureRequest) -> TierReport:
    return report_of(request.param)


@pytest.fixture
def strong_walls() -> TierReport:
    return report_of("B")


@pytest.fixture
def make_tool(tmp_path: Path) -> Callable[[str], Path]:
    """Write a tool's only module, `tool.py`, into a folder of its own."""

    def make(source: str) -> Path:
        folder = tmp_path / "tool"
        folder.mkdir(exist_ok=True)
        (folder / "tool.py").write_text(source)
        return folder

    return make


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


@pytest.fixture(scope="session")
def as_ordinary_user() -> Generator[Callable[..., str]]:
    """Run a script of this folder as somebody who is not root; returns what it printed."""
    if os.getuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
    interpreter = _readable_interpreter()
    if interpreter is None:
        pytest.skip("no interpreter of version 3.11 or newer that every user may run")
    import rfc8785  # noqa: PLC0415

    import toolvet  # noqa: PLC0415
    import toolvet_reviews  # noqa: PLC0415

    # pytest's own folder is closed to other users.
    folder = tempfile.TemporaryDirectory(prefix="toolvet-user-")
    base = Path(folder.name)
    for module in (toolvet, toolvet_reviews, rfc8785):
        source = Path(str(module.__file__)).parent
        shutil.copytree(source, base / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(Path(__file__).parent / "hostile", base / "hostile")
    subprocess.run(["chmod", "-R", "a+rX", base], check=True)

    def run(script: str, *arguments: str) -> str:
        return subprocess.run(
            [interpreter, base / script, *arguments],
            env={"PYTHONPATH": str(base), "PYTHONDONTWRITEBYTECODE": "1"},
            user=65534,
            group=65534,
            extra_groups=[],
            cwd="/",
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    with folder:
        yield run


@pytest.fixture
def shared_folder() -> Generator[Path]:
    """A folder that every user may enter and write to; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory(prefix="toolvet-shared-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o777)
        yield folder
