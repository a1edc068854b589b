"""Schemas of a tool, compiled once on the engine that also judges calls: linear time only."""

import json
from typing import Any, cast

import jsonschema_rs

from toolvet.checks.errors import SchemaError
from toolvet_reviews.values import Json, JsonObject

MAX_SCHEMA_BYTES = 64 * 1024
_PATTERNS = jsonschema_rs.RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 20)


def compile_schema(schema: Json) -> jsonschema_rs.Draft202012Validator:
    """Compile a JSON Schema 2020-12 with patterns that run in linear time.

    Look-around and back-references do not exist in that dialect and are refused.

    Raises:
        SchemaError: It cannot be used.
    """
    if not isinstance(schema, dict):
        raise SchemaError("a schema must be an object")
    if len(json.dumps(schema)) > MAX_SCHEMA_BYTES:
        raise SchemaError(f"the schema is larger than {MAX_SCHEMA_BYTES // 1024} KiB")
    try:
        return jsonschema_rs.Draft202012Validator(
            cast("dict[str, Any]", schema), pattern_options=_PATTERNS, validate_formats=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise SchemaError(str(error).partition("\n")[0][:300]) from error


def problems(
    validator: jsonschema_rs.Draft202012Validator, value: Json | JsonObject, *, most: int = 3
) -> list[str]:
    """Say in what a value does not fit, with the place: `/rows/0/name: … is not of type …`."""
    found: list[str] = []
    for error in validator.iter_errors(cast("dict[str, Any]", value)):
        place = "".join(f"/{part}" for part in error.instance_path) or "/"
        found.append(f"{place}: {error.message}"[:300])
        if len(found) == most:
            break
    return found
