"""The review document in the browser: opened and painted, beside a file in Lab's own editor."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.row import Row, against, held, median
from bench.stage import Stage, free_port
from playwright.sync_api import Browser, Page, sync_playwright

import toolvet_jupyter
from toolvet_jupyter.launch import LABEXTENSION
from toolvet_reviews.values import JsonObject

CHROMIUM = shutil.which("chromium") or "chromium"
OPENED = 7
LOADED = 8
PATIENCE_S = 90.0

_THERE = "() => Boolean(window.jupyterapp)"
_READY = """async () => {
    await window.jupyterapp.started;
    await window.jupyterapp.restored;
    return performance.now();
}"""
_OPEN = """async ([command, args, painted]) => {
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    const began = performance.now();
    const widget = await jupyterapp.commands.execute(command, args);
    while (!document.querySelector(painted)) await frame();
    await frame();
    const taken = performance.now() - began;
    widget.dispose();
    await frame();
    return taken;
}"""


def rows(stage: Stage) -> list[Row]:
    """Open a changed tool, and a file of the same text; load Lab with and without the extension."""
    proposal = _waiting(stage)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(_lab(stage, folder / "with", extended=True))
        bare = stack.enter_context(_lab(stage, folder / "without", extended=False))
        (folder / "with" / "work" / "tool.py").write_text(_source("first"), encoding="utf-8")
        playwright = stack.enter_context(sync_playwright())
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        stack.callback(browser.close)
        with_it, without = _loaded(browser, ours, bare)
        first, document, editor = _opened(browser, ours, proposal)
    return [
        held("a review document opens, the first in a page", first, "ms", 600.0),
        held("a review document opens", document, "ms", 600.0),
        against("a review document opens", document, "ms", "Lab's editor", editor, at_most=5.0),
        against("Lab's page is ready", with_it, "ms", "without ours", without, at_most=1.2),
        held("Lab's page is slowed by", max(0.0, with_it - without), "ms", 150.0),
    ]


def _opened(browser: Browser, url: str, proposal: str) -> tuple[float, float, float]:
    review = ("toolvet:open", {"id": proposal}, f"#toolvet-review-{proposal} .tv-Code .cm-line")
    peer = ("docmanager:open", {"path": "tool.py", "factory": "Editor"}, ".jp-FileEditor .cm-line")
    with _page(browser, url) as (page, _):
        first = float(page.evaluate(_OPEN, review))
        page.evaluate(_OPEN, peer)
        taken = [
            (float(page.evaluate(_OPEN, review)), float(page.evaluate(_OPEN, peer)))
            for _ in range(OPENED)
        ]
    return first, median([ours for ours, _ in taken]), median([theirs for _, theirs in taken])


def _loaded(browser: Browser, ours: str, bare: str) -> tuple[float, float]:
    """Load both in turn, each by somebody who was never here; the first load warms up."""
    taken: dict[str, list[float]] = {ours: [], bare: []}
    for _ in range(LOADED + 1):
        for url in taken:
            with _page(browser, url) as (_, ready):
                taken[url].append(ready)
    return median(taken[ours][1:]), median(taken[bare][1:])


@contextmanager
def _page(browser: Browser, url: str) -> Generator[tuple[Page, float]]:
    """Open Lab in a fresh context; answers when it was ready, milliseconds after it was asked."""
    context = browser.new_context(viewport={"width": 1440, "height": 960})
    try:
        page = context.new_page()
        page.goto(url)
        page.wait_for_function(_THERE)  # a function that awaits would be true at once
        yield page, float(page.evaluate(_READY))
    finally:
        context.close()


@contextmanager
def _lab(stage: Stage, folder: Path, *, extended: bool) -> Generator[str]:
    package, port = Path(toolvet_jupyter.__file__).parent, free_port()
    (folder / "work").mkdir(parents=True)
    options: list[str] = []
    if extended and (package / "labextension").is_dir():  # of this checkout
        place = folder / "labextensions" / LABEXTENSION
        place.parent.mkdir(parents=True)
        place.symlink_to(package / "labextension", target_is_directory=True)
        options.append(f"--LabServerApp.extra_labextensions_path={folder / 'labextensions'}")
    if not extended:
        (folder / "config" / "labconfig").mkdir(parents=True)
        disabled = json.dumps({"disabledExtensions": {LABEXTENSION: True}})
        (folder / "config" / "labconfig" / "page_config.json").write_text(disabled)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=bench", f"--ServerApp.root_dir={folder / 'work'}"),
        *("--LabApp.expose_app_in_browser=True", *options),
        f"--ServerApp.jpserver_extensions=toolvet_jupyter={extended}",
    ]
    env = {
        **os.environ,
        **stage.environment,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_CONFIG_PATH": str(package / "defaults"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
    }
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api", process)
        yield f"http://127.0.0.1:{port}/lab?reset&token=bench"
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _waiting(stage: Stage) -> str:
    """Publish a tool of some 200 lines, and submit it again with every tenth line changed."""
    examples: list[JsonObject] = [{"arguments": {"value": 1}, "result": 2}]
    stage.publish(_source("first"), examples)
    return stage.verified(_source("second"), examples).id


def _source(word: str) -> str:
    steps = [
        f'    notes.append("step {number}: {word if number % 10 == 0 else "same"}")'
        for number in range(180)
    ]
    return "\n".join(
        [
            '"""Adds one."""',
            "",
            "",
            "def open_me(value: int) -> int:",
            '    """Add one to a number.',
            "",
            "    Args:",
            "        value: Any number.",
            '    """',
            "    notes: list[str] = []",
            *steps,
            "    return value + len(notes) - 179",
            "",
        ]
    )
