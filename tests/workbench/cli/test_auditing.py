"""An auditor's and a key holder's day at the terminal: policy cases, a new key, a roster, history."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolvet_reviews.policy import preset
from toolvet_reviews.preset_cases import cases_of

NEW = "another horse battery"


@pytest.fixture(scope="module")
def signed_in(seat: Any) -> Any:
    """The first person with a key."""
    answers = [("New passphrase", seat.passphrase), ("Once more", seat.passphrase)]
    assert seat.typed("key", "create", answers=answers).code == 0
    return seat


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A policy, and cases that it keeps, apart from each other."""
    (tmp_path / "team.toml").write_text(preset("team"))
    (tmp_path / "cases.toml").write_text(cases_of("team"))
    return tmp_path


def test_cases_are_run_without_a_service(seat: Any, files: Path) -> None:
    policy, cases = str(files / "team.toml"), str(files / "cases.toml")
    nowhere = {"TOOLVET_HOME": str(files / "no-home")}

    said = seat.alone("policy", "test", cases, "--policy", policy, **nowhere)

    assert said.code == 0, said
    assert "cases.toml: all 20 hold" in said.stdout


def test_a_case_that_fails_is_named_with_what_it_came_to(seat: Any, files: Path) -> None:
    (files / "solo.toml").write_text(preset("solo"))
    command = ("policy", "test", str(files / "cases.toml"), "--policy", str(files / "solo.toml"))

    said, told = seat.alone(*command), seat.alone(*command, "--json")

    assert said.code == told.code == 1
    assert "FAIL  two people publish destructive" not in said.stdout
    assert "FAIL  one person is not enough for destructive" in said.stdout
    assert "expected waits, it publishes" in said.stdout
    failed = [one["name"] for one in json.loads(told.stdout) if not one["holds"]]
    assert "one person is not enough for destructive" in failed


def test_a_policy_whose_cases_fail_is_refused_before_anything_is_signed(
    signed_in: Any, files: Path
) -> None:
    (files / "new.toml").write_text(preset("solo"))
    (files / "new.cases.toml").write_text(cases_of("team"))

    said = signed_in.typed("policy", "apply", str(files / "new.toml"), answers=[])

    assert said.code == 1
    assert "[policy.cases]" in said.stderr
    assert "Passphrase" not in said.screen
    assert 'preset = "solo"' in signed_in.alone("policy", "show").stdout


def test_a_key_is_changed_and_a_roster_of_before_holds_afterwards(
    signed_in: Any, tmp_path: Path
) -> None:
    roster, export = tmp_path / "roster.json", tmp_path / "log.jsonl"
    unlock = ("Passphrase of person", signed_in.passphrase)
    written = signed_in.alone("audit", "roster", "--write", str(roster))
    changed = signed_in.typed(
        "key", "rotate", "--json", answers=[unlock, ("New passphrase", NEW), ("Once more", NEW)]
    )
    signed_in.alone("audit", "export", "--out", str(export))
    verified = signed_in.alone("audit", "verify", "--roster", str(roster))
    strange = {"TOOLVET_CONFIG": str(tmp_path / "config"), "TOOLVET_HOME": str(tmp_path / "home")}
    elsewhere = signed_in.alone(
        "audit", "verify", "--roster", str(roster), "--export", str(export), **strange
    )

    assert (written.code, changed.code, verified.code) == (0, 0, 0), (written, changed, verified)
    assert "everything holds" in elsewhere.stdout
    kept, told = json.loads(roster.read_text()), json.loads(changed.stdout)
    assert [key["fingerprint"] for key in kept["keys"]] == [told["replaced"]]
    listed = json.loads(signed_in.alone("key", "list", "--json").stdout)["items"]
    assert [one["state"] for one in listed] == ["revoked", "active"]
    lied = roster.read_text().replace(kept["pinned_key"], told["fingerprint"])
    (tmp_path / "lied.json").write_text(lied)
    refused = signed_in.alone("audit", "verify", "--roster", str(tmp_path / "lied.json"))
    assert refused.code == 1
    assert "[key.pin_differs]" in refused.stdout


def test_history_lists_shows_and_proves(signed_in: Any) -> None:
    listed = signed_in.alone("history", "--verb", "policy")
    index = json.loads(signed_in.alone("history", "--verb", "policy", "--json").stdout)["items"][0][
        "index"
    ]
    shown = signed_in.alone("history", "show", str(index))
    then = signed_in.alone("audit", "callable", "2999-01-01", "--json")
    wrong = signed_in.alone("history", "--since", "yesterday")

    assert (listed.code, shown.code, then.code) == (0, 0, 0), (listed, shown, then)
    assert "policy:apply" in listed.stdout
    assert "log       holds this entry" in shown.stdout
    assert json.loads(then.stdout)["items"] == []
    assert "[history.time]" in wrong.stderr
