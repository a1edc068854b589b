"""What a page can ask and say, against a real Jupyter server and a real service."""

import base64
import json
import secrets
from pathlib import Path

import pytest
from at_jupyter import ADD_SOURCE, Desk, JupyterServer, jupyter

from toolvet.client import autostart
from toolvet_reviews import digests, statements

BRIEF = ["is", "may", "changed", "wrong", "tried", "rubric", "talk"]


def source_of(name: str, summary: str = "Adds two numbers.") -> str:
    """Write a tool of another name."""
    return ADD_SOURCE.replace("add_pair", name).replace("Add two numbers.", summary)


def test_the_status_says_which_service_it_is_and_whose_key_would_sign(
    server: JupyterServer,
) -> None:
    found = server.ask("toolvet/status").data

    assert found["service"]["preset"] == "solo"
    assert (found["signer"]["name"], found["signer"]["state"]) == ("person", "active")


def test_a_proposal_opens_as_the_brief_the_files_and_what_a_vote_would_name(
    server: JupyterServer, desk: Desk
) -> None:
    view = desk.submit(source_of("opens"))

    page = server.ask(f"toolvet/proposals/{view.id}").data

    assert [section["key"] for section in page["sections"]] == BRIEF
    assert page["view"]["release_digest"] == page["ballot"]["release"] == view.release_digest
    assert page["ballot"]["subject_name"] == "default/opens"
    assert set(page["ballot"]["rubric"].values()) <= {"met", "unknown"}
    assert {file["status"] for file in page["files"]} == {"added"}
    hunk = next(file for file in page["files"] if file["path"].endswith(".py"))["hunks"][0]
    assert hunk["lines"][0]["kind"] == "+"
    assert (page["why_not"], page["why_no_signer"]) == ("", "")


def test_the_queue_comes_in_pages(server: JupyterServer, desk: Desk) -> None:
    desk.submit(source_of("first_page"))
    desk.submit(source_of("second_page"))

    first = server.ask("toolvet/queue?limit=1").data
    second = server.ask(f"toolvet/queue?limit=1&cursor={first['next']}").data

    assert len(first["items"]) == len(second["items"]) == 1
    assert first["items"] != second["items"]


def test_a_vote_that_the_page_signed_publishes(server: JupyterServer, desk: Desk) -> None:
    view = desk.submit(source_of("votes"))
    ballot = server.ask(f"toolvet/proposals/{view.id}").data["ballot"]

    envelope, words = server.sign("vote", proposal=view.id, dossier=ballot["dossier"], note="Good.")
    answer = server.ask(f"toolvet/proposals/{view.id}/vote", {"envelope": envelope, "note": words})

    assert (answer.status, answer.data["view"]["state"]) == (200, "published")
    assert [vote["voter"] for vote in answer.data["view"]["votes"]] == ["person"]
    assert answer.data["ballot"] is None


def test_a_statement_names_what_the_page_shows_and_nothing_else(
    server: JupyterServer, desk: Desk
) -> None:
    view = desk.submit(source_of("names"))
    page = server.ask(f"toolvet/proposals/{view.id}").data
    ballot = page["ballot"]
    wanted = {"act": "vote", "proposal": view.id, "dossier": ballot["dossier"], "note": "Fine."}

    found = server.ask("toolvet/statements", wanted).data
    said = statements.parse(base64.b64decode(found["statement_b64"]))

    assert said.subject == ballot["release"]
    assert said.subject_name == ballot["subject_name"]
    assert (said.proposal, said.dossier, said.base) == (view.id, ballot["dossier"], None)
    assert (said.policy, said.tier, said.rubric) == (
        ballot["policy"],
        ballot["tier"],
        ballot["rubric"],
    )
    assert (said.service, said.actor) == (ballot["service"], page["signer"]["principal"])
    assert (said.channel, said.verdict, said.waivers, said.facts) == ("stable", "approve", (), {})
    salt, text = found["words"]["salt"], found["words"]["text"]
    assert said.note == digests.commit(bytes.fromhex(salt), text.encode())


def test_a_page_that_shows_something_older_gets_no_statement(
    server: JupyterServer, desk: Desk
) -> None:
    view = desk.submit(source_of("stale"))
    wanted = {"act": "vote", "proposal": view.id, "dossier": digests.sha256(b"older")}

    answer = server.ask("toolvet/statements", wanted)

    assert (answer.status, answer.code) == (409, "proposal.changed")


def test_what_failed_opens_with_the_reason_and_without_a_ballot(
    server: JupyterServer, desk: Desk
) -> None:
    view = desk.submit(source_of("wrong").replace("left + right", "left - right"))

    page = server.ask(f"toolvet/proposals/{view.id}").data
    answer = server.ask(
        "toolvet/statements", {"act": "vote", "proposal": view.id, "dossier": "sha256:0"}
    )

    assert page["ballot"] is None
    assert page["why_not"]
    assert (answer.status, answer.code) == (409, "proposal.changed")


def test_words_need_a_session_and_bear_the_name_of_the_person(
    server: JupyterServer, desk: Desk
) -> None:
    view = desk.submit(source_of("words"))
    path = f"toolvet/proposals/{view.id}/comment"
    said = {"text": "Why so?", "path": "words.py", "line": 4}

    nobody = server.ask(path, said)
    stranger = server.ask(path, said, session="tv_made_up")
    person = server.ask(path, said, session=server.log_in())

    assert (nobody.status, nobody.code) == (401, "lab.session")
    assert (stranger.status, stranger.code) == (401, "auth.token")
    comment = person.data["view"]["comments"][-1]
    assert (comment["author"], comment["author_kind"], comment["line"]) == ("person", "human", 4)


def test_changes_are_requested_in_a_session_only_and_never_without_words(
    server: JupyterServer, desk: Desk
) -> None:
    view = desk.submit(source_of("changes"))
    path = f"toolvet/proposals/{view.id}/request-changes"
    session = server.log_in()

    agent = server.ask(path, {"digest": view.revision_digest, "note": "Rename it."})
    silent = server.ask(path, {"digest": view.revision_digest, "note": " "}, session=session)
    done = server.ask(path, {"digest": view.revision_digest, "note": "Rename it."}, session=session)

    assert agent.status == 403
    assert (silent.status, silent.code) == (409, "decide.words_needed")
    assert (done.status, done.data["view"]["state"]) == (200, "changes_wanted")


def test_rejecting_another_revision_than_the_newest_is_refused(
    server: JupyterServer, desk: Desk
) -> None:
    view = desk.submit(source_of("rejects"))
    path = f"toolvet/proposals/{view.id}/reject"
    session = server.log_in()

    stale = server.ask(path, {"digest": digests.sha256(b"x"), "note": "No."}, session=session)
    done = server.ask(path, {"digest": view.revision_digest, "note": "No."}, session=session)

    assert stale.status == 409
    assert done.data["view"]["state"] == "rejected"


def test_an_error_of_the_service_keeps_its_code_status_and_hint(server: JupyterServer) -> None:
    answer = server.ask("toolvet/proposals/P-999")

    assert (answer.status, answer.code) == (404, "proposal.not_found")
    assert answer.data["error"]["hint"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"act": "vote", "force": True}, 422),
        ({"act": "everything"}, 422),
        ({"act": 1}, 422),
        ({}, 422),
        ([], 422),
        ({"act": "login", "note": "x" * 600_000}, 422),
    ],
)
def test_a_request_of_another_shape_is_refused(
    server: JupyterServer, body: object, status: int
) -> None:
    answer = server.ask("toolvet/statements", body)

    assert (answer.status, answer.code) == (status, "request.invalid")


def test_what_is_no_proposal_is_no_route(server: JupyterServer) -> None:
    for name in ("..%2f..%2fservice", "P-0", "P-1x", "p-1"):
        assert server.ask(f"toolvet/proposals/{name}").status == 404


def test_hidden_characters_arrive_spelled_out(server: JupyterServer, desk: Desk) -> None:
    view = desk.submit(source_of("hidden", "Adds \u202e<img src=x onerror=alert(1)>."))

    page = server.ask(f"toolvet/proposals/{view.id}").data

    shown = json.dumps([page["sections"], page["files"]])
    assert "\\u202e" not in shown
    assert "<U+202E>" in shown


def test_a_service_that_sleeps_is_started_by_the_next_look(
    server: JupyterServer, desk: Desk
) -> None:
    autostart.stop(desk.settings)

    assert server.ask("toolvet/queue").status == 200


def test_without_a_key_of_its_person_a_server_says_so_and_shows_the_rest(
    desk: Desk, tmp_path: Path
) -> None:
    stranger = Desk(desk.settings, {**desk.env, "TOOLVET_CONFIG": str(tmp_path / "elsewhere")})
    with jupyter(stranger, tmp_path) as server:
        status = server.ask("toolvet/status")
        key = server.ask("toolvet/key")
        queue = server.ask("toolvet/queue")

    assert (status.data["signer"], queue.status) == (None, 200)
    assert "no key on this machine" in status.data["why_no_signer"]
    assert (key.status, key.code) == (403, "key.none")


def test_a_token_that_the_server_was_started_with_decides_nothing(
    desk: Desk, server: JupyterServer, tmp_path: Path
) -> None:
    view = desk.submit(source_of("borrowed"))
    lent = Desk(desk.settings, {**desk.env, "TOOLVET_TOKEN": server.log_in()})
    with jupyter(lent, tmp_path) as other:
        body = {"digest": view.revision_digest, "note": "Not good."}
        answer = other.ask(f"toolvet/proposals/{view.id}/reject", body)

    assert (answer.status, answer.code) == (401, "lab.session")


def test_the_server_writes_no_secret_into_its_log(server: JupyterServer) -> None:
    session = server.log_in()
    server.ask("toolvet/queue", session=session)
    server.ask("toolvet/queue", session=secrets.token_hex(8))

    assert session not in server.log
    assert "sealed" not in server.log
