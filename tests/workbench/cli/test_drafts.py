"""`toolvet call --draft` and what `toolvet show` tells of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolvet.cli import scaffold


@pytest.fixture(scope="module")
def submitted(seat: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An agent scaffolded a tool and submitted it; nobody has a key yet."""
    folder: Path = tmp_path_factory.mktemp("work")
    [path] = scaffold.write(folder, "count_words", folder_form=False)
    said = seat.alone("submit", str(path), "--json")
    view: dict[str, Any] = json.loads(said.stdout)
    return view


def test_a_draft_is_called_by_digest_or_by_proposal_and_shown(
    seat: Any, submitted: dict[str, Any]
) -> None:
    arguments = ("--arguments", '{"words": ["one", "two"]}')
    by_digest = seat.alone("call", "--draft", submitted["revision_digest"], *arguments)
    by_id = seat.alone("call", "--draft", submitted["id"], *arguments, "--json")
    shown = seat.alone("show", submitted["id"])

    assert (by_digest.code, "not reviewed" in by_digest.stderr) == (0, True), by_digest
    assert json.loads(by_id.stdout)["result"] == json.loads(by_digest.stdout)
    assert json.loads(by_id.stdout)["reviewed"] is False
    assert "2 calls by its author" in shown.stdout
    assert shown.stdout.count('{"words":["one","two"]} -> ') == 2


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("call",), 2, "usage"),
        (("call", "x", "--draft", "y"), 2, "usage"),
        (("call", "--draft", "y", "--key", "k"), 2, "usage"),
        (("call", "--draft", "sha256:" + "0" * 64), 1, "tool.not_found"),
        (("call", "--draft", "P-99"), 1, "proposal.not_found"),
    ],
)
def test_what_is_no_draft_of_mine_is_refused(
    seat: Any, submitted: dict[str, Any], arguments: tuple[str, ...], code: int, word: str
) -> None:
    said = seat.alone(*arguments)

    assert (said.code, said.stdout) == (code, "")
    assert f"[{word}]" in said.stderr
