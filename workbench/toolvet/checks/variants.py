"""Arguments near those somebody gave: one place changed at a time. Pure; no I/O.

Where two versions of a tool disagree, they often do so beside a case that both get right: at zero,
with one item less, without the argument that has a default.
"""

import copy
from collections.abc import Iterator
from itertools import islice, zip_longest

from toolvet.checks import reading
from toolvet_reviews.values import Json, JsonObject

_DEEPEST = 4
_MOST_PLACES = 60
Path = tuple[str | int, ...]


def variants(arguments: JsonObject, schema: JsonObject, most: int) -> list[JsonObject]:
    """Give arguments that differ from these in one place.

    Args:
        arguments: Of an example or a call.
        schema: Of the input; which of these fit it is for the caller to find out.
        most: At most so many, taken from every place in turn.
    """
    properties = reading.entry(schema.get("properties"))
    required = reading.texts(schema.get("required"))
    turns: list[list[JsonObject]] = [_without(arguments, required)]
    for name, described in properties.items():
        allowed = reading.entry(described).get("enum")
        if isinstance(allowed, list):
            turns.append(
                [{**arguments, name: one} for one in allowed if one != arguments.get(name)]
            )
    turns += [
        [_with(arguments, path, value) for value in _near(_at(arguments, path))]
        for path in islice(_places(arguments, ()), _MOST_PLACES)
    ]
    in_turn = (one for row in zip_longest(*turns) for one in row if one is not None)
    return list(islice(in_turn, most))


def _without(arguments: JsonObject, required: list[str]) -> list[JsonObject]:
    return [
        {name: value for name, value in arguments.items() if name != left_out}
        for left_out in arguments
        if left_out not in required
    ]


def _places(value: Json, path: Path) -> Iterator[Path]:
    """Walk to everything that can be changed; of a list its first and last item only."""
    if path:
        yield path
    if len(path) >= _DEEPEST:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, (*path, name))
    elif isinstance(value, list) and value:
        for index in sorted({0, len(value) - 1}):
            yield from _places(value[index], (*path, index))


def _at(value: Json, path: Path) -> Json:
    for part in path:
        if isinstance(value, dict):
            value = value[str(part)]
        elif isinstance(value, list):
            value = value[int(part)]
    return value


def _with(arguments: JsonObject, path: Path, value: Json) -> JsonObject:
    changed = copy.deepcopy(arguments)
    holder = _at(changed, path[:-1])
    if isinstance(holder, dict):
        holder[str(path[-1])] = value
    elif isinstance(holder, list):
        holder[int(path[-1])] = value
    return changed


def _near(value: Json) -> list[Json]:
    match value:
        case bool():
            return [not value]
        case int():
            return [near for near in (value + 1, value - 1, 0, value * 10, -value) if near != value]
        case float():
            return [
                near for near in (0, value + 0.01, value / 3, value * 10, -value) if near != value
            ]
        case str():
            near = ("", f"{value} ", value.upper(), value[:1], value * 2, f"{value}é")
            return [one for one in near if one != value]
        case list():
            return _lists(value)
        case _:
            return []


def _lists(value: list[Json]) -> list[Json]:
    near: list[list[Json]] = [[], value[:1], value[1:], value[::-1], [*value, *value]]
    return [one for one in near if one != value]
