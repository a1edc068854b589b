"""The values at the edges of a JSON Schema, the plainest first. Runs confined; standard library only.

One argument object has one edge, everything else in it is plain, so that what fails says why.
"""

# Modules here find each other by name only behind the walls, and a schema is JSON of any form:
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportUnknownParameterType=false

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from generating_strategies import (
    MAX_INTEGER,
    real_bounds,
    whole_bounds,
)

Schema = Any
_MOST_OF_ONE = 24
_MOST_DEPTH = 5
_LONG = 300
_WHOLE = (
    0,
    1,
    2,
    -1,
    3,
    10,
    12,
    31,
    100,
    365,
    1000,
    10_000,
    -100,
    2**31,
    -(2**31),
    MAX_INTEGER,
    -MAX_INTEGER,
)
_REAL = (
    0.0,
    1.0,
    0.5,
    -1.0,
    0.1,
    2.5,
    100.0,
    1e-9,
    1e6,
    -0.01,
    99.999,
    1e-300,
    123456789.125,
    9e15,
    -9e15,
)
_TEXTS = (
    "", "a", " ", "A b", "0", "ab", "-", "a,b", "a b c", "a\nb", "1.5", "true", "\n", "é", "日本", "👍🏽", "a" * _LONG,
    "e\u0301", "\u202ea", "\u0131", "a=b", "a:b", "[]", "{}", "2024-02-29", "a@b.example", "/", "https://a.example/b?c=d",
)  # fmt: skip
_FORMATS = {
    "date": ("2024-02-29", "1970-01-01", "1999-12-31", "2026-06-15", "0001-01-01", "9999-12-31"),
    "date-time": (
        "2024-02-29T12:00:00Z", "1970-01-01T00:00:00Z", "2026-03-29T02:30:00+01:00", "1999-12-31T23:59:59.999999-08:00",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    ),
    "uuid": ("00000000-0000-0000-0000-000000000000", "123e4567-e89b-42d3-a456-426614174000"),
    "email": ("a@b.example", "first.last+tag@sub.example.org"),
    "uri": ("https://a.example/", "https://a.example/b?c=d#e"),
    "time": ("00:00:00Z", "23:59:59Z"),
    "ipv4": ("0.0.0.0", "192.0.2.1", "255.255.255.255"),  # noqa: S104 - a value, nothing is bound
    "ipv6": ("::1", "2001:db8::1"),
}  # fmt: skip


class Edges:
    """Knows the definitions of a schema, texts that match its patterns, and what somebody gave."""

    def __init__(
        self, schema: Schema, matching: Callable[[str], list[str]], examples: list[Any]
    ) -> None:
        found = schema.get("$defs") if isinstance(schema, dict) else None
        self._definitions: dict[str, Any] = found if isinstance(found, dict) else {}
        self._matching = matching
        self._examples = [one for one in examples if isinstance(one, dict)]

    def arguments(self, schema: Schema) -> Iterator[Any]:
        """Make objects of arguments: the plain one, then one edge after the other, then bare and full."""
        properties = schema.get("properties") or {}
        named = [
            (name, list(islice(self.of(one, 0), _MOST_OF_ONE))) for name, one in properties.items()
        ]
        plain = self.plain(schema)
        needed = set(schema.get("required") or ())
        bases = [{**plain, **one} for one in self._examples[:1]] or [plain]
        yield plain
        yield {name: value for name, value in plain.items() if name in needed}
        yield {**plain, **{name: edges[0] for name, edges in named if edges}}
        for turn in range(_MOST_OF_ONE):
            for name, edges in named:
                if turn < len(edges):
                    yield from ({**base, name: edges[turn]} for base in bases)
            together = {name: edges[turn] for name, edges in named if turn < len(edges)}
            if len(together) > 1:
                yield {**plain, **together}

    def plain(self, schema: Schema, depth: int = 0) -> Any:
        """Make the value that nobody would think twice about."""
        for value in self.of(schema, depth, plain=True):
            return value
        return None

    def of(self, schema: Schema, depth: int, *, plain: bool = False) -> Iterator[Any]:
        """Make the edges of a schema, or only its plain values."""
        if not isinstance(schema, dict) or depth > _MOST_DEPTH:
            yield None
        elif "const" in schema:
            yield schema["const"]
        elif isinstance(schema.get("enum"), list):
            yield from schema["enum"]
        elif isinstance(schema.get("$ref"), str):
            found = self._definitions.get(schema["$ref"].removeprefix("#/$defs/"))
            yield from self.of(found, depth + 1, plain=plain)
        elif isinstance(options := schema.get("anyOf") or schema.get("oneOf"), list):
            for option in options if depth < 3 else reversed(options):
                yield from islice(self.of(option, depth, plain=plain), 1 if plain else None)
        else:
            yield from self._typed(schema, depth, plain=plain)

    def _typed(self, schema: Schema, depth: int, *, plain: bool) -> Iterator[Any]:
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            match kind:
                case "integer":
                    yield from _plain_first(_whole(schema), _is_plain_number, plain=plain)
                case "number":
                    yield from _plain_first(_real(schema), _is_plain_number, plain=plain)
                case "string":
                    yield from _plain_first(self._texts(schema), _is_plain_text, plain=plain)
                case "array":
                    yield from self._arrays(schema, depth, plain=plain)
                case "object":
                    yield from self._objects(schema, depth, plain=plain)
                case "boolean":
                    yield from (True, False)
                case _:
                    yield None

    def _texts(self, schema: Schema) -> list[str]:
        least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", 10**6))
        if isinstance(schema.get("pattern"), str):
            found = self._matching(schema["pattern"])
        else:
            found = list(_FORMATS.get(str(schema.get("format")), _TEXTS))
            if "format" not in schema:
                found += ["a" * least, "é" * min(least or 1, 2000), "a" * min(most, 2000)]
        return [text for text in dict.fromkeys(found) if least <= len(text) <= most]

    def _arrays(self, schema: Schema, depth: int, *, plain: bool) -> Iterator[Any]:
        least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", 1000))
        if isinstance(first := schema.get("prefixItems"), list):
            yield [self.plain(item, depth + 1) for item in first]
            return
        items = schema.get("items", True)
        is_unique = schema.get("uniqueItems") is True
        edges = list(islice(self.of(items, depth + 1), _MOST_OF_ONE))
        one = self.plain(items, depth + 1)
        wanted = [[one], [one, one], [], [one] * 3]
        if plain:
            wanted = [[one] * max(1, least)]
        else:
            wanted += [[edge] for edge in edges] + [[one, edge] for edge in edges[:8]]
            wanted += [edges[:6], edges[5::-1], [one] * max(least, min(most, 60)), [one] * least]
        for value in wanted:
            found = _unique(value) if is_unique else value
            if least <= len(found) <= most:
                yield found

    def _objects(self, schema: Schema, depth: int, *, plain: bool) -> Iterator[Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            yield from self._maps(schema, depth, plain=plain)
            return
        whole = {name: self.plain(one, depth + 1) for name, one in properties.items()}
        needed = set(schema.get("required") or ())
        yield whole
        if plain:
            return
        yield {name: value for name, value in whole.items() if name in needed}
        for name, one in properties.items():
            for edge in islice(self.of(one, depth + 1), 8):
                yield {**whole, name: edge}

    def _maps(self, schema: Schema, depth: int, *, plain: bool) -> Iterator[Any]:
        further = schema.get("additionalProperties", True)
        if further is False:
            yield {}
            return
        one = self.plain(further, depth + 1)
        yield {"a": one}
        if plain:
            return
        yield {}
        for key in ("", "A b", "é", "0"):
            yield {key: one}
        for edge in islice(self.of(further, depth + 1), 10):
            yield {"a": edge}
            yield {"a": one, "b": edge}


def _plain_first(
    values: list[Any], is_plain: Callable[[Any], bool], *, plain: bool
) -> Iterator[Any]:
    if plain:
        yield from (value for value in values if is_plain(value))
    yield from values


def _is_plain_text(text: str) -> bool:
    return 0 < len(text) <= 40 and text.isascii() and text.strip() == text and text[:1].isalnum()


def _is_plain_number(value: float) -> bool:
    return 0 < value < 1000


def _whole(schema: Schema) -> list[int]:
    least, most = whole_bounds(schema)
    step = schema.get("multipleOf")
    step = step if isinstance(step, int) and step > 0 else 1
    found = [*_WHOLE[:8], least, most, least + 1, most - 1, *_WHOLE[8:]]
    if step > 1:
        found = [step, 0, -step, 2 * step, math.ceil(least / step) * step, most // step * step]
    return [value for value in dict.fromkeys(found) if least <= value <= most]


def _real(schema: Schema) -> list[float]:
    least, most, above, below = real_bounds(schema)
    found = [*_REAL[:7], least, most, *_REAL[7:], (least + most) / 2]
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and step > 0:
        found = [0.0, step, 2 * step, -step]
    return [
        value
        for value in dict.fromkeys(found)
        if (value > least or (value == least and not above))
        and (value < most or (value == most and not below))
    ]


def _unique(values: list[Any]) -> list[Any]:
    return list({repr(value): value for value in values}.values())
