"""The MCP endpoint over streamable HTTP, for both protocol eras, beside the HTTP API.

One path for a request: `Gate` (who), `StrictBody` (what), the SDK's session manager, then
`Listing`, `Calling` or `Changes`.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import (
    DEFAULT_MAX_REQUEST_BODY_SIZE,
    RequestBodyLimitMiddleware,
    TransportSecuritySettings,
)
from starlette.routing import Route
from starlette.types import ASGIApp

from toolvet.engine.search import keep_index
from toolvet.engine.services import Services
from toolvet.mcp.access import Gate, Streams, StrictBody
from toolvet.mcp.calling import Calling
from toolvet.mcp.changes import Changes
from toolvet.mcp.listing import Listing
from toolvet.mcp.server import make_server

PATH = "/mcp"
ANY_HOST = frozenset({"*", "0.0.0.0", "::"})  # noqa: S104  compared with, never bound to
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class McpEndpoint:
    """What the service mounts.

    Attributes:
        app: Answers every request it gets, whatever its path.
        route: The same at exactly `/mcp`. `app.mount("/mcp", …)` would redirect `/mcp` to `/mcp/`.
    """

    app: ASGIApp
    route: Route
    _manager: StreamableHTTPSessionManager
    _changes: Changes
    _services: Services

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        """Serve until the block ends; may be entered once."""
        async with self._manager.run(), anyio.create_task_group() as tasks:
            tasks.start_soon(self._changes.follow)
            tasks.start_soon(self._changes.close_at_the_end)
            tasks.start_soon(keep_index, self._services)
            try:
                yield
            finally:
                self._changes.close()
                tasks.cancel_scope.cancel()


def create_mcp(services: Services, *, hosts: Sequence[str] = ()) -> McpEndpoint:
    """Build the endpoint of one service.

    Args:
        services: What it serves from.
        hosts: Host names, beside those of loopback, that clients may address it by; `*`, or
            the address of every interface, for any.
            A request with another `Host` is answered 421: the guard against DNS rebinding.
    """
    listing, streams = Listing(services), Streams()
    changes = Changes(services, listing, streams)
    server = make_server(
        on_list_tools=listing.list_tools,
        on_call_tool=Calling(services).call_tool,
        on_listen=changes.listen,
    )
    server.middleware.append(changes.track_session)
    manager = StreamableHTTPSessionManager(server, security_settings=_security(hosts))
    behind = RequestBodyLimitMiddleware(
        StrictBody(manager.handle_request), DEFAULT_MAX_REQUEST_BODY_SIZE
    )
    gate = Gate(services, streams, behind)
    return McpEndpoint(gate, Route(PATH, gate), manager, changes, services)


def _security(hosts: Sequence[str]) -> TransportSecuritySettings:
    names = (*LOOPBACK, *hosts)
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=not ANY_HOST.intersection(hosts),
        allowed_hosts=[form for name in names for form in (name, f"{name}:*")],
        allowed_origins=[f"http://{name}{port}" for name in LOOPBACK for port in ("", ":*")],
    )
