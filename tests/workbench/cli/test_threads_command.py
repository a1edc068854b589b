"""Comment, threads, resolve, reopen and requests as they are typed; and how they read."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from toolvet.audit.keys import PersonKey, prove_possession
from toolvet.cli import scaffold, talk
from toolvet.client.acts import Pen
from toolvet.client.connect import connect
from toolvet_reviews.review_views import (
    Anchor,
    ChangeRequest,
    ChangeRequests,
    ReviewState,
    Said,
    ThreadView,
)


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scaffolded file."""
    [path] = scaffold.write(tmp_path_factory.mktemp("work"), "count_words", folder_form=False)
    return path


@pytest.fixture(scope="module")
def proposal(seat: Any, tool: Path) -> str:
    said = seat.alone("submit", str(tool), "--json")
    return json.loads(said.stdout)["id"]


@pytest.fixture(scope="module")
def person(seat: Any, proposal: str) -> str:
    """A session of the first person, whose key this process holds."""
    assert proposal
    client = connect(seat.settings).client
    key = PersonKey(Ed25519PrivateKey.generate())
    service = client.service()
    owner = client.pin_key(key.public.hex(), prove_possession(key, service.service_id)).principal
    token = client.login(Pen(client.service(), key, owner).login())
    client.close()
    return token


def test_a_remark_is_made_read_answered_and_settled(
    seat: Any, proposal: str, person: str, tool: Path, tmp_path: Path
) -> None:
    name = f"{tool.stem}.py"
    better = tmp_path / "better.txt"
    better.write_text("# as suggested\n", encoding="utf-8")
    local = seat.settings.paths.token.read_text().strip()

    place = ("--path", name, "--line", "1", "--blocking", "--suggest", str(better))
    said = seat.alone("comment", proposal, "--text", "like this", *place, TOOLVET_TOKEN=person)
    assert said.code == 0, said
    assert f"{proposal}#1  {name}:1  open, blocks" in said.stdout
    assert "      + # as suggested" in said.stdout

    asked = seat.alone("requests", proposal)
    assert "suggested_edit, blocks" in asked.stdout
    patch = seat.alone("requests", proposal, "--patch")
    assert f"--- a/{name}\n+++ b/{name}\n" in patch.stdout, patch
    assert "+# as suggested\n" in patch.stdout

    refused = seat.alone("resolve", f"{proposal}#1", TOOLVET_TOKEN=local)
    assert (refused.code, "[vote.not_a_person]" in refused.stderr) == (1, True)

    answer = ("--revise", proposal, "--answer", f"{proposal}#1=rather not")
    with tool.open("a", encoding="utf-8") as file:
        file.write("# more\n")
    revised = seat.alone("submit", str(tool), *answer)
    assert revised.code == 0, revised
    read = seat.alone("threads", proposal)
    assert "local (agent), answers" in read.stdout
    assert "      rather not" in read.stdout

    settled = seat.alone("resolve", f"{proposal}#1", "--text", "fine", TOOLVET_TOKEN=person)
    assert "1 resolved thread" in settled.stdout
    everything = seat.alone("threads", proposal, "--all").stdout
    assert f"{proposal}#1  {name}:1  resolved, revision 1" in everything
    again = seat.alone("reopen", f"{proposal}#1", "--json", TOOLVET_TOKEN=person)
    assert json.loads(again.stdout)["blocking_threads"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("comment", "P-1", "--text", "x", "--line", "3"), 2, "usage"),
        (("comment", "P-1", "--text", "x", "--about", "beauty:x"), 2, "usage"),
        (("comment", "P-1", "--text", "x", "--about", "test:x", "--line", "1"), 2, "usage"),
        (("comment", "P-1#1", "--text", "x", "--blocking"), 2, "usage"),
        (("comment", "P-1#77", "--text", "x"), 2, "usage"),
        (("comment", "P-1", "--text", "x", "--suggest", "/nowhere/at/all"), 2, "usage"),
        (("resolve", "P-1#0"), 2, "usage"),
        (("resolve", "nothing"), 1, "thread.not_found"),
        (("threads", "P-99"), 1, "proposal.not_found"),
        (("submit", "TOOL", "--answer", "x=y"), 2, "usage"),
        (("submit", "TOOL", "--revise", "P-1", "--answer", "x"), 2, "usage"),
        (("submit", "TOOL", "--revise", "P-1", "--answer", "nothing=y"), 1, "unknown_request"),
    ],
    ids=range(12),
)
def test_words_that_do_not_go_together_are_refused(
    seat: Any, tool: Path, person: str, arguments: tuple[str, ...], code: int, word: str
) -> None:
    typed = tuple(str(tool) if one == "TOOL" else one for one in arguments)
    token = person if arguments[0] == "comment" else seat.settings.paths.token.read_text().strip()

    said = seat.alone(*typed, TOOLVET_TOKEN=token)

    assert (said.code, said.stdout) == (code, ""), said
    assert f"{word}]" in said.stderr


EVIL = "red \x1b[31m and \u202edlrow\n[bold]x[/bold]"


def thread(**words: Any) -> ThreadView:
    at = Anchor("line", EVIL, 3, 4)
    said = Said("s", EVIL, "id", "agent", EVIL, "now", 1, suggestion="", kind="flag")
    usual: dict[str, Any] = {
        "id": "t", "anchor": at, "revision": 1, "place": at, "followed": "here",
        "blocking": False, "resolved": False, "said": (said,), "quote": EVIL,
    }  # fmt: skip
    return ThreadView(**{**usual, **words})


def test_nothing_that_somebody_wrote_reaches_the_screen_unspelled() -> None:
    asked = ChangeRequest("t", "thread", EVIL, Anchor("test", EVIL, 0, 0, EVIL), EVIL, EVIL, True)
    shown = talk.threads(ReviewState("P-1", (thread(),)), everything=True)
    shown += talk.requests(ChangeRequests("P-1", 1, (asked,)))

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "<U+202E>" in shown


def test_where_a_place_went_is_said() -> None:
    lost = thread(place=Anchor(), followed="lost")
    moved = thread(place=Anchor("line", EVIL, 9, 10), followed="moved")
    shown = talk.threads(ReviewState("P-1", (lost, moved)), everything=False)

    assert "not there any more" in shown
    assert ":9-10 (moved, was " in shown


def test_silence_is_said_as_well() -> None:
    assert talk.threads(ReviewState("P-1"), everything=False) == "Nobody said anything about P-1.\n"
    assert talk.requests(ChangeRequests("P-1", 1, ())) == "Nothing is asked for in P-1.\n"
