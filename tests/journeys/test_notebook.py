"""The notebook does what it says, beside a person who decides at a terminal."""

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import nbformat
import pytest
from house import toolchain
from nbclient import NotebookClient
from stage import Done, Stage

NOTEBOOK = Path(__file__).parents[2] / "notebooks/review.ipynb"

pytestmark = pytest.mark.skipif(
    not NOTEBOOK.is_file(), reason="the notebook is not here: this is the wheel's own test run"
)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    found = Stage(tmp_path)
    found.home.mkdir(mode=0o700)
    (found.home / "toolchain").symlink_to(toolchain(), target_is_directory=True)
    made = found.person("init", "--preset", "solo", "--name", "reviewer")
    assert made.code == 0, made.out
    granted = found.person("grant", "add", "--to", "local", "--tool", "*", "--up-to", "pure")
    assert granted.code == 0, granted.out
    yield found
    found.run("stop")
    shutil.rmtree(tmp_path, ignore_errors=True)


def load() -> Any:
    return cast("Any", nbformat).reads(NOTEBOOK.read_text(encoding="utf-8"), as_version=4)


def printed(notebook: Any) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(str(output.get("text", "")) for output in outputs)


def test_it_walks_from_submitting_to_calling_while_a_person_decides_at_a_terminal(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(stage.folder / "jupyter"))
    decided: list[Future[Done]] = []

    with ThreadPoolExecutor(1) as people:

        def look(cell: Any, cell_index: int) -> None:
            if "client.events()" in cell.source:
                decided.append(people.submit(stage.person, "approve", "P-1"))

        notebook = load()
        runner = NotebookClient(notebook, timeout=120, on_cell_start=look)
        runner.execute(env={**stage.env, "IPYTHONDIR": str(stage.folder / "jupyter")})

    assert [done.result().code for done in decided] == [0]
    shown = printed(notebook)
    assert "published approve by reviewer" in shown
    assert "succeeded 6 release sha256:" in shown
    assert "What it may do" in shown
    assert "vote:approve  cli" in shown


def test_it_is_kept_without_outputs_and_never_holds_a_passphrase() -> None:
    notebook = load()

    assert [
        cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.outputs
    ] == []
    assert "assphrase=" not in NOTEBOOK.read_text(encoding="utf-8")
