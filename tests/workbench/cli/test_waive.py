"""`toolvet waive` as a person types it, and as an agent cannot."""

import json
from pathlib import Path
from typing import Any

import furniture
import pytest

HONEST = "[[examples]]\narguments = { first = 2, second = 5 }\nresult = 7\n"
"""Beside the example that lies, so that something is known of the rest."""
UNLOCK = ("Passphrase of", "correct horse battery")


@pytest.fixture(scope="module")
def stopped(seat: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A person made their key, and an agent submitted a tool whose example is out of date."""
    answers = [("New passphrase:", seat.passphrase), ("Once more:", seat.passphrase)]
    assert seat.typed("key", "create", answers=answers).code == 0
    folder: Path = tmp_path_factory.mktemp("work")
    for path, text in furniture.BROKEN.items():
        (folder / path).write_text(text)
    with (folder / "tool.toml").open("a") as spec:
        spec.write(HONEST)
    said = seat.alone("submit", str(folder), "--wait", "--json")
    view = json.loads(said.stdout)
    assert (said.code, view["state"]) == (1, "changes_wanted"), said
    return str(view["id"])


def listed(seat: Any, proposal: str) -> list[dict[str, Any]]:
    said = seat.typed("waive", proposal, "--json", answers=[UNLOCK])
    assert said.code == 0, said
    items: list[dict[str, Any]] = json.loads(said.stdout)["items"]
    return items


def test_an_agent_signs_nothing_and_is_told_nothing(seat: Any, stopped: str) -> None:
    said = seat.alone("waive", stopped, "0" * 32, "--reason", "because", stdin="y\n" * 5)

    assert (said.code, said.stdout) == (1, "")
    assert "[key.no_terminal]" in said.stderr


def test_a_finding_is_shown_asked_about_and_overruled(seat: Any, stopped: str) -> None:
    [finding] = listed(seat, stopped)
    assert finding["can_be_waived"]
    named = ("waive", stopped, finding["fingerprint"][:10], "--days", "10")

    refused = seat.typed(*named, "--reason", "old", answers=[UNLOCK, ("Overrule 1 finding", "n")])
    assert (refused.code, "Nothing was signed." in refused.stderr) == (1, True)
    assert listed(seat, stopped)[0]["waived_until"] is None

    answers = [UNLOCK, ("Why does this not matter", "the example is old"), ("Overrule 1", "y")]
    done = seat.typed(*named, answers=answers)

    assert done.code == 0, done
    for word in (finding["rule"], "the example is old", "For 10 days", "any change of the bytes"):
        assert word in done.screen
    assert "it waits for votes" in done.stdout
    assert "overruled by person until" in seat.typed("waive", stopped, answers=[UNLOCK]).stdout


def test_an_approval_shows_what_was_overruled_and_the_list_knows_it(
    seat: Any, stopped: str
) -> None:
    answers = [UNLOCK, (f"Approve {stopped}?", "y")]
    done = seat.typed("approve", stopped, answers=answers)

    assert done.code == 0, done
    assert "overruled" in done.screen
    assert "the example is old" in done.screen
    assert "is published" in done.stdout
    waivers = json.loads(seat.typed("waivers", "--json", answers=[UNLOCK]).stdout)["items"]
    assert [(one["tool"], one["serving"], one["reason"]) for one in waivers] == [
        ("default/add", True, "the example is old")
    ]
    checked = seat.alone("audit", "verify")
    assert checked.code == 0, checked


def test_words_that_name_no_finding_are_told_so(seat: Any, stopped: str) -> None:
    for word in ("abc", "0" * 32):
        said = seat.typed("waive", stopped, word, "--reason", "x", answers=[UNLOCK])
        assert (said.code, "no error of it has the fingerprint" in said.stderr) == (2, True)
