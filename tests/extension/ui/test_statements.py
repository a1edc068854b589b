"""The page signs what it shows: a statement that says anything else is not signed."""

import base64
import json
from typing import Any

import pytest
from at_jupyter import LAB_PASSPHRASE, Desk, JupyterServer
from at_lab import review, show, tool
from playwright.sync_api import Browser, Page, Route, expect

from toolvet_reviews import canonical
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import ProposalView

OTHER = "sha256:" + "a" * 64
CHANGES: dict[str, JsonObject] = {
    "proposal": {"proposal": "P-999"},
    "base": {"base": OTHER},
    "channel": {"channel": "canary"},
    "rubric": {"rubric": {"correctness": "met"}},
    "waivers": {"waivers": ["0" * 32]},
    "policy": {"policy": OTHER},
    "tier": {"tier": "none"},
    "dossier": {"dossier": OTHER},
    "note": {"note": OTHER},
    "actor": {"actor": "01a1fea6-7933-7586-9558-aa4718fb1971"},
    "service": {"service": "01a1fea6-7933-7586-9558-aa4718fb1971"},
    "target": {"target": {"kind": "release", "id": OTHER}},
    "act": {"act": "policy:apply"},
    "verdict": {"verdict": None},
    "facts": {"facts": {"waived": True}},
    "time": {"time": "2020-01-01T00:00:00.000000Z"},
    "nonce": {"nonce": "0"},
    "checkpoint": {"checkpoint": {"size": 1, "root": "AAAA"}},
    "unknown": {"unknown": 1},
}


@pytest.fixture(scope="module")
def waiting(desk: Desk) -> ProposalView:
    return desk.submit(tool("add_signed"))


def swap(page: Page, changed: JsonObject | None = None, *, data: bytes | None = None) -> list[str]:
    """Hand the page another statement; answers what it hands in all the same."""
    handed_in: list[str] = []

    def other(route: Route) -> None:
        answer: dict[str, Any] = route.fetch().json()
        said: Any = canonical.parse(base64.b64decode(answer["statement_b64"]))
        said["predicate"] |= changed or {}
        found = canonical.dumps(said) if data is None else data
        answer["statement_b64"] = base64.b64encode(found).decode()
        route.fulfill(body=json.dumps(answer))

    def vote(route: Route) -> None:
        handed_in.append(route.request.post_data or "")
        route.abort()

    page.route("**/toolvet/statements*", other)
    page.route("**/toolvet/proposals/*/vote*", vote)
    return handed_in


def approve(page: Page, waiting: ProposalView) -> str:
    """Try to approve; answers what the page says about it."""
    document = page.locator(f"#toolvet-review-{waiting.id}")
    if document.count() == 0:
        document = review(page, waiting.id)
    document.get_by_role("button", name="Approve…").click()
    question = document.get_by_role("dialog")
    question.get_by_label("Passphrase").fill(LAB_PASSPHRASE)
    question.get_by_role("button", name="Sign and approve").click()
    said = question.get_by_role("alert").inner_text()
    page.keyboard.press("Escape")
    return said


def test_a_statement_with_any_other_field_is_not_signed(
    browser: Browser, page: Page, waiting: ProposalView, desk: Desk
) -> None:
    for name, changed in CHANGES.items():
        handed_in = swap(page, changed)
        said = approve(page, waiting)
        page.unroute_all()

        assert "act.difference" in said, name
        assert f"what is shown: {name}" in said, said
        assert handed_in == []
    assert show(desk, waiting.id).votes == ()


def test_bytes_that_are_no_canonical_statement_are_not_signed(
    page: Page, waiting: ProposalView
) -> None:
    for data in (b"", b"{}", b'{"a":1,"a":1}', b'{ "a": 1 }', b"\xff", b"[]"):
        handed_in = swap(page, data=data)
        said = approve(page, waiting)
        page.unroute_all()

        assert "Nothing was signed" in said, (data, said)
        assert handed_in == []


def test_another_subject_is_not_signed(page: Page, waiting: ProposalView, desk: Desk) -> None:
    other = desk.submit(tool("add_other"))
    assert other.release_digest is not None

    def subject(route: Route) -> None:
        answer: dict[str, Any] = route.fetch().json()
        said: Any = canonical.parse(base64.b64decode(answer["statement_b64"]))
        said["subject"][0]["digest"]["sha256"] = str(other.release_digest)[7:]
        answer["statement_b64"] = base64.b64encode(canonical.dumps(said)).decode()
        route.fulfill(body=json.dumps(answer))

    page.route("**/toolvet/statements*", subject)

    assert "what is shown: subject" in approve(page, waiting)


def test_another_key_than_the_page_named_is_not_opened(page: Page, waiting: ProposalView) -> None:
    def other_key(route: Route) -> None:
        answer: dict[str, Any] = route.fetch().json()
        answer["document"]["fingerprint"] = OTHER
        route.fulfill(body=json.dumps(answer))

    page.route("**/toolvet/key*", other_key)

    assert "key.sealed" in approve(page, waiting)


def test_a_page_whose_parts_disagree_cannot_be_approved(page: Page, waiting: ProposalView) -> None:
    def other_ballot(route: Route) -> None:
        answer: dict[str, Any] = route.fetch().json()
        answer["ballot"]["release"] = OTHER
        route.fulfill(body=json.dumps(answer))

    page.route(f"**/toolvet/proposals/{waiting.id}?*", other_ballot)
    document = review(page, waiting.id)

    expect(document.get_by_role("button", name="Approve…")).to_be_disabled()
    expect(document.get_by_role("alert")).to_contain_text("act.difference")


def test_a_session_is_opened_by_nothing_but_a_login(
    page: Page, waiting: ProposalView, lab_server: JupyterServer
) -> None:
    document = review(page, waiting.id)
    signed: list[str] = []

    def vote_instead(route: Route) -> None:
        view = lab_server.ask(f"toolvet/proposals/{waiting.id}").data
        wanted = {"act": "vote", "proposal": waiting.id, "dossier": view["ballot"]["dossier"]}
        route.fulfill(body=json.dumps(lab_server.ask("toolvet/statements", wanted).data))

    page.route("**/toolvet/statements*", vote_instead)
    page.route("**/toolvet/login*", lambda route: signed.append(route.request.post_data or ""))
    document.get_by_role("button", name="Comment…").click()
    question = document.get_by_role("dialog")
    question.get_by_label("What do you want to say?").fill("Hello.")
    question.get_by_label("Passphrase").fill(LAB_PASSPHRASE)
    question.get_by_role("button", name="Comment", exact=True).click()

    expect(question.get_by_role("alert")).to_contain_text("act.difference")
    assert signed == []
