"""Reading what programs and sandboxes say, without believing its shape."""

import json
from typing import cast

from toolvet_reviews.values import Json, JsonObject


def document(data: bytes) -> Json:
    """Parse JSON; None when it is none, and for `null`."""
    try:
        return cast("Json", json.loads(data))
    except (ValueError, RecursionError):
        return None


def lines(data: bytes) -> list[JsonObject]:
    """Parse JSON lines; what is not an object is left out."""
    return [value for line in data.splitlines() if isinstance(value := document(line), dict)]


def entry(value: Json) -> JsonObject:
    """Take an object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def entries(value: Json) -> list[JsonObject]:
    """Take the objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Json) -> list[str]:
    """Take the texts of a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def text(value: Json, *, most: int = 500) -> str:
    """Take a text, cut, or an empty one in place of anything else."""
    return value[:most] if isinstance(value, str) else ""


def number(value: Json) -> int:
    """Take a whole number, or 0 in place of anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def file_name(value: Json) -> str:
    """The last part of a path."""
    return text(value, most=1000).rpartition("/")[2]
