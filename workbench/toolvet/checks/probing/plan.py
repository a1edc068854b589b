"""Which points of an operation are disturbed, in an order that a verdict repeats. Pure; no I/O."""

import random
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from toolvet.checks.taps import OUTSIDE, Happened
from toolvet_reviews.bundle import Idempotency
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import one_line

Probe = Literal[
    "same key twice", "killed", "reply lost", "two at once", "grown", "other arguments"
]  # fmt: skip


class Point(NamedTuple):
    """One place in one example's run."""

    probe: Probe
    example: int
    number: int
    """Of the effect, from 1; of those outside for a lost reply."""
    words: str
    shape: str
    """Points of one shape are about the same line of code, most likely."""


def points(example: int, happened: Sequence[Happened]) -> list[Point]:
    """List every place at which an undisturbed run can be disturbed."""
    found: list[Point] = []
    outside = 0
    for number, one in enumerate(happened, 1):
        after = happened[number] if number < len(happened) else None
        shape = f"{_shape(one)} > {_shape(after) if after else 'end'}"
        until = f" and before {_said(after)}" if after else " and before it could answer"
        words = f"after {_said(one)}{until}"
        found.append(Point("killed", example, number, words, shape))
        if one.kind in OUTSIDE:
            outside += 1
            words = f"the reply to {_said(one)}"
            found.append(Point("reply lost", example, outside, words, _shape(one)))
        earlier = _shape(happened[number - 2]) if number > 1 else "start"
        if one.kind == "word":
            continue
        words = f"held before {_said(one)}"
        found.append(Point("two at once", example, number, words, f"{earlier} > {_shape(one)}"))
    return found


def chosen(found: Iterable[Point], most: int, seed: str) -> list[Point]:
    """Choose points: one of each shape first, then others, in an order that the seed fixes."""
    shuffled = sorted(found, key=lambda point: (point.example, point.number))
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - has to repeat, nobody's secret
    shapes: set[str] = set()
    first: list[Point] = []
    rest: list[Point] = []
    for point in shuffled:
        (rest if point.shape in shapes else first).append(point)
        shapes.add(point.shape)
    return [*first, *rest][:most]


def shorter(rule: Idempotency, arguments: JsonObject) -> JsonObject | None:
    """Give the arguments of an earlier, shorter delivery: half of every list that may grow."""
    cut: dict[str, Json] = {}
    for name in rule.may_grow:
        value = arguments.get(name)
        if isinstance(value, list) and len(value) > 1:
            cut[name] = value[: (len(value) + 1) // 2]
    return {**arguments, **cut} if cut else None


def fixed(rule: Idempotency, arguments: JsonObject) -> list[str]:
    """Name the arguments that must be the same under one key: the service refuses others."""
    return sorted(name for name in arguments if name not in (*rule.key, *rule.may_grow))


def _shape(one: Happened) -> str:
    name = one.name.partition("/")[0] if one.kind == "record" else ""
    name = one.name.partition(" ")[0] if one.kind == "request" else name
    return f"{one.kind} {name} {one.what if one.kind == 'step' else ''}".strip()


def _said(one: Happened) -> str:
    return one_line(one.words, 100)
