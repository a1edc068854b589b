"""`toolvet secret` and `toolvet mount` as a person types them, and as an agent cannot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from toolvet.client import autostart

VALUE = "a-value-that-no-screen-shows"


@pytest.fixture(scope="module")
def signed_in(seat: Any) -> Any:
    """The first person with a key, and their service running."""
    answers = [("New passphrase", seat.passphrase), ("Once more", seat.passphrase)]
    assert seat.typed("key", "create", answers=answers).code == 0
    autostart.ensure_running(seat.settings)
    return seat


def listed(seat: Any, what: str = "secret") -> dict[str, Any]:
    items: list[dict[str, Any]] = json.loads(seat.alone(what, "list", "--json").stdout)["items"]
    return {item["name"]: item for item in items}


def typed_value(seat: Any, value: str = VALUE) -> list[tuple[str, str]]:
    return [("Value of", value), ("Once more", value), ("Passphrase", seat.passphrase)]


def test_a_value_is_typed_blind_and_twice(signed_in: Any) -> None:
    scope = ("--tool", "growth/*", "--host", "mail.example.com")
    answers = [("Value of", VALUE), ("Once more", "mistyped"), *typed_value(signed_in)]
    done = signed_in.typed("secret", "set", "MAIL_PASSWORD", *scope, answers=answers)

    assert done.code == 0, done
    assert "may be sent to mail.example.com, for growth/*" in done.screen
    assert VALUE not in done.screen + done.stdout + done.stderr
    assert listed(signed_in)["MAIL_PASSWORD"]["hosts"] == ["mail.example.com"]


def test_a_file_gives_a_value_and_replacing_asks_first(signed_in: Any, tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text(VALUE + "\n")
    file.chmod(0o644)
    command = ("secret", "set", "BY_FILE", "--file", str(file), "--tool", "a/b", "--visible")
    first = signed_in.typed(*command, answers=[("Passphrase", signed_in.passphrase)])
    refused = signed_in.typed(*command, answers=[("[y/N]", "n")])

    assert (first.code, refused.code) == (0, 1)
    assert "Others can read" in first.stderr
    assert listed(signed_in)["BY_FILE"]["visible"] is True


def test_a_rotation_keeps_the_scope_and_a_deletion_ends_it(signed_in: Any) -> None:
    scope = ("--tool", "a/b", "--host", "api.example.com")
    signed_in.typed("secret", "set", "TURNING", *scope, answers=typed_value(signed_in))
    before = listed(signed_in)["TURNING"]
    rotated = signed_in.typed("secret", "rotate", "TURNING", answers=typed_value(signed_in, "new"))
    after = listed(signed_in)["TURNING"]
    passphrase = [("Passphrase", signed_in.passphrase)]
    deleted = signed_in.typed("secret", "delete", "TURNING", answers=passphrase)

    assert (rotated.code, deleted.code) == (0, 0)
    assert {**after, "set_at": ""} == {**before, "set_at": ""}
    assert "TURNING" not in listed(signed_in)


def test_nobody_sets_a_secret_without_a_person(signed_in: Any) -> None:
    scope = ("--tool", "a/b", "--visible")
    piped = signed_in.alone("secret", "set", "PIPED", *scope, stdin=VALUE)

    assert piped.code == 1
    assert "key.no_terminal" in piped.stderr
    assert "PIPED" not in listed(signed_in)


def test_a_scope_must_be_whole(signed_in: Any) -> None:
    for options in ((), ("--tool", "a/b")):
        done = signed_in.typed("secret", "set", "HALF", *options, answers=[])
        assert (done.code, "[usage]" in done.stderr) == (2, True)


def test_folders_are_bound_listed_and_unbound(signed_in: Any, tmp_path: Path) -> None:
    passphrase = [("Passphrase", signed_in.passphrase)]
    command = ("mount", "bind", "traces", f"{tmp_path}/", "--tool", "a/b", "--write")
    bound = signed_in.typed(*command, answers=passphrase)
    shown = listed(signed_in, "mount")
    relative = signed_in.alone("mount", "bind", "traces", "here", "--tool", "a/b")
    own = signed_in.typed(
        *("mount", "bind", "own", str(signed_in.settings.home), "--tool", "a/b"), answers=passphrase
    )
    unbound = signed_in.typed("mount", "unbind", "traces", answers=passphrase)

    assert (bound.code, relative.code, own.code, unbound.code) == (0, 2, 1, 0)
    assert "mount.folder" in own.stderr
    assert (shown["traces"]["folder"], shown["traces"]["mode"]) == (str(tmp_path), "write")
    assert listed(signed_in, "mount") == {}


@pytest.mark.parametrize(
    ("piped", "answer"),
    [(b"abc\n", "3"), (b"abc\r\n", "3"), (b"abc\n\n", "4"), (b"a b ", "4"), (b"abc\r", "4")],
)
def test_one_line_break_at_the_end_of_a_pipe_is_not_part_of_the_value(
    piped: bytes, answer: str
) -> None:
    assert _read(piped) == answer


@pytest.mark.parametrize("piped", [b"", b"\n", b"\xff\xfe", b"a\0b", b"x" * 40_000])
def test_a_pipe_that_holds_no_secret_is_refused(piped: bytes) -> None:
    assert _read(piped) == "secret.value"


def _read(piped: bytes) -> str:
    program = (
        "from toolvet.cli.secret_value import read_value\n"
        "from toolvet_reviews.secret import SecretValueError\n"
        "try:\n    print(len(read_value('NAME', None).reveal()))\n"
        "except SecretValueError as error:\n    print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=piped, capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode().strip()
