"""Arguments for a tool from its own schema: edges first, then whatever Hypothesis thinks of.

Runs confined. It is imported and walked once before calls are forked, so that a call pays for
neither. Hypothesis only generates here: what it would judge by runs in another process, and the
failing case is made smaller by us.
"""

# Modules here find each other by name only behind the walls, and a schema is JSON of any form:
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownLambdaType=false, reportUnknownParameterType=false

import json
import random
import re
import warnings
from collections.abc import Iterator
from itertools import islice
from typing import Any

from generating_edges import Edges
from generating_patterns import (
    texts_matching,
)
from generating_strategies import (
    arguments_of,
)
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

MAX_BYTES = 16 * 1024
"""Of one set of arguments, as JSON."""
MAX_ALL = 600 * 1024
_OF_A_PATTERN = 12
_SAMPLE = {
    "properties": {
        "a": {"type": "integer"}, "b": {"type": "array", "items": {"type": "string"}},
        "c": {"type": "number"}, "d": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "e": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
        "f": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
    },
    "required": ["a", "b", "c", "d"],
    "additionalProperties": False,
    "type": "object",
}  # fmt: skip


def make(schema: dict[str, Any], number: int, count: int, examples: list[Any]) -> dict[str, Any]:
    """Make arguments; whether they fit is for somebody else to say.

    Args:
        schema: Of the arguments.
        number: The same gives the same.
        count: How many of them at most.
        examples: Arguments somebody gave.

    Returns:
        `cases`, `edges` (how many of the first are edges), and `trouble` when Hypothesis gave up.
    """
    found: dict[str, Any] = {}
    room = MAX_ALL
    trouble = ""
    edges = 0
    for is_edge, value in _all(schema, number, count, examples):
        if isinstance(value, str):
            trouble = value
            break
        text = json.dumps(value, sort_keys=True)
        if text in found or len(text) > min(MAX_BYTES, room) or not isinstance(value, dict):
            continue
        found[text] = value
        room -= len(text)
        edges += is_edge
        if len(found) >= count:
            break
    return {"cases": list(found.values()), "edges": edges, "trouble": trouble}


def _all(
    schema: dict[str, Any], number: int, count: int, examples: list[Any]
) -> Iterator[tuple[bool, Any]]:
    share = max(1, count * 3 // 5)
    for value in islice(Edges(schema, _matching, examples).arguments(schema), share):
        yield True, value
    try:
        for value in drawn(arguments_of(schema, examples), number, max(10, count - share)):
            yield False, value
    except (HypothesisException, RecursionError, ArithmeticError, TypeError, ValueError) as error:
        yield False, f"{type(error).__name__}: {error}"[:300]


def drawn(strategy: SearchStrategy[Any], number: int, count: int) -> list[Any]:
    """Draw values from a strategy."""
    found: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def _matching(pattern: str) -> list[str]:
    try:
        return list(dict.fromkeys(drawn(texts_matching(pattern), 0, _OF_A_PATTERN)))
    except (HypothesisException, re.error, ArithmeticError, ValueError):
        return []


warnings.simplefilter("ignore")
random.seed(0)
make(_SAMPLE, 0, 60, [{"a": 1}])
