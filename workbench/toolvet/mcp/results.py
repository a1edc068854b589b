"""Answers of tools and of refusals. Nothing opaque: every refusal has a code, words and a hint.

An error's object travels in `_meta` and not as structured content: clients that hold structured
content against the tool's output schema, errors too, would turn our refusal into their own.
"""

import json
from collections.abc import Mapping

import mcp_types as t

from toolvet.errors import ToolvetError
from toolvet.mcp.schemas import structured
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import CallView

PREFIX = "dev.toolvet"
RELEASE = f"{PREFIX}/release"
VERSION = f"{PREFIX}/version"
KIND = f"{PREFIX}/kind"
CHANNEL = f"{PREFIX}/channel"
KEY = f"{PREFIX}/key"
CALL = f"{PREFIX}/call"
REPLAYED = f"{PREFIX}/replayed"
STATUS = f"{PREFIX}/status"
INDEX = f"{PREFIX}/index"
REVIEWED = f"{PREFIX}/reviewed"
REVISION = f"{PREFIX}/revision"
ERROR = f"{PREFIX}/error"


def error_object(error: Exception) -> JsonObject:
    """Render an error as code, message, hint and, if waiting helps, for how long."""
    if isinstance(error, ReviewError | ToolvetError):
        retry = error.retry_after_s if isinstance(error, ToolvetError) else None
        place = error.place if isinstance(error, ReviewError) else ""
        return _error(error.code, str(error), error.hint, retry, place)
    return _error("internal", "the service failed at this", "The operator's log has the reason.")


def _error(
    code: str, message: str, hint: str, retry_after_s: float | None = None, place: str = ""
) -> JsonObject:
    known: JsonObject = {"code": code, "message": message, "hint": hint}
    if retry_after_s is not None:
        known["retry_after_s"] = retry_after_s
    if place:
        known["place"] = place
    return known


def refused(error: Exception, meta: Mapping[str, Json] | None = None) -> t.CallToolResult:
    """Answer a tool call that did not succeed."""
    return _refused(error_object(error), meta or {})


def _refused(known: JsonObject, meta: Mapping[str, Json]) -> t.CallToolResult:
    words = [f"{known['code']}: {known['message']}"]
    if known["hint"]:
        words.append(f"Hint: {known['hint']}")
    if "place" in known:
        words.append(f"Place: {known['place']}")
    if "retry_after_s" in known:
        words.append(f"Try again in {known['retry_after_s']} s.")
    return t.CallToolResult(
        content=[t.TextContent(text="\n".join(words))],
        is_error=True,
        _meta={**meta, ERROR: known},
    )


def answered(value: Json, meta: Mapping[str, Json] | None = None) -> t.CallToolResult:
    """Answer with structured content, and the same as text for hosts that read only that."""
    return t.CallToolResult(
        content=[t.TextContent(text=json.dumps(value, ensure_ascii=False))],
        structured_content=value,
        _meta=dict(meta) if meta else None,
    )


def called(call: CallView, output_schema: JsonObject) -> t.CallToolResult:
    """Render the answer to one call of a tool."""
    meta: dict[str, Json] = {
        CALL: call.id,
        STATUS: call.status,
        REPLAYED: call.replayed,
        REVIEWED: call.reviewed,
    }
    if call.release_digest:  # a draft has none
        meta |= {RELEASE: call.release_digest, VERSION: call.version}
    if call.key:
        meta[KEY] = call.key
    if call.status in ("succeeded", "incomplete"):
        return answered(structured(output_schema, call.result), meta)
    known = _error(
        call.code or f"call.{call.status}",
        call.message or f"the call {call.status.replace('_', ' ')}",
        call.hint,
        call.retry_after_s,
    )
    return _refused(known, meta)
