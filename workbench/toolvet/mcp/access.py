"""Who is at the door of `/mcp`: the bearer token is checked on every request, in both eras.

A token is a secret of this service and stored hashed, so one made for another service is unknown
here: its audience is checked by its existence. There is no OAuth server to name, so the challenge
carries no `resource_metadata`; it says in words what to do.
"""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from mcp.server import ServerRequestContext
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_REQUEST
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from toolvet.engine.authenticate import authenticate
from toolvet.engine.services import Services
from toolvet.errors import KNOWN, ToolvetError, UnauthenticatedError
from toolvet.mcp.results import error_object
from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError, ReviewError
from toolvet_reviews.principals import Caller

NOT_CANONICAL = "toolvet.not_canonical"
"""Key in the ASGI scope: why the body has no canonical form, when it has none."""


class CallerUser(AuthenticatedUser):
    """What the SDK knows of a caller.

    The SDK binds a handshake-era session, and the state of a question, to principal and token id;
    the bearer secret itself goes no further than the gate.
    """

    def __init__(self, caller: Caller) -> None:
        super().__init__(
            AccessToken(
                token=caller.token, client_id=caller.id, subject=caller.token or None, scopes=[]
            )
        )
        self.caller = caller


def caller_of(ctx: ServerRequestContext[Any, Any]) -> Caller:
    """Find who sent the request a handler is working on.

    Raises:
        MCPError: The request did not come through the gate.
    """
    user = _scope_of(ctx).get("user")
    if not isinstance(user, CallerUser):
        raise MCPError(INVALID_REQUEST, "the request is not authenticated")
    return user.caller


def refused_body(ctx: ServerRequestContext[Any, Any]) -> ReviewError | None:
    """Tell why the body of this request has no canonical form, if it has none."""
    return _scope_of(ctx).get(NOT_CANONICAL)


def _scope_of(ctx: ServerRequestContext[Any, Any]) -> Scope:
    request = ctx.request
    if not isinstance(request, Request):
        return {}
    return request.scope


def still_stands(services: Services, caller: Caller) -> bool:
    """Tell whether a caller who came in earlier would still be let in."""
    ledger = services.standing.ledger
    principal = ledger.principals.get(caller.id)
    return principal is not None and principal.active and caller.token in ledger.tokens


@dataclass(frozen=True)
class _Held:
    caller: Caller
    standing: bool
    """The stream of a handshake-era session, which nothing else ends."""


class Streams:
    """Open event streams by the caller who opened them, so that a revoked token ends its own."""

    def __init__(self) -> None:
        self._open: dict[anyio.CancelScope, _Held] = {}

    @asynccontextmanager
    async def held(self, caller: Caller, *, standing: bool) -> AsyncGenerator[anyio.CancelScope]:
        """Keep a stream until the block ends, or until `end` ends it."""
        with anyio.CancelScope() as scope:
            self._open[scope] = _Held(caller, standing)
            try:
                yield scope
            finally:
                del self._open[scope]

    def cut(self) -> None:
        """End every handshake-era stream; those of `subscriptions/listen` end by themselves."""
        for scope, held in list(self._open.items()):
            if held.standing:
                scope.cancel()

    def end(self, stands: Callable[[Caller], bool]) -> None:
        """End the streams of every caller who no longer stands."""
        for scope, held in list(self._open.items()):
            if not stands(held.caller):
                scope.cancel()


class Gate:
    """ASGI: let a request in with its caller attached, or answer 401.

    Args:
        services: To authenticate against.
        streams: Where open event streams are noted.
        app: What is behind the gate.
    """

    def __init__(self, services: Services, streams: Streams, app: ASGIApp) -> None:
        self._services = services
        self._streams = streams
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        try:
            caller = await authenticate(self._services, _bearer(headers), "mcp")
        except KNOWN as error:
            await _refuse(error, send)
            return
        user = CallerUser(caller)
        scope["user"] = user
        token = auth_context_var.set(user)
        try:
            if _is_stream(scope, headers):
                await self._stream(caller, scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            auth_context_var.reset(token)

    async def _stream(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        async with self._streams.held(caller, standing=scope["method"] == "GET") as held:
            await self._app(scope, receive, watched)
        if held.cancelled_caught and started:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class StrictBody:
    """ASGI: read the body by DESIGN's input rules for JSON before the SDK reads it leniently.

    The SDK keeps the last of two equal keys and lets NaN pass. What breaks a rule is noted in the
    scope, and the call is answered with a result that says so: a model can read that, and an
    error of the transport it could not. Expects the body whole, as a body limiter hands it on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        first = await receive() if scope["method"] == "POST" else None
        if first is None:
            await self._app(scope, receive, send)
            return
        try:
            canonical.parse(first.get("body", b""), max_bytes=len(first.get("body", b"")) + 1)
        except CanonicalError as error:
            scope[NOT_CANONICAL] = error
        pending: list[Message] = [first]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)


def _bearer(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_stream(scope: Scope, headers: Headers) -> bool:
    return scope["method"] == "GET" or headers.get("mcp-method") == "subscriptions/listen"


async def _refuse(error: Exception, send: Send) -> None:
    known = error_object(error)
    status = error.status if isinstance(error, ToolvetError) else 400
    body = json.dumps({"error": known}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == UnauthenticatedError.status:
        headers.append((b"www-authenticate", b'Bearer realm="toolvet", error="invalid_token"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
