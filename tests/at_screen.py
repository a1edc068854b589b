"""A person at the terminal app, driven by Textual's pilot: types, waits, reads."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from canned_desk import NOW
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from toolvet_tui.app import ToolvetApp
from toolvet_tui.bars import Banner
from toolvet_tui.desk import Desk
from toolvet_tui.held_strip import HeldStrip
from toolvet_tui.options import Options
from toolvet_tui.paper import Paper
from toolvet_tui.queue_screen import QueueScreen
from toolvet_tui.review_screen import ReviewScreen
from toolvet_tui.screens import DeskScreen
from toolvet_tui.seat import Seat

W = TypeVar("W", bound=Widget)
PATIENCE_S = 20.0


class Person:
    """Somebody at the screen."""

    def __init__(self, app: ToolvetApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Type a text, key by key: for what keys might do."""
        await self.pilot.press(*("space" if mark == " " else mark for mark in text))

    async def paste(self, text: str) -> None:
        """Paste a text where the focus is."""
        focused = self.app.screen.focused
        assert focused is not None
        focused.post_message(events.Paste(text))
        await self.pilot.pause()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def sees(self, words: str) -> None:
        """Wait until the sentence at the bottom holds some words."""
        try:
            await self.until(lambda: words in self.said)
        except TimeoutError:
            raise AssertionError(f"never saw {words!r}; the screen says {self.said!r}") from None

    async def opens(self, proposal: str) -> None:
        """Open a proposal from the queue."""
        assert isinstance(self.app.screen, QueueScreen)
        self.app.screen.open(proposal)
        await self.until(lambda: self.review.review is not None)

    @property
    def said(self) -> str:
        """The sentence at the bottom of the screen, wherever a question covers it."""
        screens = [one for one in self.app.screen_stack if isinstance(one, DeskScreen)]
        banners = [found for one in screens for found in one.query("#banner").results(Banner)]
        strips = [found for one in screens for found in one.query(HeldStrip)]
        return "\n".join(one.text for one in (*banners, *strips))

    @property
    def queue(self) -> QueueScreen:
        """The queue."""
        found = self.app.screen_stack[1]
        assert isinstance(found, QueueScreen)
        return found

    @property
    def review(self) -> ReviewScreen:
        """The open review."""
        found = [one for one in self.app.screen_stack if isinstance(one, ReviewScreen)]
        return found[-1]

    @property
    def question(self) -> str:
        """The name of the dialog on top; empty when there is none."""
        name = type(self.app.screen).__name__
        return name if name.endswith("Dialog") else ""

    def find(self, selector: str, kind: type[W]) -> W:
        """Find something on the screen on top."""
        return self.app.screen.query_one(selector, kind)

    def paper(self, name: str) -> str:
        """Read a page of the review."""
        return self.review.query_one(f"#{name}", Paper).text


@asynccontextmanager
async def seated(
    desk: Desk,
    *,
    size: tuple[int, int] = (100, 30),
    options: Options | None = None,
    ticks: Callable[[], float] | None = None,
    hold_s: float = 0.0,
) -> AsyncGenerator[Person]:
    """Sit somebody down at a desk, and wait for the queue.

    Args:
        ticks: Seconds as the countdown of held decisions sees them.
        hold_s: How long a decision is held; by default it is sent at once.
    """
    options = options or Options(clock=lambda: NOW)
    seat = Seat(desk, options, ticks or time.monotonic, hold_s=hold_s, look_s=0.0)
    app = ToolvetApp(desk, options, seat)
    async with app.run_test(size=size) as pilot:
        person = Person(app, pilot)
        await person.until(lambda: len(app.screen_stack) > 1 and person.queue.is_read)
        yield person
