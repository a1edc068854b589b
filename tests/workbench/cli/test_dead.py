"""`toolvet dead`: a person looks at what was given up, replays it with their key, or drops it."""

import json
from pathlib import Path
from typing import Any

import pytest

FETCH = '''"""Read a price that is not always there."""

from toolvet.sdk import ToolError


class NotThereError(ToolError):
    """The price list is being written."""

    code = "price.not_there"


def read_price(article: str) -> int:
    """Read a price that is not always there.

    Args:
        article: Which one.

    Returns:
        Cents.

    Raises:
        NotThereError: The price list is being written.
    """
    if article == "new":
        raise NotThereError("come back\\u202e later")
    return 100


# /// script
# [tool.toolvet.retry]
# on = ["NotThereError"]
# attempts = 2
# ///
'''
EXAMPLES = [{"arguments": {"article": "old"}, "result": 100}]
PASSPHRASE = "correct horse battery"
UNLOCK = ("Passphrase of person", PASSPHRASE)


@pytest.fixture(scope="module")
def letter(seat: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A letter of the local agent's call."""
    folder: Path = tmp_path_factory.mktemp("work")
    (folder / "read_price.py").write_text(FETCH)
    (folder / "read_price.examples.json").write_text(json.dumps(EXAMPLES))
    keys = [("New passphrase:", PASSPHRASE), ("Once more:", PASSPHRASE)]
    assert seat.typed("key", "create", answers=keys).code == 0
    shown = seat.alone("submit", str(folder / "read_price.py"), "--wait", "--json")
    view: dict[str, Any] = json.loads(shown.stdout)
    approved = seat.typed("approve", view["id"], answers=[("[y/N]", "y"), UNLOCK])
    assert approved.code == 0, approved
    grant = ("grant", "add", "--tool", "*/*", "--up-to", "read", "--to", "auditor")
    assert seat.typed(*grant, answers=[UNLOCK]).code == 0  # the agent is one, and the person
    called = seat.alone("call", "read_price", "--arguments", '{"article": "new"}')
    assert (called.code, "[price.not_there]" in called.stderr) == (1, True), called
    [found] = json.loads(seat.alone("dead", "list", "--json").stdout)["items"]
    return found


def test_a_letter_is_listed_and_shown_without_what_hides(seat: Any, letter: dict[str, Any]) -> None:
    listed = seat.alone("dead", "list", "--tool", "read_price")
    shown = seat.alone("dead", "show", letter["id"][:13])

    assert letter["id"][:13] in listed.stdout
    assert "2x" in listed.stdout
    assert '{"article": "new"}' in shown.stdout
    assert "<U+202E>" in shown.stdout
    assert "\u202e" not in listed.stdout + shown.stdout


def test_a_replay_asks_shows_what_it_calls_and_leaves_open_what_failed_again(
    seat: Any, letter: dict[str, Any]
) -> None:
    refused = seat.typed("dead", "replay", letter["id"], answers=[("[y/N]", "n")])
    done = seat.typed("dead", "replay", letter["id"], answers=[("[y/N]", "y"), UNLOCK])

    assert (refused.code, refused.stdout) == (1, "")
    assert '{"article": "new"}' in refused.screen
    assert (done.code, "still open, failed" in done.stdout) == (1, True), done


def test_without_a_terminal_nothing_is_signed(seat: Any, letter: dict[str, Any]) -> None:
    said = seat.alone("dead", "replay", letter["id"])

    assert said.code != 0
    assert said.stdout == ""


def test_an_id_nobody_has_is_an_error_with_a_way_out(seat: Any, letter: dict[str, Any]) -> None:
    said = seat.alone("dead", "show", "ffff")

    assert said.code == 2
    assert "toolvet dead list" in said.stderr


def test_a_discarded_letter_is_listed_with_the_settled_only(
    seat: Any, letter: dict[str, Any]
) -> None:
    gone = seat.typed("dead", "discard", letter["id"], "--reason", "sold out", answers=[UNLOCK])
    every = seat.alone("dead", "list", "--all", "--json")

    assert (gone.code, "is discarded" in gone.stdout) == (0, True), gone
    assert seat.alone("dead", "list").stdout == "Nothing was given up.\n"
    [shown] = json.loads(every.stdout)["items"]
    assert (shown["state"], shown["settled_by"], shown["arguments"]) == (
        "discarded",
        "person",
        None,
    )
