"""The low-level MCP server that the HTTP endpoint and the stdio bridge are made of."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as t
from mcp.server import Server, ServerRequestContext
from mcp.server.lowlevel.server import NotificationOptions
from mcp.server.models import InitializationOptions
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity

from toolvet.config import VERSION

NAME = "toolvet"
INSTRUCTIONS = (
    "Tools here were written by agents and approved by people. The list is yours alone and may "
    "change at any time. If you may author tools: toolvet_submit proposes one, its verdict comes "
    "in seconds, and it appears in this list when people approved it. Errors have a code and a hint."
)

Context = ServerRequestContext[Any, Any]


class ToolServer(Server[Any]):
    """A server whose list of tools changes.

    The handshake-era flag for that can only be set here: `streamable_http_app`, the session
    manager and the stdio loop all ask for these options without arguments.
    """

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """Advertise `listChanged` to handshake-era clients."""
        return super().create_initialization_options(
            notification_options or NotificationOptions(tools_changed=True),
            experimental_capabilities,
            extensions,
        )


def make_server(
    *,
    on_list_tools: Callable[
        [Context, t.PaginatedRequestParams | None], Awaitable[t.ListToolsResult]
    ],
    on_call_tool: Callable[[Context, t.CallToolRequestParams], Awaitable[t.CallToolResult]],
    on_listen: Callable[
        [Context, t.SubscriptionsListenRequestParams], Awaitable[t.SubscriptionsListenResult]
    ],
) -> ToolServer:
    """Build a server with our guards in place."""
    server = ToolServer(
        NAME,
        version=VERSION,
        instructions=INSTRUCTIONS,
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
        on_subscriptions_listen=on_listen,
        get_tool_input_schema=_no_mirrored_arguments,
    )
    # No tool asks a question yet. Without the boundary the first that does would get its state
    # back readable and forgeable.
    state = RequestStateSecurity(keys=[secrets.token_bytes(32)])
    server.middleware.append(RequestStateBoundary(state, default_audience=NAME))
    return server


def _no_mirrored_arguments(_name: str) -> None:
    """Tell the SDK which arguments a tool mirrors into headers: none.

    Without this hook the SDK runs the whole list before every call. Derived schemas never carry
    `x-mcp-header`, and no answer tells nobody about a tool that is hidden from them.
    """
