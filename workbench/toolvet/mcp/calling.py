"""`tools/call`: translate, call the engine, translate back."""

import logging
from typing import Any

import mcp_types as t
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError

from toolvet.engine.call import call
from toolvet.engine.catalogue import Snapshot
from toolvet.engine.services import Services
from toolvet.errors import KNOWN, ArgumentsError, ToolNotFoundError
from toolvet.mcp.access import caller_of, refused_body
from toolvet.mcp.authoring import author_tools
from toolvet.mcp.results import KEY, answered, called, refused
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import CallView

_log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]


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
        try:
            error = refused_body(ctx)
            if error is not None:
                return refused(error)
            return await self._answer(ctx, caller, params)
        except ToolNotFoundError as error:
            raise MCPError(t.INVALID_PARAMS, f"Unknown tool: {params.name}") from error
        except KNOWN as error:
            return refused(error)
        except MCPError:
            raise
        except Exception as error:  # noqa: BLE001 (logged; ruff does not know our logger's name)
            # An exception that left here would reach the model as a bare -32603.
            _log.exception("call of %s failed", params.name)
            return refused(error)

    async def _answer(
        self, ctx: Context, caller: Caller, params: t.CallToolRequestParams
    ) -> t.CallToolResult:
        arguments: JsonObject = params.arguments or {}
        own = author_tools(caller).get(params.name)
        if own is not None:
            return answered(await own.answer(self._services, caller, arguments))

        async def progress(done: float, total: float | None = None, message: str = "") -> None:
            await ctx.session.report_progress(done, total, message or None)

        before = self._services.catalogue.snapshot
        found = await call(
            self._services,
            caller,
            params.name,
            arguments,
            key=_key(params),
            progress=progress,
        )
        return called(found, _output_schema(found, before, self._services.catalogue.snapshot))


def _key(params: t.CallToolRequestParams) -> str | None:
    key = (params.meta or {}).get(KEY)
    if key is None or (isinstance(key, str) and key):
        return key
    # Dropped silently, a key of the wrong type would let a write happen twice.
    raise ArgumentsError(f"_meta {KEY} must be a non-empty string")


def _output_schema(found: CallView, *snapshots: Snapshot) -> JsonObject:
    """Find the approved output schema of the release that ran, though it may be replaced by now."""
    for snapshot in snapshots:
        served = snapshot.served.get(found.tool)
        if served is not None and served.digest == found.release_digest:
            return served.manifest.definition.output_schema
    return {"type": "object"} if isinstance(found.result, dict) else {}
