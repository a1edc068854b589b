"""`python docs/pictures/make_lab.py`: the queue and a review document in JupyterLab, as PNG files.

A home of its own, the tools of the gallery, a real service, Lab and Chromium; light and dark.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "journeys")]

from at_jupyter import Desk, seated  # noqa: E402
from at_lab import (  # noqa: E402
    approve_outside,
    browsing,
    chromium,
    darken,
    lab,
    review,
    submit_folder,
)
from playwright.sync_api import Page, ViewportSize  # noqa: E402

HERE = Path(__file__).parent
GALLERY = ROOT / "examples"
SIZE: ViewportSize = {"width": 1280, "height": 860}

SUMMARY = "log_error_summary.py"
EDITS = (
    (
        "errors_not_listed=tally.errors - sum(entry.count for entry in listed),",
        "errors_not_listed=_unlisted(tally, listed),",
    ),
    (
        "def normalised(message: str)",
        "def _unlisted(tally: _Tally, listed: list[ErrorPattern]) -> int:\n"
        '    """Count the errors of patterns that are not listed."""\n'
        "    return tally.errors - sum(entry.count for entry in listed)\n\n\n"
        "def normalised(message: str)",
    ),
)


def main() -> None:
    """Make the pictures."""
    with tempfile.TemporaryDirectory(prefix="toolvet-pictures-") as away:
        folder = Path(away)
        with seated(folder / "service") as desk:
            proposal = furnish(desk)
            (folder / "lab").mkdir()
            with (
                lab(desk, folder / "lab") as server,
                chromium() as browser,
                browsing(browser, server, size=SIZE) as page,
            ):
                picture(page, proposal)


def furnish(desk: Desk) -> str:
    """Fill the queue; answers the update of a tool that is served already."""
    summary = GALLERY / "log_error_summary"
    approve_outside(desk, submit_folder(desk, summary).id)
    text = (summary / SUMMARY).read_text(encoding="utf-8")
    for old, new in EDITS:
        text = text.replace(old, new)
    update = submit_folder(desk, summary, **{SUMMARY: text})
    submit_folder(desk, GALLERY / "customer_records_repair")
    submit_folder(desk, GALLERY / "invoice_batch_generate")
    submit_folder(desk, GALLERY / "stopped" / "ticket_export")
    return update.id


def picture(page: Page, proposal: str) -> None:
    """Take them: the document from its top, its changes, and the question before an approval."""
    document = review(page, proposal)
    launcher = page.get_by_role("tab", name="Launcher")
    if launcher.count():  # Lab opens it only where nothing was open yet
        launcher.locator(".lm-TabBar-tabCloseIcon").click()
    for theme in ("light", "dark"):
        if theme == "dark":
            darken(page)
        document.locator(".tv-Bar").scroll_into_view_if_needed()
        document.evaluate("node => node.querySelector('.tv-Document').scrollTo(0, 0)")
        page.screenshot(path=HERE / f"lab-review-{theme}.png")
        document.evaluate(
            "node => node.querySelector('[data-key=changed]').scrollIntoView({block: 'start'})"
        )
        document.evaluate("node => node.querySelector('.tv-Document').scrollBy(0, -64)")
        page.screenshot(path=HERE / f"lab-changes-{theme}.png")
        document.get_by_role("button", name="Approve…").click()
        page.screenshot(path=HERE / f"lab-approve-{theme}.png")
        page.keyboard.press("Escape")


if __name__ == "__main__":
    main()
