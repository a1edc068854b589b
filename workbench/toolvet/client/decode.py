"""From the service's JSON back to the frozen dataclasses it was made from, by their type hints.

Unknown fields are passed over, so that an older face can read a newer service; a missing or
wrongly typed one is an error, never a guess.
"""

import dataclasses
import functools
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, TypeVar, Union, cast

from toolvet.client.errors import AnswerError

T = TypeVar("T")
_Reader = Callable[[object], object]


def decode(kind: type[T], value: object) -> T:
    """Build a dataclass from JSON.

    Args:
        kind: A frozen dataclass whose fields are scalars, literals, unions, tuples, dictionaries
            or such dataclasses.
        value: As `json.loads` gives it.

    Raises:
        AnswerError: A field is missing or of another type.
    """
    return cast("T", _reader(kind)(value))


def decode_list(kind: type[T], value: object) -> list[T]:
    """Build a list of dataclasses.

    Raises:
        AnswerError: Not a list of these.
    """
    if not isinstance(value, list):
        raise _wrong("a list", value)
    return [decode(kind, item) for item in cast("list[object]", value)]


@functools.cache
def _reader(hint: Any) -> _Reader:  # noqa: ANN401, RUF100
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(cast("type[object]", hint))
    origin = typing.get_origin(hint)
    if origin is Literal:
        return _literal_reader(typing.get_args(hint))
    if origin in (Union, types.UnionType):
        return _union_reader(typing.get_args(hint))
    if origin is tuple:
        return _tuple_reader(typing.get_args(hint)[0])
    if origin is dict or hint is dict:
        return _object
    if origin is list or hint is list:
        return _array
    return _scalar_reader(getattr(hint, "__supertype__", hint))


def _dataclass_reader(kind: type[object]) -> _Reader:
    hints = typing.get_type_hints(kind, localns={"Json": Any})  # not every module imports it
    fields = dataclasses.fields(cast("Any", kind))
    # Readers of fields are made at first use: a dataclass may hold itself.
    required = [f.name for f in fields if _has_no_default(f)]

    def read(value: object) -> object:
        given = _object(value)
        for name in required:
            if name not in given:
                raise AnswerError(f"the answer lacks {kind.__name__}.{name}")
        known = {
            f.name: _field(kind, f.name, hints[f.name], given) for f in fields if f.name in given
        }
        return kind(**known)

    return read


def _has_no_default(field: "dataclasses.Field[Any]") -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _field(kind: type[object], name: str, hint: object, given: dict[str, object]) -> object:
    try:
        return _reader(hint)(given[name])
    except AnswerError as error:
        raise AnswerError(f"{kind.__name__}.{name}: {error}") from None


def _literal_reader(allowed: tuple[object, ...]) -> _Reader:
    def read(value: object) -> object:
        if value not in allowed:
            raise _wrong(f"one of {', '.join(map(str, allowed))}", value)
        return value

    return read


def _union_reader(members: tuple[object, ...]) -> _Reader:
    if _is_json(members):
        return lambda value: value

    def read(value: object) -> object:
        if value is None and type(None) in members:
            return None
        problem = _wrong("a known shape", value)
        for member in members:
            try:
                return _reader(member)(value) if member is not type(None) else _none(value)
            except AnswerError as error:
                problem = error
        raise problem

    return read


def _is_json(members: tuple[object, ...]) -> bool:
    return {bool, int, float, str}.issubset(m for m in members if isinstance(m, type))


def _none(value: object) -> None:
    if value is not None:
        raise _wrong("null", value)


def _tuple_reader(item: object) -> _Reader:
    return lambda value: tuple(_reader(item)(one) for one in _array(value))


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong("an object", value)
    return cast("dict[str, object]", value)


def _array(value: object) -> list[object]:
    if not isinstance(value, list):
        raise _wrong("a list", value)
    return cast("list[object]", value)


def _scalar_reader(kind: object) -> _Reader:
    if kind is object or kind is Any:
        return lambda value: value
    if kind is float:
        return _number
    if not (kind is str or kind is int or kind is bool):
        raise TypeError(f"views hold no {kind!r}")
    wanted = cast("type[object]", kind)

    def read(value: object) -> object:
        # bool is an int in Python, but not in JSON.
        if type(value) is not wanted:
            raise _wrong(wanted.__name__, value)
        return value

    return read


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong("a number", value)
    return float(value)


def _wrong(expected: str, value: object) -> AnswerError:
    return AnswerError(f"expected {expected}, got {type(value).__name__} {str(value)[:60]!r}")
