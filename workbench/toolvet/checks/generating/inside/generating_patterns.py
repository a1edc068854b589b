"""Texts that match a regular expression, as a strategy. Runs confined, beside hypothesis.

Hypothesis has one of its own, which reads all of Unicode first and takes a second for it. This one
knows what schemas use; whatever else a pattern holds goes to theirs.

Source: `re._parser`, whose trees it walks.
"""

# Modules here find each other by name only behind the walls, and a schema is JSON of any form:
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportUnknownParameterType=false

import re
import string
from typing import Any

from hypothesis import strategies as st

_PARSER: Any = getattr(re, "_parser")  # noqa: B009 - private to `re`, and the only reader of patterns there is
_PRINTABLE = string.ascii_letters + string.digits + " -_.,:;/'\"!?#%&()*+<=>@[]^`{|}~$\\"
_CLASSES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_letters + " -_.",
    "CATEGORY_SPACE": " \t",
    "CATEGORY_NOT_SPACE": string.ascii_letters + string.digits + "-_.",
    "CATEGORY_WORD": string.ascii_letters + string.digits + "_",
    "CATEGORY_NOT_WORD": " -.,:/",
}
_MOST_REPEATS = 12
_MOST_RANGE = 400
Texts = st.SearchStrategy[str]


class UnusualError(Exception):
    """The pattern holds something that this module leaves to others."""


def texts_matching(pattern: str) -> Texts:
    """Make texts that a pattern is found in.

    Raises:
        re.error: It is no pattern of Python's.
    """
    try:
        return _sequence(_PARSER.parse(pattern))
    except (UnusualError, RecursionError):
        return st.from_regex(re.compile(pattern))


def _sequence(parsed: Any) -> Texts:
    parts = [_one(str(kind), value) for kind, value in parsed]
    if len(parts) == 1:
        return parts[0]
    return st.tuples(*parts).map("".join)


def _one(kind: str, value: Any) -> Texts:
    match kind:
        case "LITERAL":
            return st.just(chr(value))
        case "NOT_LITERAL":
            return st.sampled_from([mark for mark in _PRINTABLE if mark != chr(value)])
        case "ANY":
            return st.sampled_from(_PRINTABLE)
        case "IN":
            return st.sampled_from(_members(value))
        case "AT":
            return st.just("")
        case "BRANCH":
            return st.one_of([_sequence(branch) for branch in value[1]])
        case "SUBPATTERN":
            return _sequence(value[3])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _repeat(*value)
        case _:
            raise UnusualError(kind)


def _repeat(least: int, most: Any, inner: Any) -> Texts:
    highest = min(int(most), max(least, _MOST_REPEATS))
    return st.lists(_sequence(inner), min_size=least, max_size=highest).map("".join)


def _members(items: Any) -> list[str]:
    found: dict[str, None] = {}
    negated = False
    for raw, value in items:
        kind = str(raw)
        if kind == "NEGATE":
            negated = True
        elif kind == "LITERAL":
            found[chr(value)] = None
        elif kind == "RANGE":
            first, last = value
            found.update(dict.fromkeys(map(chr, range(first, min(last, first + _MOST_RANGE) + 1))))
        elif kind == "CATEGORY":
            found.update(dict.fromkeys(_CLASSES.get(str(value), "")))
        else:
            raise UnusualError(kind)
    chosen = [mark for mark in _PRINTABLE if mark not in found] if negated else [*found]
    if not chosen:
        raise UnusualError("an empty class")
    return chosen
