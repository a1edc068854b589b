"""A set of arguments that showed something: how plain it is, what is smaller, how it reads as a test.

Pure; no I/O. What is written into a test is spelled in ASCII: it was chosen to be odd.
"""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import one_line

Expectation = Literal["returns", "repeats", "holds"]
"""`returns`: any result will do. `repeats`: twice the same one. `holds`: the invariant is true."""

ORDINARY_NUMBER = 10_000
ORDINARY_TEXT = 100
ORDINARY_ITEMS = 12
_WIDTH = 92
_NO_NAME = re.compile(r"[^a-z0-9]+")
_SHORTEST = 1e-9
_PLAIN = frozenset(string.printable) - {"\x0b", "\x0c"}


@dataclass(frozen=True)
class Case:
    """One set of arguments, and what became of it."""

    arguments: JsonObject
    what: str
    """The kind of failure: `crash`, `schema`, `repeat`, `invariant`, …"""
    message: str
    expects: Expectation = "returns"
    check: str = ""
    """`module:function` of the invariant, when that is what did not hold."""


def is_ordinary(value: Json) -> bool:
    """Tell whether anybody might call with such a value on any day.

    Numbers up to ten thousand, short printable ASCII, a dozen items at most. What fails beyond that
    fails for its size, and only a tool that promised to bear it is to blame.
    """
    if isinstance(value, str):
        return len(value) <= ORDINARY_TEXT and all(mark in _PLAIN for mark in value)
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return value == 0 or _SHORTEST <= abs(value) <= ORDINARY_NUMBER
    if isinstance(value, list):
        return len(value) <= ORDINARY_ITEMS and all(map(is_ordinary, value))
    return len(value) <= ORDINARY_ITEMS and all(
        is_ordinary(name) and is_ordinary(item) for name, item in value.items()
    )


def weight(value: Json) -> tuple[int, float]:
    """Give the order of plainness: fewer parts first, then smaller numbers and shorter texts."""
    if isinstance(value, str):
        odd = sum(not mark.isascii() or not mark.isalnum() for mark in value)
        return 1, len(value) + odd
    if isinstance(value, bool) or value is None:
        return 1, 0.0
    if isinstance(value, int | float):
        return 1, min(abs(float(value)), 1e300) + (value < 0) + (
            0.0 if float(value).is_integer() else 0.5
        )
    parts = list(value) if isinstance(value, list) else list(value.values())
    weights = [weight(part) for part in parts]
    return 1 + sum(one for one, _ in weights), sum(size for _, size in weights)


def smaller(value: Json, *, most: int = 200) -> Iterator[Json]:
    """Make plainer values of one, the boldest steps first.

    Every value has a lower weight than the one it was made from, so that trying them again and again
    comes to an end.
    """
    before = weight(value)
    return (one for one in islice(_smaller(value), most) if weight(one) < before)


def _smaller(value: Json) -> Iterator[Json]:
    if isinstance(value, str):
        yield from _smaller_text(value)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield from _smaller_number(value)
    elif isinstance(value, list):
        yield from _smaller_list(value)
    else:
        yield from _smaller_object(value)


def _smaller_text(text: str) -> Iterator[str]:
    yield ""
    yield "a"
    half = len(text) // 2
    yield text[:half]
    yield text[half:]
    for place in range(min(len(text), 16)):
        yield text[:place] + text[place + 1 :]
    if not text.isascii():
        yield "".join(mark if mark.isascii() else "a" for mark in text)


def _smaller_number(value: float) -> Iterator[Json]:
    yield from (0, 1, 2, -1)
    if isinstance(value, float):
        if abs(value) < 2**53:
            yield int(value)
        yield round(value, 1)
    yield from (10, 100, 1000, 10_000)
    whole = int(value)
    for part in (2, 10):
        if abs(whole) > part:
            yield whole // part if whole > 0 else -(-whole // part)
    if whole:
        yield whole - 1 if whole > 0 else whole + 1


def _smaller_list(items: list[Json]) -> Iterator[Json]:
    yield []
    half = len(items) // 2
    if half:
        yield items[:half]
        yield items[half:]
    for place in range(min(len(items), 12)):
        yield items[:place] + items[place + 1 :]
    for place, item in enumerate(items[:12]):
        for one in islice(_smaller(item), 24):
            yield [*items[:place], one, *items[place + 1 :]]


def _smaller_object(items: JsonObject) -> Iterator[Json]:
    for name in items:
        yield {key: item for key, item in items.items() if key != name}
    for name, item in islice(items.items(), 12):
        for one in islice(_smaller(item), 40):
            yield {**items, name: one}


def as_test(entry: str, case: Case) -> str:
    """Write a case as a pytest module, ready to be laid below `tests/`.

    Args:
        entry: `module:function` of the tool.
        case: What it is about.
    """
    module, _, function = entry.partition(":")
    imports = {module: [function]}
    if case.expects == "holds" and case.check:
        there, _, check = case.check.partition(":")
        imports.setdefault(there, []).append(check)
    named = "\n".join(
        f"from {name} import {', '.join(sorted(set(what)))}"
        for name, what in sorted(imports.items())
    )
    return _TEST.format(
        imports=named,
        name=f"test_{_snake(function)}_{_snake(case.what)}_of_{_snake(_hint(case.arguments))}"[
            :100
        ].rstrip("_"),
        doc=_quoted(case.message),
        arguments=_literal(case.arguments),
        function=function,
        body=_BODIES[case.expects].format(function=function, check=case.check.rpartition(":")[2]),
    )


_TEST = '''\
"""A case that verification found."""

from toolvet.sdk import Context
from toolvet.sdk.convert import call
from toolvet.sdk.schema import interface

{imports}


def {name}() -> None:
    # Found by verification: {doc}.
    # Say here what it has to give instead.
    arguments = {arguments}

{body}'''

_BODIES: dict[Expectation, str] = {
    "returns": "    call(interface({function}), arguments, Context.for_tests())\n",
    "repeats": (
        "    first = call(interface({function}), arguments, Context.for_tests())\n"
        "    again = call(interface({function}), arguments, Context.for_tests())\n\n"
        "    assert first == again\n"
    ),
    "holds": (
        "    result = call(interface({function}), arguments, Context.for_tests())\n\n"
        "    assert {check}(arguments, result)\n"
    ),
}


def _snake(text: str) -> str:
    return _NO_NAME.sub("_", text.lower()).strip("_")[:40] or "case"


def _hint(arguments: JsonObject) -> str:
    """Name the argument that is least ordinary, or empty."""
    for name, value in arguments.items():
        if value in ("", [], {}, 0) and not isinstance(value, bool):
            return f"no {name}"
    odd = [name for name, value in arguments.items() if not is_ordinary(value)]
    return " ".join(odd[:2]) or " ".join(list(arguments)[:3]) or "nothing"


def _quoted(text: str) -> str:
    return ascii(one_line(text, 160))[1:-1]


def _literal(value: Json, indent: int = 1) -> str:
    """Write a value as Python, in ASCII, broken into lines where it is long."""
    flat = _flat(value)
    if len(flat) + 4 * indent <= _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner, outer = "    " * (indent + 1), "    " * indent
    if isinstance(value, list):
        lines = [f"{inner}{_literal(item, indent + 1)},\n" for item in value]
        return "[\n" + "".join(lines) + f"{outer}]"
    lines = [f"{inner}{key!a}: {_literal(item, indent + 1)},\n" for key, item in value.items()]
    return "{\n" + "".join(lines) + f"{outer}}}"


def _flat(value: Json) -> str:
    if isinstance(value, str) and "'" not in value and '"' not in value:
        return f'"{ascii(value)[1:-1]}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_flat, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in value.items()) + "}"
    return ascii(value)
