"""JupyterLab with the extension in a real browser, before a real service: what its tests look at."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from at_jupyter import ADD_EXAMPLES, ADD_SOURCE, Desk, JupyterServer, jupyter
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

import toolvet_jupyter
from toolvet.client import shown
from toolvet.client.acts import Pen
from toolvet_jupyter.launch import LABEXTENSION
from toolvet_reviews.views import ProposalView

CHROMIUM = shutil.which("chromium") or ""
PACKAGE = Path(toolvet_jupyter.__file__).parent
BUILT = PACKAGE / "labextension"
"""Of this checkout; not there when the package was installed from a wheel."""
WIDE: ViewportSize = {"width": 1440, "height": 960}
PATIENCE_MS = 60_000
"""How long a page may take on a machine that is busy with other tests."""
expect.set_options(timeout=PATIENCE_MS)
_THERE = "() => Boolean(window.jupyterapp)"
_READY = """async () => {
    await window.jupyterapp.started;
    await window.jupyterapp.restored;
}"""
_DARK = "async () => await window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"


@contextmanager
def lab(desk: Desk, folder: Path) -> Generator[JupyterServer]:
    """Run JupyterLab as `toolvet lab` would, apart from everything else of this user."""
    seat = replace(desk, env={**desk.env, "JUPYTER_CONFIG_PATH": str(PACKAGE / "defaults")})
    options = ["--LabApp.expose_app_in_browser=True", "--ToolvetExtension.show_queue=True"]
    if BUILT.is_dir():
        place = folder / "labextensions" / LABEXTENSION
        place.parent.mkdir(parents=True)
        place.symlink_to(BUILT, target_is_directory=True)
        options.append(f"--LabServerApp.extra_labextensions_path={folder / 'labextensions'}")
    with jupyter(seat, folder, *options, program="jupyterlab") as server:
        yield server


@contextmanager
def chromium() -> Generator[Browser]:
    """Run Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def browsing(
    browser: Browser, server: JupyterServer, *, size: ViewportSize = WIDE
) -> Generator[Page]:
    """Open Lab as somebody who was never here, and wait until it is ready."""
    context = browser.new_context(viewport=size, locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = context.new_page()
        open_lab(page, server)
        yield page
    finally:
        context.close()


def open_lab(page: Page, server: JupyterServer) -> None:
    """Load Lab afresh in its own workspace."""
    page.goto(f"{server.url}/lab?reset&token={server.token}")
    page.wait_for_function(_THERE)  # a function that awaits would be true at once
    page.evaluate(_READY)
    expect(page.locator("#toolvet-queue .tv-QueueHead")).to_be_visible()


def tool(name: str, doc: str = "Add two numbers.", body: str = "left + right") -> str:
    """Write a small tool; its example is `ADD_EXAMPLES`."""
    said = ADD_SOURCE.replace("add_pair", name).replace("Add two numbers.", doc)
    return said.replace("return left + right", f"return {body}")


def revise(desk: Desk, proposal: str, source: str) -> ProposalView:
    """Hand in another source as the author, and wait for the verdict."""
    with desk.connect() as client:
        view = client.revise_inline(proposal, source, ADD_EXAMPLES)
        while view.state == "verifying":
            view = client.wait(view.id)
        return view


def show(desk: Desk, proposal: str) -> ProposalView:
    """Ask the service itself."""
    with desk.connect() as client:
        return client.show(proposal)


def darken(page: Page) -> None:
    """Change to Lab's dark theme."""
    page.evaluate(_DARK)
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")


def review(page: Page, proposal: str) -> Locator:
    """Open a proposal from the sidebar and wait until its code is painted."""
    page.locator(f".tv-QueueItem[data-id='{proposal}']").click()
    document = page.locator(f"#toolvet-review-{proposal}")
    expect(document.locator(".tv-Code .cm-content").last).to_be_visible()
    return document


def approve_outside(desk: Desk, proposal: str) -> ProposalView:
    """Approve as a person does at another seat."""
    with desk.connect() as client:
        service, key = client.service(), desk.person_key()
        owner = client.key_owner(key.fingerprint).principal
        vote = Pen(service, key, owner).vote(shown.fetch(client, service, proposal))
        return client.vote(proposal, vote)


def submit_folder(desk: Desk, folder: Path, **changed: str) -> ProposalView:
    """Submit a bundle of the gallery as the local agent, some files as given, and wait."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    files |= {name: text.encode() for name, text in changed.items()}
    with desk.connect() as client:
        view = client.submit(files)
        while view.state == "verifying":
            view = client.wait(view.id)
        return view
