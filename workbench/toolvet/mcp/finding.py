"""The tools every caller has: search, info, call.

With them a tool that was published a moment ago is found and used in the same turn, also by a
client that lists once and never again.
"""

import re
from typing import cast

import mcp_types as t

from toolvet.engine.catalogue import Served
from toolvet.engine.search import MOST, info, search
from toolvet.errors import ArgumentsError
from toolvet.mcp.platform import OPEN, PlatformTool, Request, platform_tool
from toolvet.mcp.results import answered
from toolvet.mcp.running import run_draft, run_tool
from toolvet.mcp.schemas import advertised
from toolvet_reviews.bundle import Example
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import ToolMatch

USUAL = 8
_EXAMPLES = 5
_REVISION = re.compile(r"sha256:[0-9a-f]{64}")
_TEXT: JsonObject = {"type": "string"}


async def _search(request: Request) -> t.CallToolResult:
    query = request.text("query") or ""
    limit = request.arguments.get("limit", USUAL)
    wanted = int(limit) if isinstance(limit, int | float) else USUAL
    found = await search(request.services, request.caller, query, wanted)
    items: list[Json] = [_match(one) for one in found]
    return answered({"items": items, "hint": _hint(request.caller, found)})


def _match(one: ToolMatch) -> JsonObject:
    return {
        "name": one.name,
        "signature": one.signature,
        "summary": one.summary,
        "kind": one.kind,
        "version": one.version,
        "release": one.release_digest,
    }


def _hint(caller: Caller, found: list[ToolMatch]) -> str:
    writes = caller.has("author")
    if found:
        more = " None fits? toolvet_guide says how to write one." if writes else ""
        return f"toolvet_call calls one; toolvet_info has schemas and examples.{more}"
    if writes:
        return (
            "Nothing you may call fits. Try other words, or write it: toolvet_guide has the form "
            "and an example, toolvet_submit proposes it, and you may call it at once as a draft."
        )
    return "Nothing you may call fits. Try other words, or ask a person for a grant."


async def _info(request: Request) -> t.CallToolResult:
    name = request.text("name") or ""
    found = await info(request.services, request.caller, name)
    approved = found.served.manifest.definition
    examples: list[Json] = [_example(one) for one in found.examples[:_EXAMPLES]]
    return answered(
        {
            "name": approved.name,
            "signature": found.signature,
            "description": approved.description,
            "kind": found.served.kind,
            "version": found.served.version,
            "release": found.served.digest,
            "input_schema": approved.input_schema,
            "output_schema": advertised(approved.output_schema),
            "effects": found.served.manifest.effects,
            "idempotency": _idempotency(found.served),
            "examples": examples,
        }
    )


def _example(one: Example) -> JsonObject:
    if one.raises:
        return {"arguments": one.arguments, "raises": one.raises}
    return {"arguments": one.arguments, "result": cast("Json", one.result)}


def _idempotency(served: Served) -> str:
    """Say what happens to a call that is made twice."""
    said = served.manifest.idempotency
    if served.kind in ("pure", "read"):
        return "Calling again is safe."
    if not said:
        return "Send a key of your own, and the same key whenever you try again."
    keys = said.get("key")
    names = ", ".join(str(name) for name in keys) if isinstance(keys, list) else ""
    return f"The same {names or 'arguments'} is the same operation: it is never done twice."


async def _call(request: Request) -> t.CallToolResult:
    tool = request.text("tool") or ""
    arguments = request.arguments.get("arguments")
    key = request.text("key")
    if key and request.key and key != request.key:
        raise ArgumentsError("two different keys", hint="Send one: as argument or in _meta.")
    inner = Request(
        request.services,
        request.caller,
        arguments if isinstance(arguments, dict) else {},
        request.progress,
        key or request.key,
    )
    if _REVISION.fullmatch(tool):
        return await run_draft(inner, tool)
    return await run_tool(inner, tool)


_MATCH: JsonObject = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "signature": {"type": "string", "description": "Parameters with types, and the result."},
        "summary": _TEXT,
        "kind": {"type": "string", "enum": ["pure", "read", "write", "destructive"]},
        "version": {"type": "integer"},
        "release": {"type": "string", "description": "Digest of what people approved."},
    },
    "required": ["name", "signature", "summary", "kind", "version", "release"],
}
_FOUND: JsonObject = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": _MATCH}, "hint": _TEXT},
    "required": ["items", "hint"],
}
_INFO: JsonObject = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "signature": _TEXT,
        "description": _TEXT,
        "kind": _TEXT,
        "version": {"type": "integer"},
        "release": _TEXT,
        "input_schema": OPEN,
        "output_schema": OPEN,
        "effects": OPEN,
        "idempotency": _TEXT,
        "examples": {"type": "array", "items": OPEN},
    },
    "required": ["name", "kind", "version", "release", "input_schema", "output_schema", "effects"],
}

FINDING_TOOLS: dict[str, PlatformTool] = {
    tool.name: tool
    for tool in (
        platform_tool(
            "toolvet_call",
            "Call a tool by name",
            "Call any tool that toolvet_search finds, also one that is not in your list yet. Same "
            "permission, checks and result as a direct call. Authors call their own revision as a "
            "draft by its revision digest.",
            {
                "tool": {
                    "type": "string",
                    "description": "Its name, or the revision_digest (sha256:…) of your proposal.",
                },
                "arguments": {
                    "type": "object",
                    "description": "For the tool; they must fit its input schema.",
                },
                "key": {
                    "type": "string",
                    "minLength": 1,
                    "description": "Your own idempotency key: with the same key, a write is done "
                    "at most once.",
                },
            },
            _call,
            output_schema=OPEN,
            required=("tool", "arguments"),
            # what it does depends on the tool; a host that asks its user must ask here too
            destructive=True,
            idempotent=False,
            open_world=True,
        ),
        platform_tool(
            "toolvet_info",
            "Look at a tool",
            "Schemas, effects, version, release digest and examples of one tool you may call.",
            {"name": {"type": "string", "description": "As toolvet_search gives it."}},
            _info,
            output_schema=_INFO,
            required=("name",),
            read_only=True,
        ),
        platform_tool(
            "toolvet_search",
            "Find a tool",
            "Find tools you may call by what they do, before you do it by hand or write one. "
            "Searches names, descriptions, parameters and examples.",
            {
                "query": {
                    "type": "string",
                    "description": "What the tool should do, in a few words.",
                },
                "limit": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MOST,
                    "default": USUAL,
                    "description": "At most this many.",
                },
            },
            _search,
            output_schema=_FOUND,
            required=("query",),
            read_only=True,
        ),
    )
}
"""By name."""
