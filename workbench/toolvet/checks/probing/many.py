"""Arguments of a long run: an example's list with many more items like its own. Pure; no I/O."""

import copy
from collections.abc import Callable
from typing import NamedTuple

from toolvet_reviews.values import Json, JsonObject

MANY = 120
LONG = 100
"""Items from which on a run is long work."""
_STYLES: tuple[Callable[[str, int], str], ...] = (
    lambda text, number: f"{text}{number}",
    lambda text, number: f"{number}{text}",
    lambda text, number: f"{text.partition('@')[0]}{number}@{text.partition('@')[2]}",
    lambda text, number: f"{text}-{number}",
    lambda text, number: text[: max(0, len(text) - 3)] + f"{number:03d}",
)  # fmt: skip
"""Ways of making another text of the same form."""


class Many(NamedTuple):
    """Arguments with one long list."""

    name: str
    arguments: JsonObject


def many(arguments: JsonObject, fits: Callable[[JsonObject], bool]) -> Many | None:
    """Lengthen the first list that may hold so many; None when none may.

    Args:
        arguments: Of an example.
        fits: Tells whether arguments fit the input schema.
    """
    for name, value in arguments.items():
        if not isinstance(value, list) or not value:
            continue
        varied = _varied(value[0], lambda item, n=name: fits({**arguments, n: [item]}))
        if varied is None:
            continue
        longer: JsonObject = {**arguments, name: [varied(number) for number in range(MANY)]}
        if fits(longer):
            return Many(name, longer)
    return None


def _varied(item: Json, fits: Callable[[Json], bool]) -> Callable[[int], Json] | None:
    """Find a way to make other items like one; None when nothing fits."""
    if isinstance(item, dict):
        return _varied_fields(item, fits)
    if isinstance(item, bool) or not isinstance(item, str | int):
        return None
    return _varied_value(item, fits)


def _varied_value(item: str | int, fits: Callable[[Json], bool]) -> Callable[[int], Json] | None:
    if isinstance(item, int):
        return (lambda number: item + number) if fits(item + MANY) else None
    for style in _STYLES:
        if fits(style(item, MANY)) and style(item, 1) != style(item, 2):
            return lambda number, made=style: made(item, number)
    return None


def _varied_fields(item: JsonObject, fits: Callable[[Json], bool]) -> Callable[[int], Json] | None:
    ways: dict[str, Callable[[int], Json]] = {}
    for name, value in item.items():
        if isinstance(value, str) and value:
            way = _varied_value(value, lambda new, n=name: fits({**item, n: new}))
            if way is not None:
                ways[name] = way
    if not ways:
        return None

    def made(number: int) -> Json:
        new: JsonObject = copy.deepcopy(item)
        new.update({name: way(number) for name, way in ways.items()})
        return new

    return made
