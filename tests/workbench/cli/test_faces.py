"""The faces above the command line are loaded by name, when somebody asks for one."""

import sys
from types import ModuleType

import pytest
from typer.testing import CliRunner

from toolvet.cli.app import app
from toolvet.cli.faces import FaceMissingError

FACES = [("tui", "toolvet_tui"), ("lab", "toolvet_jupyter.launch")]


def stand_in(monkeypatch: pytest.MonkeyPatch, module: str, answer: object) -> list[list[str]]:
    """Put a face in place that notes what it was started with."""
    given: list[list[str]] = []
    face = ModuleType(module)

    def main(arguments: list[str]) -> object:
        given.append(arguments)
        return answer

    vars(face)["main"] = main
    monkeypatch.setitem(sys.modules, module.partition(".")[0], face)
    monkeypatch.setitem(sys.modules, module, face)
    return given


@pytest.mark.parametrize(
    ("command", "module", "arguments"),
    [
        ("tui", "toolvet_tui", []),
        ("tui", "toolvet_tui", ["P-12"]),
        ("lab", "toolvet_jupyter.launch", ["--no-browser", "--port=1", "notebook.ipynb"]),
    ],
)
def test_a_face_is_started_with_what_it_knows_itself(
    monkeypatch: pytest.MonkeyPatch, command: str, module: str, arguments: list[str]
) -> None:
    given = stand_in(monkeypatch, module, None)

    done = CliRunner().invoke(app, [command, *arguments])

    assert (done.exit_code, given) == (0, [arguments])


def test_a_word_the_terminal_app_does_not_know_is_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    given = stand_in(monkeypatch, "toolvet_tui", None)

    assert CliRunner().invoke(app, ["tui", "--nonsense"]).exit_code == 2
    assert given == []


@pytest.mark.parametrize(("command", "module"), FACES)
def test_the_exit_code_of_a_face_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, command: str, module: str
) -> None:
    stand_in(monkeypatch, module, 3)

    assert CliRunner().invoke(app, [command]).exit_code == 3


@pytest.mark.parametrize(("command", "module"), FACES)
def test_a_face_that_is_not_installed_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, command: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    done = CliRunner().invoke(app, [command])

    assert isinstance(done.exception, FaceMissingError)
    assert done.exception.code == "face.missing"
    assert "nstall" in done.exception.hint


def test_a_face_that_breaks_while_it_loads_is_not_called_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    face = ModuleType("toolvet_tui")  # without main
    monkeypatch.setitem(sys.modules, "toolvet_tui", face)

    assert isinstance(CliRunner().invoke(app, ["tui"]).exception, AttributeError)
