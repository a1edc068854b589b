"""Reading in JupyterLab: the queue, the brief in its order, code, findings, and hostile words."""

import re

import pytest
from at_jupyter import Desk, JupyterServer
from at_lab import approve_outside, darken, open_lab, review, revise, show, tool
from playwright.sync_api import Page, Request, expect

from toolvet_reviews.views import ProposalView

HOSTILE = "Adds <img src=x onerror=alert(1)> **two** [numbers](http://example.org). \\u202e"
TEMPLATE = '''"""Adds."""


def add_template(left: int, right: int, layout: str = "{0}") -> str:
    """Add two numbers.

    Args:
        left: One.
        right: The other.
        layout: How to write the sum.
    """
    return layout.format(left + right)
'''


@pytest.fixture(scope="module")
def updated(desk: Desk) -> ProposalView:
    """A second version of a tool that is served."""
    approve_outside(desk, desk.submit(tool("add_updated")).id)
    return desk.submit(tool("add_updated", body="right + left  # <b>turned</b>"))


def test_the_brief_is_read_in_its_order_and_the_changes_beside_each_other(
    page: Page, updated: ProposalView
) -> None:
    item = page.locator(f".tv-QueueItem[data-id='{updated.id}']")
    expect(item).to_contain_text("update")
    expect(item.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("^correctness met, safety met")
    )

    document = review(page, updated.id)

    assert document.locator("h2").all_inner_texts() == [
        "Look at this first",
        "What it is",
        "What it may do",
        "What changed",
        "What is wrong with it",
        "What was tried on it",
        "Rubric",
        "Conversation",
    ]
    columns = document.locator(".cm-mergeView .cm-content")
    expect(columns.first).to_contain_text("left + right")
    expect(columns.last).to_contain_text("right + left  # <b>turned</b>")
    expect(columns.last.locator(".cm-changedLine")).to_have_count(1)
    document.get_by_role("button", name="One column").click()
    expect(document.locator(".cm-mergeView")).to_have_count(0)
    expect(document.locator(".cm-deletedChunk")).to_contain_text("left + right")
    document.get_by_role("button", name="One column").click()
    document.get_by_role("tab", name="tool.toml").click()
    expect(document.locator(".cm-content")).to_contain_text("add_updated")


def test_both_columns_fold_the_same_lines_beside_an_added_function(page: Page, desk: Desk) -> None:
    def helper(name: str) -> str:
        return f"\n\ndef _helper_{name}(value: int) -> int:\n    return value + 1\n"

    helpers = [helper(str(number)) for number in range(8)]
    before = tool("add_folded") + "".join(helpers)
    approve_outside(desk, desk.submit(before).id)
    after = tool("add_folded") + "".join([*helpers[:4], helper("new"), *helpers[4:]])

    document = review(page, desk.submit(after).id)

    folds = [
        document.locator(f".cm-merge-{side} .cm-collapsedLines").all_inner_texts()
        for side in ("a", "b")
    ]
    assert len(folds[0]) == 2
    assert folds[0] == folds[1]
    expect(document.locator(".cm-merge-b .cm-changedLine")).to_have_count(4)


def test_a_finding_stands_at_its_line_and_is_reached_from_the_list(page: Page, desk: Desk) -> None:
    stopped = desk.submit(TEMPLATE)
    assert stopped.state == "changes_wanted"
    document = review(page, stopped.id)

    expect(document.locator(".tv-Remark")).to_contain_text("template-from-parameter")
    document.locator("[data-key=wrong]").get_by_role("button").first.click()

    expect(document.locator(".cm-content")).to_be_focused()
    expect(document.locator(".tv-RemarkedLine")).to_contain_text("layout.format")
    expect(document.get_by_role("button", name="Approve…")).to_be_disabled()


def test_words_of_authors_are_text_and_nothing_else(page: Page, desk: Desk) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    waiting = desk.submit(tool("add_hostile", doc=HOSTILE.replace("\\u202e", "")))
    with desk.connect() as client:
        client.comment(waiting.id, "<script>alert(2)</script> \u202edlrow", "add_hostile.py", 3)

    document = review(page, waiting.id)
    with desk.connect() as client:
        client.comment(waiting.id, "said while the page was open")

    expect(document.locator("[data-key=talk]")).to_contain_text("said while the page was open")
    expect(document.locator("[data-key=is]")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(document.locator("[data-key=is]")).to_contain_text("**two** [numbers](http://")
    expect(document.locator("[data-key=talk]")).to_contain_text("<script>alert(2)</script>")
    said = document.locator(".tv-Remark").filter(has_text="<script>")
    expect(said).to_contain_text("<U+202E>dlrow")
    assert document.locator("img, script, a").count() == 0


def test_a_line_number_opens_a_comment_on_that_line(page: Page, updated: ProposalView) -> None:
    document = review(page, updated.id)

    document.locator(".cm-merge-b .cm-lineNumbers .cm-gutterElement", has_text="11").click()

    question = document.get_by_role("dialog")
    expect(question).to_contain_text("Comment on add_updated.py:11")


def test_everything_is_reached_with_the_keyboard(page: Page, updated: ProposalView) -> None:
    expect(page.locator(f".tv-QueueItem[data-id='{updated.id}']")).to_be_visible()
    expect(page.locator(".jp-Launcher")).to_be_focused()  # it takes the focus once Lab is there
    page.keyboard.press("ControlOrMeta+Shift+C")
    page.locator("#modal-command-palette input").fill("Show Tools to Review")
    page.keyboard.press("Enter")
    expect(page.locator(".tv-QueueItem:focus")).to_have_count(1)
    page.keyboard.press("End")
    page.keyboard.press("Home")
    first = page.locator(".tv-QueueItem:focus").get_attribute("data-id")
    page.keyboard.press("Enter")
    document = page.locator(f"#toolvet-review-{first}")
    expect(document.locator(".tv-Page")).to_be_visible()

    page.keyboard.press("ControlOrMeta+Shift+Enter")
    question = document.get_by_role("dialog")
    expect(question.get_by_label("Passphrase")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(question.get_by_label("Note")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()


def test_the_queue_follows_the_service_and_says_so_once(page: Page, desk: Desk) -> None:
    expect(page.locator(".tv-QueuePanel")).to_contain_text("Waiting for a decision")

    first = desk.submit(tool("add_live"))
    second = desk.submit(tool("add_alive"))

    expect(page.locator(f".tv-QueueItem[data-id='{second.id}']")).to_be_visible()
    toast = page.locator(".Toastify__toast")
    expect(toast).to_have_count(1)
    expect(toast).to_contain_text(re.compile(r"\d+ tools wait for your decision"))
    document = review(page, first.id)
    approve_outside(desk, first.id)
    expect(page.locator(f".tv-QueueItem[data-id='{first.id}']")).to_be_hidden()
    expect(document.locator(".tv-State")).to_have_text("published")


def test_open_documents_come_back_after_a_reload(page: Page, updated: ProposalView) -> None:
    def keeps_it(request: Request) -> bool:
        kept = request.post_data or ""
        return "/lab/api/workspaces/" in request.url and f"toolvet-review:{updated.id}" in kept

    with page.expect_request_finished(keeps_it):  # Lab keeps the layout a while after it changed
        review(page, updated.id)

    page.goto(page.url.split("?")[0])

    expect(page.locator(f"#toolvet-review-{updated.id} .tv-Page")).to_be_visible(timeout=20_000)


def test_the_dark_theme_is_dark_everywhere(
    page: Page, lab_server: JupyterServer, updated: ProposalView
) -> None:
    document = review(page, updated.id)
    darken(page)
    document.get_by_role("button", name="Approve…").click()

    for part in (
        ".tv-QueuePanel",
        f"#toolvet-review-{updated.id} .tv-Bar",
        f"#toolvet-review-{updated.id} .cm-editor",
        f"#toolvet-review-{updated.id} .cm-collapsedLines",
        ".tv-Ask",
        ".tv-Ask input[type=password]",
    ):
        colour = page.locator(part).first.evaluate("node => getComputedStyle(node).backgroundColor")
        channels = [float(found) for found in re.findall(r"[\d.]+", colour)[:3]]
        assert max(channels) < 110, (part, colour)
    open_lab(page, lab_server)
    page.evaluate(
        "async () => { await jupyterapp.commands.execute('apputils:change-theme',"
        " {theme: 'JupyterLab Light'}); }"
    )


def test_a_service_that_is_away_is_said_and_found_again(page: Page, desk: Desk) -> None:
    away = {"error": {"code": "service.unreachable", "message": "nothing answers", "hint": ""}}
    page.route("**/toolvet/queue*", lambda route: route.fulfill(status=503, json=away))

    page.get_by_role("button", name="Read the queue again").click()

    problem = page.locator(".tv-QueuePanel .tv-Problem")
    expect(problem).to_contain_text("nothing answers")
    page.unroute_all()
    waiting = desk.submit(tool("add_back"))
    revise(desk, waiting.id, tool("add_back", body="right + left"))
    expect(page.locator(f".tv-QueueItem[data-id='{waiting.id}']")).to_be_visible()
    expect(problem).to_be_hidden()
    assert show(desk, waiting.id).revision == 2
