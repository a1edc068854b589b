"""The demo is what a newcomer sees first: it does every step, or says which one failed."""

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).with_name("demo.py")


@pytest.mark.timeout(300)
def test_the_demo_does_every_step(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, DEMO, "--folder", tmp_path / "demo"],
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "approved by a person" in done.stdout
    assert "audit verify" in done.stdout
