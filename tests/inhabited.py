"""A house whose loop runs in a thread, for tests that speak to it as clients do: from outside."""

import asyncio
import threading
from collections.abc import Coroutine, Generator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from house import House, new_house

T = TypeVar("T")


@dataclass(frozen=True)
class Inhabited:
    """An open house, and the way into its loop."""

    house: House

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the house's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.house.services.loop).result(120)


@contextmanager
def inhabited(folder: Path, preset: str = "solo") -> Generator[Inhabited]:
    """Make a home under a folder, open it, and close it after the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    try:
        entering = stack.enter_async_context(new_house(folder, preset))
        yield Inhabited(asyncio.run_coroutine_threadsafe(entering, loop).result(180))
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
