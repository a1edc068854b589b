"""The journey of an agent that only writes files, beside a service that is killed again and again."""

import json
import random
import shutil
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Played, playing, prepared
from stage import StageError

SEED = 7
KILLS = 2
TOOL = '''"""Count things."""


def {name}(text: str) -> int:
    """Count the words of a text.

    Args:
        text: Words with white space between them.

    Returns:
        How many words there are.
    """
    return len(text.split())

# No. {number}
'''
EXAMPLES = [{"arguments": {"text": "a b"}, "result": 2}]

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("files")
    with playing(prepared(folder)) as found:
        yield found
    shutil.rmtree(folder, ignore_errors=True)


def inbox(played: Played) -> Path:
    return played.stage.home / "inbox"


def move_in(played: Played, name: str) -> None:
    """Write a tool elsewhere and rename it into the inbox, as the docs ask for."""
    aside = played.stage.folder / "aside"
    aside.mkdir(exist_ok=True)
    (aside / f"{name}.examples.json").write_text(json.dumps(EXAMPLES))
    (aside / f"{name}.py").write_text(TOOL.format(name=name, number=zlib.crc32(name.encode())))
    for end in (".examples.json", ".py"):
        (aside / f"{name}{end}").rename(inbox(played) / f"{name}{end}")


def said(played: Played, name: str) -> dict[str, Any]:
    """Read a verdict as the agent does; it is whole whenever it is there."""
    try:
        text = (inbox(played) / f"{name}.verdict.json").read_bytes()
    except FileNotFoundError:
        return {}
    found: dict[str, Any] = json.loads(text)
    return found


def until(played: Played, name: str, **wanted: str) -> dict[str, Any]:
    """Look at a verdict until it says what is wanted."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = said(played, name)
        if all(found.get(key) == value for key, value in wanted.items()):
            return found
        time.sleep(0.05)
    raise StageError(f"{name}: {said(played, name)}")


def test_a_tool_that_was_moved_in_is_verified_approved_and_lies_in_the_catalogue(
    played: Played,
) -> None:
    move_in(played, "count_words")
    seen = until(played, "count_words", verdict="passed")
    assert seen["state"] == "reviewing"

    played.person.approve(seen["proposal"])

    until(played, "count_words", state="published")
    called = played.agent("call", "count_words", "--arguments", '{"text": "a b c"}')
    assert called.data["result"] == 3
    out = played.stage.folder / "out"
    assert played.stage.run("export", str(out)).code == 0
    assert played.stage.run("export", str(out), "--json").data["unchanged"] == [
        "default/count_words"
    ]
    kept = played.stage.home / "catalogue" / "default" / "count_words" / "release.json"
    assert kept.read_bytes() == (out / "default" / "count_words" / "release.json").read_bytes()


def test_killed_at_any_moment_nothing_is_submitted_twice_and_nothing_is_lost(
    played: Played,
) -> None:
    dice = random.Random(SEED)
    names = [f"count_{number}" for number in range(2 * KILLS)]
    for number in range(KILLS):
        for name in names[2 * number : 2 * number + 2]:
            move_in(played, name)
        time.sleep(dice.uniform(0.0, 2.0))
        played.stage.kill()
        played.restart()

    proposals = {name: until(played, name, verdict="passed")["proposal"] for name in names}

    assert len(set(proposals.values())) == len(names)
    listed = played.person.agent.as_(played.person.client.token).proposals().items
    assert sorted(one.tool for one in listed if one.tool in names) == sorted(names)
    assert {one.revision for one in listed if one.tool in names} == {1}
    left = [one.name for one in inbox(played).iterdir() if one.name.startswith(".")]
    assert left == []


def test_an_edit_of_the_catalogue_serves_nothing_and_waits_for_people(played: Played) -> None:
    code = played.stage.home / "catalogue/default/count_words/bundle/count_words.py"
    whole = code.read_text()
    code.write_text(whole.replace("len(text.split())", "0"))

    waiting = until(played, "default.count_words.edited", verdict="failed")

    assert code.read_text() == whole
    assert played.agent("call", "count_words", "--arguments", '{"text": "a b"}').data["result"] == 2
    doctor = played.stage.run("doctor", "--json")
    assert doctor.code == 1
    named = [line["message"] for line in doctor.data["items"] if line["code"] == "catalogue.edited"]
    assert named == [
        f"an edit of the kept catalogue waits as {waiting['proposal']}: "
        "inbox/default.count_words.edited"
    ]
    shutil.rmtree(inbox(played) / "default.count_words.edited")
