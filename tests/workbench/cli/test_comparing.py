"""`toolvet diff` and `toolvet seen`: differences to read, patches to the byte, one's own last look."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from toolvet_reviews import patches

PASSPHRASE = "correct horse battery"
UNLOCK = ("Passphrase of person", PASSPHRASE)
SOURCE = '''"""Say a greeting."""


def greet(name: str) -> str:
    """Say a greeting.

    Args:
        name: Whom to greet.

    Returns:
        The greeting.
    """
    return "Hello, " + name  # \\u202e
'''.replace("\\u202e", "\u202e")
SPEC = """[tool]
name = "greet"
summary = "Say a greeting."
entry = "greet:greet"

[effects]
kind = "pure"

[[examples]]
arguments = { name = "Ada" }
result = "Hello, Ada"
"""


@pytest.fixture(scope="module")
def proposal(seat: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A proposal with two revisions, the second one submitted at once."""
    folder: Path = tmp_path_factory.mktemp("work")
    (folder / "greet.py").write_text(SOURCE)
    (folder / "tool.toml").write_text(SPEC)
    keys = [("New passphrase:", PASSPHRASE), ("Once more:", PASSPHRASE)]
    assert seat.typed("key", "create", answers=keys).code == 0
    first = json.loads(seat.alone("submit", str(folder), "--json").stdout)
    (folder / "greet.py").write_text(SOURCE.replace('"Hello, "', '"Hello,  "'))
    second = json.loads(seat.alone("submit", str(folder), "--revise", first["id"], "--json").stdout)
    assert second["revision"] == 2, second
    return str(first["id"])


def test_a_difference_is_shown_with_what_hides_in_it(seat: Any, proposal: str) -> None:
    said = seat.alone("diff", proposal, "--from", "1")

    assert '-    return "Hello, " + name  # <U+202E>\n' in said.stdout
    assert '+    return "Hello,  " + name  # <U+202E>\n' in said.stdout
    assert "\u202e" not in said.stdout


def test_space_is_passed_over_when_asked(seat: Any, proposal: str) -> None:
    said = seat.alone("diff", proposal, "--from", "1", "--whitespace", "ignore")

    assert "Hello" not in said.stdout


def test_a_patch_is_written_to_the_byte(seat: Any, proposal: str) -> None:
    patch = seat.alone("diff", proposal, "--from", "1", "--patch").stdout

    before = {"greet.py": SOURCE.encode()}
    assert patches.apply(before, patch.encode()) == {
        "greet.py": SOURCE.replace('"Hello, "', '"Hello,  "').encode()
    }


def test_a_patch_is_never_written_to_a_terminal(seat: Any, proposal: str) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "toolvet.cli", "diff", proposal, "--from", "1", "--patch"]

    said = subprocess.run(
        command, env=seat.env, stdout=follower, stderr=subprocess.PIPE, check=False
    )

    os.close(follower)
    os.close(leader)
    assert said.returncode == 2
    assert b"[usage]" in said.stderr


def test_a_patch_is_checked_by_applying_it_here(seat: Any, proposal: str) -> None:
    said = seat.typed("diff", proposal, "--from", "1", "--apply-check", answers=[])

    assert said.code == 0, said
    assert "applies to revision 1, and gives revision 2 to the byte" in said.stdout


def test_the_summary_names_files_and_what_else_differs(seat: Any, proposal: str) -> None:
    said = seat.alone("diff", proposal, "--from", "1", "--summary")

    assert f"{proposal}: revision 2 against revision 1" in said.stdout
    assert "greet.py" in said.stdout
    assert "1 file the same, byte for byte" in said.stdout


def test_what_was_seen_is_where_the_next_look_starts(seat: Any, proposal: str) -> None:
    first = seat.typed("diff", proposal, "--from", "seen", "--summary", answers=[UNLOCK])
    marked = seat.typed("seen", proposal, "greet.py", answers=[UNLOCK])
    since = seat.typed("diff", proposal, "--from", "seen", answers=[UNLOCK])
    everything = seat.typed("seen", proposal, "--everything", "--json", answers=[UNLOCK])
    off = seat.typed("seen", proposal, "--everything", "--off", answers=[UNLOCK])

    assert "You have looked at nothing of it yet" in first.stderr
    assert "revision 2" in marked.stdout
    assert "greet.py" not in since.stdout
    assert {"file", "spec"} <= {one["kind"] for one in json.loads(everything.stdout)["items"]}
    assert "You have looked at nothing" in off.stdout


def test_no_program_says_what_a_person_has_seen(seat: Any, proposal: str) -> None:
    for arguments in (("seen", proposal, "greet.py"), ("diff", proposal, "--from", "seen")):
        said = seat.alone(*arguments)

        assert said.code != 0
        assert said.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--from", "yesterday"), "[compare.from]"),
        (("--whitespace", "all"), "[usage]"),
        (("--summary", "--patch"), "[usage]"),
        (("--to", "7"), "[not_found]"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_code(
    seat: Any, proposal: str, arguments: tuple[str, ...], code: str
) -> None:
    said = seat.alone("diff", proposal, *arguments)

    assert said.code != 0
    assert code in said.stderr
