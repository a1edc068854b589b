"""Requests read strictly: canonical JSON rules for every body, and a cap on its bytes."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toolvet.errors import ToolvetError
from toolvet.http.errors import render
from toolvet_reviews import canonical

MAX_BODY = 8 * 1024 * 1024
MAX_DEPTH = canonical.MAX_DEPTH + 4
"""A body wraps what it carries; the engine holds the carried value to its own depth."""


class BodyTooLargeError(ToolvetError):
    """More bytes than any request needs."""

    code = "http.too_large"
    status = 413
    hint = "Leave out what the tool does not need; a caller passes large data as a File."


class StrictRequest(Request):
    """A request whose JSON has no second reading: no duplicate keys, NaN or lone surrogates."""

    async def json(self) -> Any:  # noqa: ANN401, RUF100
        """Read the body by the rules of the domain."""
        return canonical.parse(await self.body(), max_depth=MAX_DEPTH, max_bytes=MAX_BODY)


class StrictRoute(APIRoute):
    """A route whose handler receives a `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await original(StrictRequest(request.scope, request.receive))

        return handle


class BodyCap:
    """Refuses bodies over the cap, before and while they are read."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY) -> None:
        self._app = app
        self._max = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        if _declared(scope) > self._max:
            await render(self._refusal())(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max:
                raise self._refusal()
            return message

        await self._app(scope, counted, send)

    def _refusal(self) -> BodyTooLargeError:
        return BodyTooLargeError(f"a request has at most {self._max} bytes")


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 18:
            return int(value)
    return 0
