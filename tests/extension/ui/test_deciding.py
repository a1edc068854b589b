"""Deciding in JupyterLab: what is signed is what is shown, and done is what the service said."""

import json

from at_jupyter import LAB_PASSPHRASE, Desk
from at_lab import review, revise, show, tool
from playwright.sync_api import Locator, Page, expect


def ask_to_approve(document: Locator) -> Locator:
    document.get_by_role("button", name="Approve…").click()
    question = document.get_by_role("dialog")
    expect(question).to_be_visible()
    return question


def test_a_passphrase_in_the_page_publishes_at_the_service(page: Page, desk: Desk) -> None:
    waiting = desk.submit(tool("add_one"))
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(f"{asked.url} {asked.post_data}"))
    document = review(page, waiting.id)

    question = ask_to_approve(document)
    expect(question).to_contain_text(str(waiting.release_digest))
    page.keyboard.type(LAB_PASSPHRASE)
    page.keyboard.press("Enter")

    expect(document.locator(".tv-Outcome")).to_contain_text("default/add_one is published")
    view = show(desk, waiting.id)
    assert view.state == "published"
    assert [vote.voter for vote in view.votes] == ["person"]
    assert any("envelope" in asked for asked in sent)
    assert not any(LAB_PASSPHRASE in asked for asked in sent)


def test_a_note_goes_out_with_the_vote(page: Page, desk: Desk) -> None:
    waiting = desk.submit(tool("add_two"))
    question = ask_to_approve(review(page, waiting.id))

    question.get_by_label("Note").fill("Looked at it with care: “fine” ✓.")
    question.get_by_label("Passphrase").fill(LAB_PASSPHRASE)
    question.get_by_role("button", name="Sign and approve").click()

    expect(page.locator(".tv-Outcome:visible")).to_be_visible()
    assert show(desk, waiting.id).state == "published"
    with desk.connect() as client:
        kept = [json.dumps(entry, ensure_ascii=False) for entry in client.audit_entries()]
    assert any("Looked at it with care: “fine” ✓." in entry for entry in kept)


def test_a_wrong_passphrase_signs_nothing_and_may_be_typed_again(page: Page, desk: Desk) -> None:
    waiting = desk.submit(tool("add_three"))
    document = review(page, waiting.id)
    question = ask_to_approve(document)

    page.keyboard.type("made up by somebody")
    page.keyboard.press("Enter")

    expect(question.get_by_role("alert")).to_contain_text("key.passphrase")
    expect(question.get_by_label("Passphrase")).to_have_value("")
    expect(question.get_by_label("Passphrase")).to_be_focused()
    assert show(desk, waiting.id).votes == ()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(document.get_by_role("button", name="Approve…")).to_be_focused()


def test_changes_are_requested_with_words_and_a_session_of_the_person(
    page: Page, desk: Desk
) -> None:
    waiting = desk.submit(tool("add_four"))
    document = review(page, waiting.id)

    document.get_by_role("button", name="Request changes…").click()
    question = document.get_by_role("dialog")
    question.get_by_role("button", name="Give it back").click()
    expect(question).to_be_visible()  # words are required
    question.get_by_label("What would have to change?").fill("Say what <i>left</i> is.")
    question.get_by_label("Passphrase").fill(LAB_PASSPHRASE)
    question.get_by_role("button", name="Give it back").click()

    expect(document.locator(".tv-Outcome")).to_contain_text("back with its author")
    view = show(desk, waiting.id)
    assert (view.state, view.reason) == ("changes_wanted", "Say what <i>left</i> is.")
    document.get_by_role("button", name="Comment…").click()
    expect(question.get_by_label("Passphrase")).to_be_hidden()  # the session is open
    question.get_by_label("What do you want to say?").fill("And thank you.")
    question.get_by_role("button", name="Comment", exact=True).click()
    expect(document.locator("[data-key=talk]")).to_contain_text("And thank you.")
    assert show(desk, waiting.id).comments[-1].author == "person"
    document.get_by_role("button", name="Lock").click()
    expect(document.get_by_role("button", name="Lock")).to_be_hidden()


def test_a_rejected_tool_is_closed(page: Page, desk: Desk) -> None:
    waiting = desk.submit(tool("add_five"))
    document = review(page, waiting.id)

    document.get_by_role("button", name="Reject…").click()
    question = document.get_by_role("dialog")
    question.get_by_label("Why is it rejected?").fill("We have one.")
    question.get_by_label("Passphrase").fill(LAB_PASSPHRASE)
    question.get_by_role("button", name="Reject", exact=True).click()

    expect(document.locator(".tv-Outcome")).to_contain_text("is rejected")
    expect(document.get_by_role("button", name="Approve…")).to_be_disabled()
    assert show(desk, waiting.id).state == "rejected"


def test_a_page_that_is_not_the_newest_decides_nothing(page: Page, desk: Desk) -> None:
    waiting = desk.submit(tool("add_six"))
    document = review(page, waiting.id)

    revise(desk, waiting.id, tool("add_six", body="right + left"))

    expect(document.locator(".tv-Notice")).to_contain_text("a newer revision")
    expect(document.get_by_role("button", name="Approve…")).to_be_disabled()
    expect(document.get_by_role("button", name="Reject…")).to_be_disabled()
    document.get_by_role("button", name="Show the newer one").click()
    expect(document.locator(".cm-content").last).to_contain_text("right + left")
    expect(document.get_by_role("button", name="Approve…")).to_be_enabled()


def test_a_revision_that_comes_while_the_question_is_open_is_not_approved(
    page: Page, desk: Desk
) -> None:
    waiting = desk.submit(tool("add_seven"))
    document = review(page, waiting.id)
    question = ask_to_approve(document)

    revise(desk, waiting.id, tool("add_seven", body="right + left"))
    question.get_by_label("Passphrase").fill(LAB_PASSPHRASE)
    question.get_by_role("button", name="Sign and approve").click()

    expect(question).to_be_hidden()
    expect(document.locator(".tv-Notice")).to_contain_text("a newer revision")
    expect(document.get_by_role("alert")).to_contain_text("proposal.changed")
    view = show(desk, waiting.id)
    assert (view.state, view.votes) == ("reviewing", ())


def test_a_service_that_refuses_is_quoted_and_nothing_is_called_done(
    page: Page, desk: Desk
) -> None:
    waiting = desk.submit(tool("add_eight"))
    document = review(page, waiting.id)
    answer = {"error": {"code": "store.busy", "message": "the store is busy", "hint": "Wait."}}
    page.route(
        "**/toolvet/proposals/*/vote*",
        lambda route: route.fulfill(status=503, body=json.dumps(answer)),
    )
    question = ask_to_approve(document)

    question.get_by_label("Passphrase").fill(LAB_PASSPHRASE)
    question.get_by_role("button", name="Sign and approve").click()

    expect(question.get_by_role("alert")).to_contain_text("the store is busy")
    expect(question.get_by_role("alert")).to_contain_text("store.busy")
    expect(document.locator(".tv-Outcome")).to_be_hidden()
