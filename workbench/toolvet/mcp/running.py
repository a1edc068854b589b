"""Running a tool for an MCP caller, published or draft: the one path of direct and indirect calls."""

from dataclasses import replace

import mcp_types as t

from toolvet.engine.call import call
from toolvet.engine.catalogue import Snapshot
from toolvet.engine.draft import draft
from toolvet.errors import ArgumentsError
from toolvet.mcp.platform import Request
from toolvet.mcp.results import KEY, REVISION, called
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import CallView

DRAFT_NOTICE = "Draft: nobody has reviewed this tool, and only its author can call it."


async def run_tool(request: Request, name: str) -> t.CallToolResult:
    """Call a published tool by its advertised name with the request's arguments.

    Raises:
        ToolNotFoundError: None of that name that the caller may call.
    """
    catalogue = request.services.catalogue
    before = catalogue.snapshot
    found = await call(
        request.services,
        request.caller,
        name,
        request.arguments,
        key=request.key,
        progress=request.progress,
    )
    return called(found, _output_schema(found, before, catalogue.snapshot))


async def run_draft(request: Request, revision: str) -> t.CallToolResult:
    """Call a revision of the caller's own by its digest, before anybody approved it.

    Raises:
        ToolNotFoundError: No such revision, or not the caller's.
    """
    if request.key is not None:
        raise ArgumentsError("a draft call takes no key", hint="Nothing of a draft lasts.")
    found = await draft(
        request.services, request.caller, revision, request.arguments, progress=request.progress
    )
    result = called(replace(found, reviewed=False), _as_it_is(found))
    meta = {**(result.meta or {}), REVISION: revision}
    content = [*result.content, t.TextContent(text=DRAFT_NOTICE)]
    return result.model_copy(update={"meta": meta, "content": content})


def key_of(params: t.CallToolRequestParams) -> str | None:
    """Read the caller's own idempotency key out of `_meta`.

    Raises:
        ArgumentsError: It is no text.
    """
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
    return _as_it_is(found)


def _as_it_is(found: CallView) -> JsonObject:
    return {"type": "object"} if isinstance(found.result, dict) else {}
