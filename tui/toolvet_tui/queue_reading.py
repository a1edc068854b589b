"""Reading the queue, page by page, while it is looked at and changed by others."""

import asyncio
from functools import partial
from importlib import import_module
from typing import ClassVar

from textual import work

from toolvet.client.queues import Order, Whose
from toolvet_reviews.views import QueueItem
from toolvet_tui.current_screen import CurrentScreen
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.seat import Seat

MOST = 2000
"""Items read without being asked for; the end of the list reads as many again."""
EVERYTHING = 10_000
"""Items read when something is looked for: what is not read cannot be found."""
AT_ONCE_S = 0.5
"""A reading that takes longer is followed by a rest of its own length before the next one."""
LONGEST_REST_S = 10.0
_SOON = ("toolvet_tui.review_screen", "toolvet.client.review")
_ABOUT_PROPOSALS = ("proposal:", "revision:", "vote:", "comment:", "release:", "draft:", "policy:")
_ABOUT_TALK = ("thread:", "objection:", "case:")


class QueueReading(CurrentScreen):
    """Keeps the queue as it is at the service."""

    ABOUT: ClassVar[tuple[str, ...]] = _ABOUT_PROPOSALS + _ABOUT_TALK

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.order: Order = "rank"
        self.whose: Whose = "everybody"
        self._next: str | None = None
        self._wanted = MOST
        self._is_read = False
        self._is_stale = False
        self._is_reading = False
        self._view = 0

    # --- what the screen gives ----------------------------------------------------------------

    def show_items(self, items: list[QueueItem]) -> None:
        """Show what was read."""
        raise NotImplementedError

    # --- reading ------------------------------------------------------------------------------

    @property
    def is_read(self) -> bool:
        """Whether the queue was read at least once."""
        return self._is_read

    @property
    def is_whole(self) -> bool:
        """Whether everything was read."""
        return self._next is None

    def read(self) -> None:
        """Read the queue; asked for while it is read, it is read once more."""
        self._is_stale = True
        if not self._is_reading:
            self._is_reading = True
            self._read_on()

    def read_view(self, order: Order, whose: Whose) -> None:
        """Show another view; what is being read of the last one is let go."""
        self.order, self.whose = order, whose
        self._view += 1
        self._wanted = MOST
        self.read()

    def read_more(self, up_to: int) -> None:
        """Read on, if there is more."""
        if self._next is not None and up_to > self._wanted:
            self._wanted = up_to
            self.read()

    @work(group="queue")
    async def _read_on(self) -> None:
        try:
            while self._is_stale:
                self._is_stale = False
                began = self.seat.ticks()
                with telling(self.banner.tell):
                    await self._read_pages()
                took = self.seat.ticks() - began
                if self._is_stale and took > AT_ONCE_S:
                    await asyncio.sleep(min(LONGEST_REST_S, took))
        finally:
            self._is_reading = False
        with telling(self.banner.tell):
            for module in _SOON:  # while nobody waits for it
                await in_thread(partial(import_module, module))

    async def _read_pages(self) -> None:
        items: list[QueueItem] = []
        cursor: str | None = None
        view, is_first = self._view, not self._is_read
        ask = partial(self.desk.queue, order=self.order, whose=self.whose)
        while True:
            page = await in_thread(lambda at=cursor: ask(at))
            if view != self._view:
                return
            items += page.items
            cursor = page.next
            is_over = cursor is None or len(items) >= self._wanted
            if is_over or is_first:
                self._is_read, self._next = True, cursor
                self.seat.settled.clear()
                self.show_items(items)
            if is_over:
                return
