"""Blocking work beside the event loop: the client waits in threads, the server never."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from toolvet.config import Settings

if TYPE_CHECKING:
    from toolvet_jupyter.sitting import Sitting

T = TypeVar("T")

THREADS = 8
"""Requests under way at once; the others wait for their turn."""


class Pool:
    """Runs what a request asks for, each with a connection of its own.

    Args:
        settings: Which home or service; read once when the server starts.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="toolvet")

    async def run(self, session: str, work: "Callable[[Sitting], T]") -> T:
        """Do something at the service.

        Args:
            session: Token of the page's session; empty when it has none.
            work: Blocking.

        Raises:
            ToolvetError: As the client, or the service, said.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._sit, session, work)

    def _sit(self, session: str, work: "Callable[[Sitting], T]") -> T:
        # Here, not above: a server that nobody asks starts without the client.
        from toolvet_jupyter.sitting import sitting  # noqa: PLC0415

        with sitting(self.settings, session) as at:
            return work(at)

    def close(self) -> None:
        """Take no more; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
