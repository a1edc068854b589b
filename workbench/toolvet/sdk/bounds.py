"""Bounds on values, written as `Annotated[int, Ge(1), Le(100)]`; they become JSON Schema.

`Annotated[str, "what it means"]` describes a value, `Unit("ms")` names its unit.
"""

import re
from dataclasses import dataclass
from typing import cast

Number = int | float


@dataclass(frozen=True)
class Ge:
    """At least."""

    value: Number


@dataclass(frozen=True)
class Gt:
    """More than."""

    value: Number


@dataclass(frozen=True)
class Le:
    """At most."""

    value: Number


@dataclass(frozen=True)
class Lt:
    """Less than."""

    value: Number


@dataclass(frozen=True)
class MultipleOf:
    """A whole multiple."""

    value: Number


@dataclass(frozen=True)
class MinLen:
    """Characters, items or keys, at least."""

    value: int


@dataclass(frozen=True)
class MaxLen:
    """Characters, items or keys, at most."""

    value: int


@dataclass(frozen=True)
class Pattern:
    """A regular expression found somewhere in the text; anchor it with `^` and `$`.

    Only the linear-time dialect is accepted: no look-around, no back-references.
    """

    value: str


@dataclass(frozen=True)
class Unit:
    """The unit of a number, shown to callers."""

    value: str


Bound = Ge | Gt | Le | Lt | MultipleOf | MinLen | MaxLen | Pattern | Unit
BOUNDS = (Ge, Gt, Le, Lt, MultipleOf, MinLen, MaxLen, Pattern, Unit)

_NUMBERS = {
    Ge: "minimum",
    Gt: "exclusiveMinimum",
    Le: "maximum",
    Lt: "exclusiveMaximum",
    MultipleOf: "multipleOf",
}
_LENGTHS = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}


def keyword(bound: Bound, kind: str) -> str:
    """Return the JSON Schema keyword of a bound on a JSON type; empty when it does not fit."""
    if isinstance(bound, Unit):
        return "x-unit" if kind in ("integer", "number") else ""
    if isinstance(bound, Pattern):
        return "pattern" if kind == "string" else ""
    if isinstance(bound, MinLen | MaxLen):
        lowest, highest = _LENGTHS.get(kind, ("", ""))
        return lowest if isinstance(bound, MinLen) else highest
    return _NUMBERS[type(bound)] if kind in ("integer", "number") else ""


def _length(value: object) -> int:
    return len(cast("str", value)) if isinstance(value, str | list | dict) else 0


def holds(bound: Bound, value: object) -> bool:
    """Tell whether a JSON value keeps a bound; bounds of another type hold."""
    if isinstance(bound, MinLen):
        return _length(value) >= bound.value
    if isinstance(bound, MaxLen):
        return _length(value) <= bound.value
    if isinstance(bound, Pattern):
        return not isinstance(value, str) or re.search(bound.value, value) is not None
    if isinstance(bound, Unit) or isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return _number_holds(bound, value)


def _number_holds(bound: Ge | Gt | Le | Lt | MultipleOf, value: Number) -> bool:
    match bound:
        case Ge(lowest):
            return value >= lowest
        case Gt(lowest):
            return value > lowest
        case Le(highest):
            return value <= highest
        case Lt(highest):
            return value < highest
        case MultipleOf(step):
            return value % step == 0
