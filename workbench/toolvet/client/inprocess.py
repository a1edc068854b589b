"""A transport into an application in this process: how tests and notebooks mount the service."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from toolvet.client.transport import TIMEOUT_S, Answer


class InProcessTransport:
    """Runs requests of a synchronous client on the application's event loop.

    Args:
        app: ASGI application.
        loop: Where the application lives, running in another thread; None starts one.
    """

    address = "in-process"

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop | None = None) -> None:  # noqa: ANN401, RUF100
        self._asgi = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._own = None if loop else _LoopThread()
        self._loop = loop or (self._own.loop if self._own else asyncio.new_event_loop())

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Send a request and read the whole answer."""
        request = httpx.Request(
            method, "http://localhost" + path, headers=dict(headers), content=body
        )
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop).result(TIMEOUT_S)

    async def _answer(self, request: httpx.Request) -> Answer:
        response = await self._asgi.handle_async_request(request)
        return Answer(response.status_code, await response.aread())

    def lines(self, path: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        """Read an answer line by line; here it is held whole."""
        yield from self.request("GET", path, headers, None).body.splitlines(keepends=True)

    def close(self) -> None:
        """End the loop, if it is ours."""
        if self._own:
            self._own.stop()


class _LoopThread:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
