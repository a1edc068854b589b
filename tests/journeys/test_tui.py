"""A person reviews in a real terminal: `toolvet tui` in tmux, keys pressed, the screen read."""

import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import prepared
from furniture import ADD, renamed
from stage import PASSPHRASE, TOOLVET, Stage
from terminal import Terminal

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    found = prepared(tmp_path)
    yield found
    found.run("stop")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    found = Terminal(tmp_path)
    yield found
    found.close()


def submit(stage: Stage, folder: Path, files: dict[str, str]) -> str:
    """Hand in a tool as a local agent does, and wait for the verdict."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = stage.run("submit", str(folder), "--wait", "--json")
    assert done.code == 0, done
    return str(done.data["id"])


@pytest.mark.timeout(240)
def test_a_person_approves_one_and_rejects_another_in_a_terminal_of_80_by_24(
    stage: Stage, terminal: Terminal, tmp_path: Path
) -> None:
    made = stage.person("init", "--preset", "solo", "--name", "ada")
    assert made.code == 0, made
    first = submit(stage, tmp_path / "first", ADD)
    second = submit(stage, tmp_path / "second", renamed("again"))

    terminal.open(shlex.join([*TOOLVET, "tui"]), stage.env, 80, 24)
    terminal.shows("2 wait for a decision")
    terminal.press("Enter")
    terminal.shows("What it may do")
    terminal.press("a")
    assert f"Approve {first}?" in terminal.shows("y  sign with your key")
    terminal.press("y")
    terminal.shows("Passphrase of ada")
    terminal.write(PASSPHRASE)
    terminal.press("Enter")
    screen = terminal.shows(f"approve {first} add   u takes the last one back")
    assert PASSPHRASE not in screen
    assert stage.run("show", first, "--json").data["state"] == "reviewing"
    terminal.shows(f"{first} add is published")
    terminal.shows(f"{second} again")
    terminal.press("x")
    terminal.shows("Why is it rejected?")
    terminal.write("We have one already.")
    terminal.press("C-s")
    terminal.shows(f"reject {second} again")
    terminal.press("u")
    terminal.shows(f"Taken back: reject {second}")
    assert stage.run("show", second, "--json").data["state"] == "reviewing"
    terminal.press("x")
    terminal.shows("We have one already.")
    terminal.press("C-s")
    terminal.shows("is rejected")
    terminal.press("q")

    assert stage.run("show", first, "--json").data["state"] == "published"
    rejected = stage.run("show", second, "--json").data
    assert rejected["state"] == "rejected"
    assert "We have one already." in rejected["reason"]
    entries = [json.loads(one["leaf"]) for one in stage.run("audit", "log", "--json").data["items"]]
    seats = {entry["verb"]: entry["seat"] for entry in entries}
    assert (seats["vote:approve"], seats["proposal:reject"]) == ("tui", "tui"), seats
    assert stage.run("audit", "verify").code == 0
