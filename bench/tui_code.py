"""Code of 10,000 lines in the terminal app, against Textual's own text of the same lines."""

import asyncio
import gc
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from bench.row import Row, against, held, median
from bench.stage import Stage
from rich.console import RenderableType
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from toolvet_reviews.sides import FileChange, compare
from toolvet_tui.code import CodeView

LINES = 10_000
SIZE = (160, 50)
STARTS = 3
SCROLLS = 40


class _Timed(App[None]):
    """Notes when a frame is painted."""

    def __init__(self, content: Callable[[], Widget]) -> None:
        super().__init__()
        self._content = content
        self._began = time.perf_counter()
        self.first: float | None = None
        self.painted = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield self._content()

    def on_mount(self) -> None:
        for view in self.query(CodeView):
            view.focus()

    def _display(self, screen: Screen[None], renderable: RenderableType | None) -> None:
        # What runs when a frame is done; there is no public place for it.
        super()._display(screen, renderable)  # pyright: ignore[reportUnknownMemberType]
        if self.first is None and self.query("#what"):
            self.first = (time.perf_counter() - self._began) * 1000
        self.painted.set()


def rows(stage: Stage) -> list[Row]:
    """Paint both, scroll both; needs no service."""
    del stage
    # What the bench itself imported is no part of the app: let the collector not walk it each time.
    gc.collect()
    gc.freeze()
    change = _change()
    ours = asyncio.run(_measured(lambda: _view(change)))
    text = change.new or ""
    peer = asyncio.run(_measured(lambda: VerticalScroll(Static(text, markup=False), id="what")))
    opened = asyncio.run(_opened(change))
    what, whom = f"{LINES} lines of code in the terminal", "a Static of the same text"
    return [
        held(f"{what}, first paint", ours[0], "ms", 250.0),
        against(f"{what}, first paint", ours[0], "ms", whom, peer[0], at_most=0.5),
        against(f"{what}, scrolled 50 rows", ours[1], "ms", whom, peer[1], at_most=2.5),
        held(f"{what} side by side, painted after the key", opened.painted, "ms", 150.0),
        held(f"{what} side by side, in colours", opened.coloured, "ms", 1200.0),
        held(f"{what}, pages and changes jumped to, p95", opened.jump_p95, "ms", 40.0),
    ]


class _Opened(NamedTuple):
    painted: float
    coloured: float
    jump_p95: float


async def _opened(change: FileChange) -> _Opened:
    """Open the file in an app that runs already, as a reviewer does, and jump about in it."""
    painted: list[float] = []
    coloured: list[float] = []
    jumps: list[float] = []
    for _ in range(STARTS):
        app = _Timed(lambda: CodeView(id="what"))
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            view = app.query_one(CodeView)
            began = time.perf_counter()
            await _painted(app, partial(view.show, change))
            painted.append((time.perf_counter() - began) * 1000)
            while not view.is_coloured:
                await pilot.pause()
            coloured.append((time.perf_counter() - began) * 1000)
            for number in range(SCROLLS):
                act = view.action_page if number % 2 else view.action_change
                began = time.perf_counter()
                await _painted(app, partial(act, 1))
                jumps.append((time.perf_counter() - began) * 1000)
    return _Opened(median(painted), median(coloured), sorted(jumps)[int(len(jumps) * 0.95)])


async def _painted(app: _Timed, act: Callable[[], object]) -> None:
    """Do something, and wait for the frame that shows it."""
    app.painted.clear()
    act()
    await app.painted.wait()


async def _measured(content: Callable[[], Widget]) -> tuple[float, float]:
    """The median of first paints, and that of scrolling by a screen."""
    starts: list[float] = []
    scrolls: list[float] = []
    for _ in range(STARTS):
        app = _Timed(content)
        async with app.run_test(size=SIZE) as pilot:
            await app.workers.wait_for_complete()  # pyright: ignore[reportUnknownMemberType]
            await pilot.pause()
            starts.append(app.first or 0.0)
            scrolls += await _scrolled(app)
    return median(starts), median(scrolls)


async def _scrolled(app: _Timed) -> Sequence[float]:
    view = app.query_one("#what")
    taken: list[float] = []
    for number in range(SCROLLS):
        app.painted.clear()
        began = time.perf_counter()
        view.scroll_to(y=(number + 1) * SIZE[1], animate=False, force=True)
        await app.painted.wait()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _view(change: FileChange) -> CodeView:
    view = CodeView(id="what")
    view.show(change)
    view.action_fold_all()
    return view


def _change() -> FileChange:
    chance = random.Random(1)
    old = [
        f"    value_{number} = compute({number}, 'word')  # step"
        if number % 20
        else f"def step_{number}(value: int) -> int:"
        for number in range(LINES)
    ]
    new = [line.replace("word", "words") if chance.random() < 0.1 else line for line in old]
    files = [{"tool.py": "\n".join(lines).encode()} for lines in (old, new)]
    return compare(files[0], files[1])[0]
