"""Output schemas as MCP wants them: an object at the root. Pure; no I/O.

Protocols before 2026-07-28 allow only objects as structured content. A tool that returns anything
else is advertised, and answers, as `{"result": ...}`: the same rule for the schema and the value,
and nothing but the approved schema decides.
"""

from toolvet_reviews.values import Json, JsonObject

RESULT = "result"


def is_object(schema: JsonObject) -> bool:
    """Tell whether a schema admits objects only, at its root."""
    return schema.get("type") == "object"


def advertised(schema: JsonObject) -> JsonObject:
    """Turn an approved output schema into the one on the wire."""
    if is_object(schema):
        return schema
    inner = dict(schema)
    outer: JsonObject = {
        "type": "object",
        "properties": {RESULT: inner},
        "required": [RESULT],
        "additionalProperties": False,
    }
    # `#/$defs/...` is looked up from the root: the definitions move there, the references stay.
    if "$defs" in inner:
        outer["$defs"] = inner.pop("$defs")
    if "$schema" in inner:
        outer["$schema"] = inner.pop("$schema")
    return outer


def structured(schema: JsonObject, result: Json) -> Json:
    """Turn a result into structured content that fits the advertised schema."""
    return result if is_object(schema) else {RESULT: result}
