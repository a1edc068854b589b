"""`tools/call`: translate, call the engine, translate back."""

import logging
from typing import Any

import mcp_types as t
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError

from toolvet.engine.services import Services
from toolvet.errors import KNOWN, ToolNotFoundError
from toolvet.mcp.access import caller_of, refused_body
from toolvet.mcp.offer import platform_tools
from toolvet.mcp.platform import Request
from toolvet.mcp.results import refused
from toolvet.mcp.running import key_of, run_tool
from toolvet_reviews.principals import Caller

_log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]


def _for_agents(error: ToolNotFoundError) -> ToolNotFoundError:
    """Hint at our own search instead of a command, which an agent may not have."""
    if error.hint != ToolNotFoundError.hint:
        return error
    return ToolNotFoundError(str(error), hint="toolvet_search finds what you may call.")


class Calling:
    """Answers `tools/call`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def call_tool(self, ctx: Context, params: t.CallToolRequestParams) -> t.CallToolResult:
        """Call a published tool or one of the platform's; a refusal is a result with a code.

        Raises:
            MCPError: No such tool, or none this caller may call: the two answer alike.
        """
        caller = caller_of(ctx)
        own = platform_tools(caller).get(params.name)
        try:
            error = refused_body(ctx)
            if error is not None:
                return refused(error)
            request = self._request(ctx, caller, params)
            return await (own.answer(request) if own else run_tool(request, params.name))
        except ToolNotFoundError as error:
            if own is not None:  # the tool it is about is an argument: the model may choose anew
                return refused(_for_agents(error))
            raise MCPError(t.INVALID_PARAMS, f"Unknown tool: {params.name}") from error
        except KNOWN as error:
            return refused(error)
        except MCPError:
            raise
        except Exception as error:  # noqa: BLE001 (logged; ruff does not know our logger's name)
            # An exception that left here would reach the model as a bare -32603.
            _log.exception("call of %s failed", params.name)
            return refused(error)

    def _request(self, ctx: Context, caller: Caller, params: t.CallToolRequestParams) -> Request:
        async def progress(done: float, total: float | None = None, message: str = "") -> None:
            await ctx.session.report_progress(done, total, message or None)

        return Request(self._services, caller, params.arguments or {}, progress, key_of(params))
