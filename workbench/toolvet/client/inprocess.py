"""A transport into an application in this process: how tests and notebooks mount the service."""

import asyncio
import queue
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

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
        self._app = app
        self._streams: set[_Stream] = set()
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
        """Read an answer line by line, as the application sends it."""
        stream = _Stream(self._app, path, headers)
        self._streams.add(stream)
        task = asyncio.run_coroutine_threadsafe(stream.run(), self._loop)
        rest = b""
        try:
            for part in stream.parts():
                *whole, rest = (rest + part).split(b"\n")
                yield from whole
            if rest:
                yield rest
        finally:
            self._streams.discard(stream)
            task.cancel()

    def again(self) -> "InProcessTransport":
        """Make another one to the same application, for a long answer beside the short ones."""
        return InProcessTransport(self._app, self._loop)

    def close(self) -> None:
        """End what is being streamed, and the loop, if it is ours."""
        for stream in tuple(self._streams):
            stream.end()
        if self._own:
            self._own.stop()


class _Stream:
    """One streamed GET: httpx's own transport would wait for the end of it."""

    def __init__(self, app: Any, path: str, headers: Mapping[str, str]) -> None:  # noqa: ANN401, RUF100
        self._app = app
        self._streams: set[_Stream] = set()
        self._parts: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        where, _, query = path.partition("?")
        self._scope: dict[str, object] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": unquote(where),
            "raw_path": where.encode("ascii"),
            "query_string": query.encode("ascii"),
            "root_path": "",
            "headers": [
                (b"host", b"localhost"),
                *((name.lower().encode(), value.encode()) for name, value in headers.items()),
            ],
            "server": ("localhost", 80),
            "client": ("localhost", 0),
        }
        self._asked = False

    async def run(self) -> None:
        """Let the application answer."""
        try:
            await self._app(self._scope, self._receive, self._send)
        finally:
            self._parts.put(None)

    def parts(self) -> Iterator[bytes]:
        """Give what was sent, as it comes."""
        while (part := self._parts.get(timeout=TIMEOUT_S)) is not None:
            yield part

    def end(self) -> None:
        """Let the reader go, from any thread."""
        self._parts.put(None)

    async def _receive(self) -> dict[str, object]:
        if self._asked:
            await asyncio.Event().wait()  # the reader leaves by cancelling
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body" and message.get("body"):
            self._parts.put(message["body"])


class _LoopThread:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
