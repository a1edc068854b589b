"""`toolvet mcp`: MCP over stdin and stdout for hosts that start programs, forwarded to the service.

It speaks MCP to the service too, so that names, errors, progress, cancellation and changes are
translated once, over there. It holds no rules and loads no engine.
"""

import logging
import weakref
from contextlib import AsyncExitStack
from typing import Any

import anyio
import httpx2
import mcp_types as t
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import SubscriptionLost
from mcp.server import ServerRequestContext
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged
from mcp.shared.exceptions import MCPError

from toolvet.errors import UnauthenticatedError, UnreachableError
from toolvet.mcp.server import make_server

_log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]
_LISTEN_AGAIN_S = 1.0


async def run_stdio(target: str, token: str) -> None:
    """Bridge stdin and stdout to a service until stdin closes.

    Args:
        target: `http://…` or `https://…` of the service, or the path of its Unix socket.
        token: Bearer token.

    Raises:
        UnreachableError: The service does not answer.
        UnauthenticatedError: It does not know the token.
    """
    async with AsyncExitStack() as stack:
        client = await connect(stack, target, token)
        bridge = Bridge(client)
        reading, writing = await stack.enter_async_context(stdio_server())
        tasks = await stack.enter_async_context(anyio.create_task_group())
        tasks.start_soon(bridge.follow)
        options = bridge.server.create_initialization_options()
        await bridge.server.run(reading, writing, options)
        tasks.cancel_scope.cancel()


async def connect(stack: AsyncExitStack, target: str, token: str) -> Client:
    """Open an MCP session with a service; the stack closes it.

    Raises:
        UnreachableError: The service does not answer.
        UnauthenticatedError: It does not know the token.
    """
    remote = target.startswith(("http://", "https://"))
    transport = httpx2.AsyncHTTPTransport(uds=None if remote else target)
    http = httpx2.AsyncClient(
        transport=transport,
        headers={"authorization": f"Bearer {token}"},
        # A call may take as long as its tool's limit allows; the host cancels what it gives up.
        timeout=httpx2.Timeout(30.0, read=None),
    )
    await stack.enter_async_context(http)
    url = (target.rstrip("/") if remote else "http://localhost") + "/mcp"
    await _check(http, url)
    try:
        return await stack.enter_async_context(
            Client(streamable_http_client(url, http_client=http))
        )
    except (MCPError, httpx2.HTTPError) as error:
        raise UnreachableError(f"{target} does not speak MCP: {error}") from error


async def _check(http: httpx2.AsyncClient, url: str) -> None:
    try:
        answer = await http.post(url, json={})
    except httpx2.HTTPError as error:
        raise UnreachableError(f"no service answers: {error}") from error
    if answer.status_code == UnauthenticatedError.status:
        raise UnauthenticatedError("the service does not know this token")


class Bridge:
    """One stdio host on this side, one session with the service on the other."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._bus = InMemorySubscriptionBus()
        self._sessions: weakref.WeakSet[Connection] = weakref.WeakSet()
        self.server = make_server(
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_listen=ListenHandler(self._bus),
        )
        self.server.middleware.append(self._track_session)

    async def follow(self) -> None:
        """Pass changes of the list on, until cancelled; listen again when the stream is lost."""
        missed = False
        while True:
            try:
                async with self._client.listen(tools_list_changed=True) as changes:
                    if missed:
                        await self._announce()
                    missed = True
                    async for _ in changes:
                        await self._announce()
            except (SubscriptionLost, MCPError, httpx2.HTTPError) as error:
                _log.info("listening to the service again: %s", error)
            await anyio.sleep(_LISTEN_AGAIN_S)

    async def _announce(self) -> None:
        await self._bus.publish(ToolsListChanged())
        for connection in list(self._sessions):
            await connection.send_tool_list_changed()

    async def _list_tools(
        self, _ctx: Context, params: t.PaginatedRequestParams | None
    ) -> t.ListToolsResult:
        cursor = params.cursor if params is not None else None
        page = t.PaginatedRequestParams(cursor=cursor)
        return await self._client.session.list_tools(params=page)

    async def _call_tool(self, ctx: Context, params: t.CallToolRequestParams) -> t.CallToolResult:
        # Not `call_tool` of the client: it holds results against schemas of its own last list.
        return await self._client.session.send_request(
            t.CallToolRequest(
                params=t.CallToolRequestParams(
                    name=params.name, arguments=params.arguments, _meta=_own_meta(params)
                )
            ),
            t.CallToolResult,
            progress_callback=ctx.session.report_progress,
        )

    async def _track_session(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        # Of the SDK, private: the only handle that outlives a request.
        self._sessions.add(ctx.session._connection)  # pyright: ignore[reportPrivateUsage]
        return result


def _own_meta(params: t.CallToolRequestParams) -> t.RequestParamsMeta | None:
    """Keep the keys of hosts and ours; the protocol's own belong to each side's session."""
    kept = {
        key: value
        for key, value in (params.meta or {}).items()
        if key not in ("progress_token", "progressToken")
        and not key.startswith("io.modelcontextprotocol/")
    }
    return t.RequestParamsMeta(**kept) if kept else None
