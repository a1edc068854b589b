"""From annotations to shapes. What cannot be said exactly in JSON Schema is refused, with a hint."""

import dataclasses
import enum
import inspect
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal, Union, cast, get_args, get_origin
from uuid import UUID

from toolvet.sdk.bounds import BOUNDS, keyword
from toolvet.sdk.composites import (
    Bounded,
    Either,
    Field,
    FixedTuple,
    Items,
    Map,
    Record,
)
from toolvet.sdk.errors import DescribeError, ResultError
from toolvet.sdk.shapes import Choice, Integer, NoneShape, Plain, Real, Shape, Text

_TYPES_HINT = (
    "Use bool, int, float, str, None, list[T], dict[str, T], tuple, set, dataclass, TypedDict, "
    "NamedTuple, Enum, Literal, unions, date, time, datetime, Decimal, UUID or File."
)


def _parse_datetime(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("it has no offset from UTC")
    return moment


def _write_datetime(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return moment.isoformat().replace("+00:00", "Z")


def _parse_decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError("it is not finite")
    return value


def _write_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} is not finite")
    return format(value, "f")


_SIMPLE: dict[Any, Shape] = {
    None: NoneShape(),
    types.NoneType: NoneShape(),
    bool: Plain(bool, "boolean"),
    str: Plain(str, "string"),
    int: Integer(),
    float: Real(),
    date: Text(date, {"format": "date"}, date.fromisoformat, date.isoformat),
    datetime: Text(datetime, {"format": "date-time"}, _parse_datetime, _write_datetime),
    time: Text(
        time,
        {"pattern": r"^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([+-][0-9]{2}:[0-9]{2}|Z)?$"},
        time.fromisoformat,
        time.isoformat,
    ),
    Decimal: Text(
        Decimal, {"pattern": r"^-?[0-9]{1,64}(\.[0-9]{1,64})?$"}, _parse_decimal, _write_decimal
    ),
    UUID: Text(UUID, {"format": "uuid"}, UUID, str),
}
_BARE = (list, dict, tuple, set, frozenset, Any, object, Sequence, Iterable, Mapping)


class Annotations:
    """Turns annotations into shapes, and remembers records, so that they may refer to themselves."""

    def __init__(self) -> None:
        self._records: dict[Any, Record] = {}
        self._unfinished: set[Any] = set()

    def shape(self, annotation: Any, where: str) -> Shape:
        """Return the shape of an annotation.

        Args:
            annotation: Resolved, with `Annotated` kept.
            where: What to call it in an error.

        Raises:
            DescribeError: It has no exact form in JSON.
        """
        while isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        annotation = getattr(annotation, "__value__", annotation)  # a `type` statement
        if isinstance(annotation, type | types.NoneType) and annotation in _SIMPLE:
            return _SIMPLE[annotation]
        if annotation in _BARE:
            raise DescribeError(
                "interface.untyped", f"{where}: says nothing about what is in it", _TYPES_HINT
            )
        origin = get_origin(annotation)
        if origin is not None:
            return self._composed(origin, get_args(annotation), annotation, where)
        if isinstance(annotation, type):
            return self._class(annotation, where)
        raise self._unsupported(annotation, where)

    def _unsupported(self, annotation: Any, where: str) -> DescribeError:
        shown = getattr(annotation, "__name__", None) or str(annotation)
        return DescribeError(
            "interface.unsupported_type", f"{where}: {shown[:80]} has no JSON form", _TYPES_HINT
        )

    def _composed(self, origin: Any, arguments: tuple[Any, ...], whole: Any, where: str) -> Shape:
        if origin is typing.Annotated:
            return self._annotated(arguments[0], arguments[1:], where)
        if origin is Literal:
            return self._literal(arguments, where)
        if origin in (Union, types.UnionType):
            return Either(tuple(self.shape(option, where) for option in arguments))
        if origin in (typing.Required, typing.NotRequired):
            return self.shape(arguments[0], where)
        if origin is tuple:
            return self._tuple(arguments, where)
        if origin in (dict, Mapping) and len(arguments) == 2:
            return self._dict(arguments[0], arguments[1], where)
        if origin in (list, Sequence, Iterable):
            return Items(self.shape(arguments[0], f"{where}[]"), list, (list, tuple))
        if origin in (set, frozenset, AbstractSet):
            make = set if origin is set else frozenset
            return Items(self.shape(arguments[0], f"{where}[]"), make, (set, frozenset), True)  # noqa: FBT003
        raise self._unsupported(whole, where)

    def _tuple(self, arguments: tuple[Any, ...], where: str) -> Shape:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return Items(self.shape(arguments[0], f"{where}[]"), tuple, (tuple, list))
        items = (self.shape(item, f"{where}[{n}]") for n, item in enumerate(arguments))
        return FixedTuple(tuple(items))

    def _dict(self, key: Any, item: Any, where: str) -> Shape:
        if not isinstance(self.shape(key, f"{where} (keys)"), Plain) or key is bool:
            raise DescribeError(
                "interface.unsupported_type",
                f"{where}: the keys of a JSON object are text",
                "Use dict[str, T], or a list of records.",
            )
        return Map(self.shape(item, f"{where}[]"))

    def _literal(self, values: tuple[Any, ...], where: str) -> Shape:
        if not all(value is None or isinstance(value, str | int | bool) for value in values):
            raise self._unsupported(Literal, where)
        if any(isinstance(value, enum.Enum) for value in values):
            return Choice(tuple((value.value, value) for value in values))
        return Choice(tuple((value, value) for value in values))

    def _annotated(self, annotation: Any, metadata: tuple[Any, ...], where: str) -> Shape:
        shape = self.shape(annotation, where)
        bounds = tuple(item for item in metadata if isinstance(item, BOUNDS))
        description = next((item for item in metadata if isinstance(item, str)), "")
        kind = shape.schema({}).get("type", "")
        for bound in bounds:
            if not keyword(bound, kind):
                raise DescribeError(
                    "interface.bound",
                    f"{where}: {type(bound).__name__} does not fit {kind or 'this type'}",
                    "Put the bound on the type it is about.",
                )
        return Bounded(shape, bounds, description)

    def _class(self, python: Any, where: str) -> Shape:
        if issubclass(python, enum.Enum):
            members = list(python)
            if members and all(isinstance(item.value, str | int) for item in members):
                return Choice(tuple((item.value, item) for item in members))
            raise self._unsupported(python, where)
        if typing.is_typeddict(python):
            return self._record(python, dict, _is_dict, dict, where)
        if _is_named_tuple(python):
            return self._record(python, python, _is_a(python), _read_named_tuple, where)
        if dataclasses.is_dataclass(python):
            return self._record(python, python, _is_a(python), _read_dataclass, where)
        raise self._unsupported(python, where)

    def _record(self, python: Any, make: Any, accepts: Any, read: Any, where: str) -> Shape:
        known = self._records.get(python)
        if known is not None:
            known.recursive = known.recursive or python in self._unfinished
            return known
        record = Record(python.__name__, make, accepts, read)
        record.description = _own_docstring(python)
        self._records[python] = record
        self._unfinished.add(python)
        record.fields = tuple(self._fields(python, where))
        self._unfinished.discard(python)
        return record

    def _fields(self, python: Any, where: str) -> Iterable[Field]:
        hints = resolve(python, where)
        if typing.is_typeddict(python):
            required: frozenset[str] = python.__required_keys__
            for name, hint in hints.items():
                yield Field(name, self.shape(hint, f"{where}.{name}"), name in required)
            return
        for name, default in _defaults(python):
            if name not in hints:
                raise DescribeError("interface.untyped", f"{where}.{name} has no annotation")
            yield self.field(name, hints[name], default, f"{where}.{name}")

    def field(self, name: str, annotation: Any, default: Any, where: str) -> Field:
        """Return a field; `inspect.Parameter.empty` means no default, `MISSING` one made by code."""
        shape = self.shape(annotation, where)
        if default is inspect.Parameter.empty:
            return Field(name, shape)
        if default is dataclasses.MISSING:
            return Field(name, shape, required=False)
        try:
            json = shape.dump(default, where)
        except ResultError as error:
            raise DescribeError(
                "interface.bad_default", f"the default does not fit: {error}", "Change one of both."
            ) from None
        return Field(name, shape, required=False, has_default=True, default=json)


def resolve(thing: Any, where: str) -> dict[str, Any]:
    """Return the annotations of a function or class, names looked up.

    Raises:
        DescribeError: A name in them is not defined.
    """
    try:
        return typing.get_type_hints(thing, include_extras=True)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        raise DescribeError(
            "interface.unresolved",
            f"{where}: an annotation cannot be looked up: {error}",
            "Import what it names at the top of the module, outside TYPE_CHECKING.",
        ) from None


def _is_named_tuple(python: Any) -> bool:
    return issubclass(python, tuple) and hasattr(cast("Any", python), "_asdict")


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_a(python: Any) -> Any:
    return lambda value: isinstance(value, python)  # type: ignore[no-any-return]


def _read_dataclass(value: Any) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in dataclasses.fields(value) if item.init}


def _read_named_tuple(value: Any) -> dict[str, Any]:
    return value._asdict()


def _own_docstring(python: Any) -> str:
    text = python.__dict__.get("__doc__") or ""
    if text.startswith(f"{python.__name__}("):  # dataclass and NamedTuple make one of the signature
        return ""
    return inspect.cleandoc(text).partition("\n")[0]


def _defaults(python: Any) -> Iterable[tuple[str, Any]]:
    empty = inspect.Parameter.empty
    if not dataclasses.is_dataclass(python):
        for name in python._fields:
            yield name, python._field_defaults.get(name, empty)
        return
    for item in dataclasses.fields(python):
        if not item.init:
            continue
        if item.default is not dataclasses.MISSING:
            yield item.name, item.default
        elif item.default_factory is not dataclasses.MISSING:
            yield item.name, dataclasses.MISSING
        else:
            yield item.name, empty
