"""A launcher of our own, and the profile that lets it make user namespaces."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from toolvet.sandbox import Image, Limits, Outcome, Pool, TierReport, apparmor, interpreter

MakeTool = Callable[[str], Path]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A virtual environment without packages that this process takes for its own."""
    folder = tmp_path / "environment"
    (folder / "bin").mkdir(parents=True)
    home = Path(interpreter.executable()).resolve().parent
    (folder / "pyvenv.cfg").write_text(f"home = {home}\n")
    monkeypatch.setattr(sys, "prefix", str(folder))
    return folder


def call(walls: TierReport, folder: Path) -> Outcome:
    async def act() -> Outcome:
        pool = Pool(walls, spares=0)
        try:
            return await pool.call(Image(folder, "tool:run", typed=False), {}, Limits())
        finally:
            await pool.close()

    return asyncio.run(act())


def test_the_copy_of_the_interpreter_starts_runs(
    strong_walls: TierReport, make_tool: MakeTool, environment: Path
) -> None:
    placed = apparmor.place(interpreter.executable())

    assert placed == environment / "bin" / "toolvet-launcher"
    assert apparmor.launcher(interpreter.executable()) == str(placed)
    assert call(strong_walls, make_tool("def run():\n    return 7\n")).value == 7
    said = subprocess.check_output(
        [placed, "-I", "-S", "-c", "import sys; print(sys.base_prefix)"], text=True
    )
    assert Path(said.strip()).resolve() == Path(sys.base_prefix).resolve()


def test_a_copy_of_another_interpreter_is_not_used(environment: Path) -> None:
    placed = apparmor.place(interpreter.executable())
    os.utime(placed, (0, 0))

    assert apparmor.launcher(interpreter.executable()) == interpreter.executable()


def test_a_link_in_its_place_is_not_used(environment: Path) -> None:
    real = Path(interpreter.executable()).resolve()
    (environment / "bin" / "toolvet-launcher").symlink_to(real)

    assert apparmor.launcher(interpreter.executable()) == interpreter.executable()


def test_the_cure_names_the_launcher_and_how_to_get_it(environment: Path) -> None:
    before = apparmor.cure(interpreter.executable())
    placed = apparmor.place(interpreter.executable())
    after = apparmor.cure(interpreter.executable())

    assert f"profile toolvet {placed} flags=(unconfined)" in before
    assert "toolvet doctor --fix" in before
    assert f"profile toolvet {placed} flags=(unconfined)" in after
    assert "toolvet doctor --fix" not in after
    assert "userns," in after
    assert "apparmor_parser -r" in after


def test_outside_of_an_environment_there_is_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))

    with pytest.raises(apparmor.LauncherError) as caught:
        apparmor.place(interpreter.executable())

    assert caught.value.code == "sandbox.launcher"
