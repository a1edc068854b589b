"""Several approvals with one unlock, words against and back, trying and keeping: at a real terminal."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolvet.cli import scaffold

KEY = [("New passphrase:", "correct horse battery"), ("Once more:", "correct horse battery")]
UNLOCK = ("Passphrase of", "correct horse battery")


@pytest.fixture(scope="module")
def ready(seat: Any) -> Any:
    """The person has made their key."""
    made = seat.typed("key", "create", answers=KEY)
    assert made.code == 0, made
    return seat


@pytest.fixture(scope="module")
def submitted(ready: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two tools that wait for reviewers."""
    folder: Path = tmp_path_factory.mktemp("work")
    found: list[str] = []
    for name in ("count_words", "tally_words"):
        [path] = scaffold.write(folder, name, folder_form=False)
        path.write_text(path.read_text() + f"\n# {name}\n")
        said = ready.alone("submit", str(path), "--wait", "--json")
        found.append(json.loads(said.stdout)["id"])
    return found


def test_a_candidate_is_tried_with_ones_own_arguments_and_kept_as_a_case(
    ready: Any, submitted: list[str]
) -> None:
    tried = ready.typed(
        "try", submitted[0], "--arguments", '{"words":["a","b","a"]}', "--keep", "twice a",
        answers=[UNLOCK],
    )  # fmt: skip
    wrong = ready.typed("try", submitted[0], "--arguments", "{}", answers=[UNLOCK])
    listed = json.loads(ready.alone("case", "list", submitted[0], "--json").stdout)["items"]
    shown = ready.alone("case", "list", submitted[0])

    assert tried.code == 0, tried
    assert '"a": 2' in tried.stdout
    assert "Kept as the case" in tried.stdout
    assert (wrong.code, "[call.arguments]" in wrong.stderr) == (1, True)
    assert [(one["name"], one["expected"]) for one in listed] == [("twice a", {"a": 2, "b": 1})]
    assert "twice a" in shown.stdout
    dropped = ready.typed("case", "drop", submitted[0], listed[0]["id"][-8:], answers=[UNLOCK])
    assert "No cases are kept" in dropped.stdout


def test_without_a_key_nothing_is_tried_kept_or_lifted(ready: Any, submitted: list[str]) -> None:
    for words in (
        ("try", submitted[0]),
        ("case", "add", submitted[0], "--name", "n", "--expected", "1"),
        ("lift", submitted[0]),
    ):
        said = ready.alone(*words)
        assert (said.code, "[key.no_terminal]" in said.stderr) == (1, True)


def test_a_word_against_is_lifted_by_whoever_said_it(ready: Any, submitted: list[str]) -> None:
    against = ready.typed("request-changes", submitted[1], "--note", "no tabs?", answers=[UNLOCK])
    lifted = ready.typed("lift", submitted[1], answers=[UNLOCK])
    again = ready.typed("lift", submitted[1], answers=[UNLOCK])

    assert against.code == 0, against
    assert lifted.stdout == f"{submitted[1]}: your objection is lifted; it is reviewing.\n"
    assert (again.code, "[objection.none]" in again.stderr) == (1, True)


def test_several_are_approved_with_one_unlock_and_each_is_answered(
    ready: Any, submitted: list[str]
) -> None:
    digest = ready.alone("approve", *submitted, "--digest", "sha256:" + "0" * 64)
    refused = ready.typed(
        "approve", *submitted, answers=[("each with a signature of its own?", "")]
    )
    done = ready.typed(
        "approve", *submitted, submitted[0],
        answers=[("Approve these 2, each with a signature of its own?", "y"), UNLOCK],
    )  # fmt: skip
    states = [json.loads(ready.alone("show", one, "--json").stdout)["state"] for one in submitted]

    assert (digest.code, "[usage]" in digest.stderr) == (2, True)
    assert (refused.code, refused.stdout) == (1, "")
    assert done.code == 0, done
    assert "2 of 2 votes counted." in done.stdout
    assert states == ["published", "published"]
