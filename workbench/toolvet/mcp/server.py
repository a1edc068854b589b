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
INSTRUCTIONS = """\
Tools here were written by agents and approved by people, byte for byte. The list is yours alone
and may change at any time.

Before you do a task by hand, toolvet_search for a tool; toolvet_call calls what it finds, in the
same turn, even if your list does not show it. toolvet_info has schemas and examples.

If you may author tools, write one when the work is deterministic (rules, parsing, arithmetic,
checking, comparing) and comes again, or takes more than three steps of reasoning each time. Not for
judgement or taste, nor for something done once.
1. Search first; nothing fits: toolvet_guide (once) has the form and an example.
2. toolvet_submit: source and examples. The verdict comes in seconds.
3. Failed? Mend what findings say, then toolvet_revise.
4. Passed? Call it at once as a draft: toolvet_call with tool = its revision_digest.
5. People decide; you cannot. toolvet_status with until=decision and wait_s=50 waits. If they want
   changes, read comments and revise. toolvet_withdraw takes it back.
6. Published: toolvet_call by name. Every other agent with a grant has it too.

Do not poll: pass wait_s (at most 50). Errors have a code and a hint; follow the hint.
"""

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
