"""A person and an agent at the command line, with a real service that starts by itself."""

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
def submitted(ready: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An agent scaffolded a tool and submitted it."""
    folder: Path = tmp_path_factory.mktemp("work")
    [path] = scaffold.write(folder, "count_words", folder_form=False)
    said = ready.alone("submit", str(path), "--wait", "--json")
    view = json.loads(said.stdout)
    assert (said.code, view["verdict"]) == (0, "passed"), said
    return str(view["id"])


def test_the_first_key_is_pinned_and_a_second_needs_a_code(ready: Any) -> None:
    again = ready.alone("key", "create")

    assert again.code == 2
    assert "--code" in again.stderr
    listed = json.loads(ready.alone("key", "list", "--json").stdout)["items"]
    assert [key["state"] for key in listed] == ["active"]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("approve", "P-1"), 2, "usage"),
        (("approve", "P-1", "--digest", "sha256:" + "0" * 64), 1, "key.no_terminal"),
        (("reject", "P-1", "--digest", "x", "--note", "no"), 1, "key.no_terminal"),
        (("grant", "add", "--to", "local", "--tool", "*", "--up-to", "pure"), 1, "key.no_terminal"),
        (("user", "add", "x"), 1, "key.no_terminal"),
        (("disable", "count_words"), 1, "key.no_terminal"),
    ],
    ids=["bare", "digest", "reject", "grant", "user", "disable"],
)
def test_without_a_terminal_nobody_decides_whatever_is_piped_in(
    ready: Any, submitted: str, arguments: tuple[str, ...], code: int, word: str
) -> None:
    said = ready.alone(*arguments, stdin="y\ncorrect horse battery\n" * 3)

    assert (said.code, said.stdout) == (code, "")
    assert f"[{word}]" in said.stderr


def test_an_approval_shows_asks_and_publishes_and_anything_but_yes_signs_nothing(
    ready: Any, submitted: str
) -> None:
    refused = ready.typed("approve", submitted, answers=[(f"Approve {submitted}?", "")])
    stale = ready.typed("approve", submitted, "--digest", "sha256:" + "0" * 64, answers=[])
    mistyped = [(f"Approve {submitted}?", "y"), *[("Passphrase of", "not this one")] * 3]
    locked = ready.typed("approve", submitted, answers=mistyped)
    done = ready.typed(
        "approve", submitted, "--note", "fine", "--json",
        answers=[(f"Approve {submitted}?", "y"), ("Passphrase of", "mistyped"), UNLOCK],
    )  # fmt: skip

    assert (refused.code, refused.stdout) == (1, "")
    assert (stale.code, "[vote.stale]" in stale.stderr) == (1, True)
    assert (locked.code, "[key.passphrase]" in locked.stderr) == (1, True)
    assert (done.code, json.loads(done.stdout)["state"]) == (0, "published")
    for shown in ("count_words", "pure: computes only", "release       sha256:", "solo", "grant"):
        assert shown in done.screen
    assert "correct horse battery" not in done.screen


def test_a_granted_agent_calls_what_was_approved(ready: Any, submitted: str) -> None:
    added = ready.typed("user", "add", "scout", "--json", answers=[UNLOCK])
    token = json.loads(added.stdout)["token"]
    before = ready.alone("call", "count_words", "--arguments", '{"words":[]}', TOOLVET_TOKEN=token)
    granted = ready.typed(
        "grant", "add", "--to", "scout", "--tool", "*", "--up-to", "pure", answers=[UNLOCK]
    )

    called = ready.alone(
        "call", "count_words", "--arguments", "@-", stdin='{"words":["a","a"]}', TOOLVET_TOKEN=token
    )
    wrong = ready.alone("call", "count_words", "--arguments", "{}", TOOLVET_TOKEN=token)
    garbled = ready.alone("call", "count_words", "--arguments", "{", TOOLVET_TOKEN=token)

    assert (before.code, "[tool.not_found]" in before.stderr) == (1, True)
    assert granted.code == 0
    assert (called.code, json.loads(called.stdout)) == (0, {"a": 2})
    assert (wrong.code, "[call.arguments]" in wrong.stderr) == (1, True)
    assert (garbled.code, "[json.syntax]" in garbled.stderr) == (1, True)


def test_the_log_verifies_here_and_from_an_export_and_a_changed_export_does_not(
    ready: Any, submitted: str, tmp_path: Path
) -> None:
    export = tmp_path / "log.ndjson"

    live = ready.alone("audit", "verify", "--json")
    taken = ready.alone("audit", "export", "--out", str(export))
    held = ready.alone("audit", "verify", "--export", str(export), "--json")
    forged = tmp_path / "forged.ndjson"
    forged.write_text(export.read_text().replace("proposal:submit", "proposal:revise", 1))
    caught = ready.alone("audit", "verify", "--export", str(forged), "--json")
    other = ready.alone("audit", "verify", "--pin", "sha256:" + "0" * 64, "--json")

    assert (live.code, json.loads(live.stdout)["ok"]) == (0, True), live
    assert (taken.code, held.code) == (0, 0)
    assert (caught.code, json.loads(caught.stdout)["ok"]) == (1, False)
    assert [one["code"] for one in json.loads(other.stdout)["problems"]] == ["key.pin_differs"]


def test_a_receipt_is_checked_before_it_is_printed(ready: Any) -> None:
    said = ready.alone("audit", "prove", "2")

    assert said.code == 0
    assert said.stdout.startswith("c2sp.org/tlog-proof@v1\nindex 2\n")


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("show", "P-999"), 1, "proposal.not_found"),
        (("submit", "/nowhere"), 1, "bundle.path"),
        (("audit", "prove", "99999"), 1, "not_found"),
        (("grant", "add", "--to", "nobody", "--tool", "*", "--up-to", "pure"), 2, "usage"),
        (("user", "add", "x", "--role", "king"), 2, "usage"),
    ],
    ids=["proposal", "path", "entry", "principal", "role"],
)
def test_every_refusal_names_its_code_and_exits_as_the_contract_says(
    ready: Any, arguments: tuple[str, ...], code: int, word: str
) -> None:
    plain = ready.alone(*arguments)
    as_json = ready.alone(*arguments, "--json")

    assert (plain.code, as_json.code) == (code, code)
    assert f"[{word}]" in plain.stderr
    assert json.loads(as_json.stdout)["error"]["code"] == word


def test_a_wrong_word_is_usage_and_a_service_elsewhere_that_is_away_is_broken(ready: Any) -> None:
    assert ready.alone("queeu").code == 2
    away = ready.alone("queue", TOOLVET_URL="http://127.0.0.1:1")

    assert (away.code, "[service.unreachable]" in away.stderr) == (3, True)


def test_init_refuses_a_home_that_is_there(ready: Any) -> None:
    said = ready.alone("init", "--yes")

    assert (said.code, "[home.unusable]" in said.stderr) == (3, True)


def test_doctor_says_all_is_well(ready: Any) -> None:
    said = ready.alone("doctor")

    assert (said.code, "WRONG" in said.stdout) == (0, False), said


def test_consent_to_a_lower_tier_is_asked_for_signed_and_on_record(ready: Any) -> None:
    scripted = ready.alone("consent", "C", stdin="y\n")
    refused = ready.typed("consent", "C", answers=[("Run tools in tier C?", "")])
    done = ready.typed("consent", "C", "--json", answers=[("Run tools in tier C?", "y"), UNLOCK])
    logged = json.loads(ready.alone("audit", "log", "--limit", "5", "--json").stdout)["items"]

    assert (scripted.code, "[key.no_terminal]" in scripted.stderr) == (1, True)
    assert (refused.code, refused.stdout) == (1, "")
    assert (done.code, json.loads(done.stdout)["tier"]) == (0, "C")
    assert sum("tier:consent" in entry["leaf"] for entry in logged) == 1
