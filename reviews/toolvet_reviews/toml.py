"""Reading TOML that somebody else wrote: capped in bytes and depth before it is parsed. Pure.

`tomllib` recurses, and a text of a few kilobytes can nest deeper than the interpreter's stack; so
brackets and dotted keys are counted first. What is read has a canonical JSON form.
"""

import json
import re
import tomllib
from typing import cast

from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError, DepthError, ReviewError
from toolvet_reviews.values import Json, JsonObject

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8

_ROUGHLY_TOO_DEEP = 64
"""Cap of the count before parsing, which is an upper bound; the exact one follows."""

_MARKS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^']|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*|[\[\]{}.]|[=\n,]",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_WIDE = 100
_TOO_DEEP = "Nest tables and lists less deeply."


def loads(text: str, invalid: type[ReviewError], *, max_depth: int = MAX_DEPTH) -> JsonObject:
    """Parse TOML into a JSON object.

    Args:
        text: At most 64 KiB, UTF-8.
        invalid: Class of the error to raise.
        max_depth: Tables and lists within each other, the top included.

    Raises:
        ReviewError: Of the class given: too large, too deep, not TOML, or a value JSON cannot hold
            (a date must be written as a string).
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise invalid("not UTF-8 text") from None
    if size > MAX_BYTES:
        raise invalid(f"expected at most {MAX_BYTES} bytes of TOML, got {size}")
    if _rough_depth(text) > _ROUGHLY_TOO_DEEP:
        raise invalid(f"nested deeper than {max_depth}", hint=_TOO_DEEP)
    try:
        value = canonical.normalise(tomllib.loads(text), max_depth=max_depth)
    except tomllib.TOMLDecodeError as error:
        raise invalid(f"not TOML: {error}") from None
    except DepthError as error:
        place = error.place
        raise invalid(f"nested deeper than {max_depth}", place=place, hint=_TOO_DEEP) from None
    except CanonicalError as error:
        hint = error.hint or "Write dates and times as strings."
        raise invalid(f"{error.place}: {error}", place=error.place, hint=hint) from error
    except (ValueError, RecursionError):
        # A number of thousands of digits is a ValueError and no TOMLDecodeError.
        raise invalid("not TOML that can be read") from None
    return cast("JsonObject", value)


def write(table: JsonObject) -> str:
    """Write a table as canonical TOML, keys in the given order.

    The top holds tables and lists of tables; what is inside them is written inline. TOML knows no
    null: the caller has left them out.
    """
    sections: list[str] = []
    for name, value in table.items():
        if isinstance(value, dict):
            sections.append(_section(f"[{_key(name)}]", value))
        elif isinstance(value, list):
            tables = cast("list[JsonObject]", value)
            sections.extend(_section(f"[[{_key(name)}]]", item) for item in tables)
    return "\n".join(sections)


def _rough_depth(text: str) -> int:
    """Count brackets and the dots of the longest key or number; strings and comments skipped."""
    deepest = depth = dots = 0
    for match in _MARKS.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth = max(0, depth - 1)
        elif mark == ".":
            dots += 1
        elif mark in "=\n,":
            dots = 0
        deepest = max(deepest, depth + dots)
    return deepest


def _section(head: str, table: JsonObject) -> str:
    lines = [head, *(f"{_key(name)} = {_value(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _value(value: Json) -> str:
    line = _inline(value)
    if not isinstance(value, list) or len(line) <= _WIDE:
        return line
    return "[\n" + "".join(f"    {_inline(item)},\n" for item in value) + "]"


def _inline(value: Json) -> str:
    if isinstance(value, dict):
        items = ", ".join(f"{_key(name)} = {_inline(item)}" for name, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, str):
        return _string(value)
    return json.dumps(value)


def _string(text: str) -> str:
    """Write a basic string; TOML takes JSON's escapes, but not a bare delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE_KEY.match(name) else _string(name)
