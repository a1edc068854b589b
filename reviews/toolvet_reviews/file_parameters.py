"""Parameters that are a `File`: advertised so that a small file may also travel inside the call.

A tool sees name, size and digest only; the service turns content that was sent along into such a
reference. Pure; no I/O.
"""

from toolvet_reviews.values import Json, JsonObject

REFERENCE = frozenset({"name", "size", "digest"})
TEXT = frozenset({"name", "text"})
BASE64 = frozenset({"name", "base64"})

WORDS = (
    "A file: either a reference (name, size, digest) to one that was uploaded, or a small one sent "
    "along as text, or as base64."
)


def is_reference(schema: Json) -> bool:
    """Tell whether a schema is the one the SDK derives from `File`."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and properties.keys() == REFERENCE


def is_parameter(schema: Json) -> bool:
    """Tell whether a schema is one that `advertised` made of a `File`."""
    choices = schema.get("anyOf") if isinstance(schema, dict) else None
    return isinstance(choices, list) and bool(choices) and is_reference(choices[0])


def is_content(value: Json) -> bool:
    """Tell whether an argument carries a file's content."""
    return isinstance(value, dict) and value.keys() in (TEXT, BASE64)


def advertised(schema: JsonObject) -> JsonObject:
    """Let every `File` parameter, and every list of files, take content too.

    Args:
        schema: An input schema as the SDK derived it; parameters only, nothing deeper.
    """
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    changed: dict[str, Json] = {name: _advertise(one) for name, one in properties.items()}
    return {**schema, "properties": changed}


def _advertise(schema: Json) -> Json:
    if not isinstance(schema, dict):
        return schema
    if is_reference(schema):
        reference: JsonObject = {k: v for k, v in schema.items() if k != "description"}
        return {"anyOf": [reference, _content("text"), _content("base64")], "description": WORDS}
    if is_reference(schema.get("items")):
        return {**schema, "items": _advertise(schema["items"])}
    return schema


def _content(kind: str) -> JsonObject:
    return {
        "type": "object",
        "properties": {"name": {"type": "string"}, kind: {"type": "string"}},
        "required": ["name", kind],
        "additionalProperties": False,
    }
