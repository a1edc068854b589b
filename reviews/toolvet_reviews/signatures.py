"""A tool's schemas as one line, such as a Python signature: enough to choose by. Pure; no I/O."""

import json
from collections.abc import Mapping

from toolvet_reviews.values import Json, JsonObject

LONGEST = 400
"""Characters; what is longer is cut, and says so."""
_DEEPEST = 3
_MOST_NAMES = 12
_ANYTHING = "any"
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def signature(name: str, takes: JsonObject, gives: JsonObject) -> str:
    """Write `name(parameter: type = default, …) -> type`.

    Args:
        name: As advertised.
        takes: The input schema.
        gives: The output schema.
    """
    parameters = ", ".join(_fields(takes, takes, 0, is_call=True))
    line = f"{name}({parameters}) -> {_type(gives, gives, 0)}"
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _type(schema: Json, root: JsonObject, depth: int) -> str:
    if not isinstance(schema, dict):
        return _ANYTHING
    if depth > _DEEPEST:
        return "…"
    if "$ref" in schema:
        return _type(_resolved(schema["$ref"], root), root, depth + 1)
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    values = schema.get("enum")
    if isinstance(values, list):
        return _listed([json.dumps(value, ensure_ascii=False) for value in values], " | ")
    for word in ("anyOf", "oneOf"):
        options = schema.get(word)
        if isinstance(options, list):
            return _listed([_type(option, root, depth) for option in options], " | ")
    return _plain(schema, root, depth)


def _plain(schema: JsonObject, root: JsonObject, depth: int) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_TYPES.get(str(one), str(one)) for one in kind)
    if kind == "array":
        return _array(schema, root, depth)
    if kind != "object":
        return _TYPES.get(str(kind), _ANYTHING)
    if isinstance(schema.get("properties"), dict):
        return f"{{{', '.join(_fields(schema, root, depth + 1))}}}"
    rest = schema.get("additionalProperties")
    return f"dict[str, {_type(rest, root, depth + 1)}]" if isinstance(rest, dict) else "dict"


def _array(schema: JsonObject, root: JsonObject, depth: int) -> str:
    members = schema.get("prefixItems")
    if isinstance(members, list):
        return f"tuple[{_listed([_type(one, root, depth + 1) for one in members], ', ')}]"
    return f"list[{_type(schema.get('items'), root, depth + 1)}]"


def _fields(
    schema: JsonObject, root: JsonObject, depth: int, *, is_call: bool = False
) -> list[str]:
    properties = schema.get("properties")
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    named = [*(properties if isinstance(properties, dict) else {}).items()]
    named.sort(key=lambda one: one[0] not in needed)  # canonical JSON kept no order of their own
    fields: list[str] = []
    for name, value in named:
        if len(fields) == _MOST_NAMES:
            fields.append("…")
            break
        kind = _type(value, root, depth)
        mark = "" if name in needed else _optional(value) if is_call else "?"
        fields.append(f"{name}: {kind}{mark}" if is_call else f"{name}{mark}: {kind}")
    return fields


def _optional(value: Json) -> str:
    default = value.get("default") if isinstance(value, dict) and "default" in value else ...
    if default is ... or isinstance(default, dict | list):
        return " = …"
    return f" = {json.dumps(default, ensure_ascii=False)}"


def _listed(parts: list[str], between: str) -> str:
    more = [*parts[:_MOST_NAMES], "…"] if len(parts) > _MOST_NAMES else parts
    return between.join(more) or _ANYTHING


def _resolved(reference: Json, root: Mapping[str, Json]) -> Json:
    """Follow `#/$defs/Name`; anything else is nothing we know."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    found: Json = dict(root)
    for part in reference[2:].split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found
