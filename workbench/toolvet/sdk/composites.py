"""Shapes made of other shapes: containers, unions, bounds, records."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from toolvet.sdk.bounds import Bound, Unit, holds, keyword
from toolvet.sdk.errors import ArgumentError, ResultError
from toolvet.sdk.shapes import Definitions, Schema, Shape, bad_argument, bad_result


@dataclass(frozen=True)
class Items(Shape):
    """`list`, `tuple[T, ...]`, `set`, `frozenset`."""

    item: Shape
    make: Callable[[list[Any]], Any]
    accepted: tuple[type, ...]
    unique: bool = False

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        schema: Schema = {"type": "array", "items": self.item.schema(definitions)}
        return {**schema, "uniqueItems": True} if self.unique else schema

    def load(self, value: Any, path: str) -> Any:
        """See Shape."""
        if not isinstance(value, list):
            raise bad_argument(path, "array", value)
        items = cast("list[Any]", value)
        return self.make([self.item.load(item, f"{path}[{n}]") for n, item in enumerate(items)])

    def dump(self, value: Any, path: str) -> list[Any]:
        """See Shape."""
        if not isinstance(value, self.accepted):
            raise bad_result(path, self.accepted[0].__name__, value)
        items = cast("list[Any]", value)
        dumped = [self.item.dump(item, f"{path}[{n}]") for n, item in enumerate(items)]
        return sorted(dumped, key=repr) if self.unique else dumped


@dataclass(frozen=True)
class FixedTuple(Shape):
    """`tuple[A, B]`."""

    items: tuple[Shape, ...]

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        count = len(self.items)
        schema: Schema = {"type": "array", "minItems": count, "maxItems": count, "items": False}
        if self.items:
            schema["prefixItems"] = [item.schema(definitions) for item in self.items]
        return schema

    def load(self, value: Any, path: str) -> tuple[Any, ...]:
        """See Shape."""
        if not isinstance(value, list) or len(cast("list[Any]", value)) != len(self.items):
            raise ArgumentError(f"{path}: expected an array of {len(self.items)}")
        pairs = zip(self.items, cast("list[Any]", value), strict=True)
        return tuple(shape.load(item, f"{path}[{n}]") for n, (shape, item) in enumerate(pairs))

    def dump(self, value: Any, path: str) -> list[Any]:
        """See Shape."""
        if not isinstance(value, tuple) or len(cast("tuple[Any, ...]", value)) != len(self.items):
            raise ResultError(f"{path or 'result'}: expected a tuple of {len(self.items)}")
        pairs = zip(self.items, cast("tuple[Any, ...]", value), strict=True)
        return [shape.dump(item, f"{path}[{n}]") for n, (shape, item) in enumerate(pairs)]


@dataclass(frozen=True)
class Map(Shape):
    """`dict[str, T]`."""

    item: Shape

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        return {"type": "object", "additionalProperties": self.item.schema(definitions)}

    def load(self, value: Any, path: str) -> dict[str, Any]:
        """See Shape."""
        if not isinstance(value, dict):
            raise bad_argument(path, "object", value)
        items = cast("dict[str, Any]", value)
        return {key: self.item.load(item, f"{path}.{key}") for key, item in items.items()}

    def dump(self, value: Any, path: str) -> dict[str, Any]:
        """See Shape."""
        if not isinstance(value, dict):
            raise bad_result(path, "dict", value)
        items = cast("dict[Any, Any]", value)
        if not all(isinstance(key, str) for key in items):
            raise ResultError(f"{path or 'result'}: the keys of an object are text")
        return {str(key): self.item.dump(item, f"{path}.{key}") for key, item in items.items()}


@dataclass(frozen=True)
class Either(Shape):
    """A union: the first option that fits."""

    options: tuple[Shape, ...]

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        return {"anyOf": [option.schema(definitions) for option in self.options]}

    def load(self, value: Any, path: str) -> Any:
        """See Shape."""
        reasons: list[str] = []
        for option in self.options:
            try:
                return option.load(value, path)
            except ArgumentError as error:
                reasons.append(str(error))
        raise ArgumentError(f"{path}: fits no option of the union: {'; '.join(reasons)}")

    def dump(self, value: Any, path: str) -> Any:
        """See Shape."""
        reasons: list[str] = []
        for option in self.options:
            try:
                return option.dump(value, path)
            except ResultError as error:
                reasons.append(str(error))
        raise ResultError(f"{path or 'result'}: fits no option of the union: {'; '.join(reasons)}")


@dataclass(frozen=True)
class Bounded(Shape):
    """A shape with bounds and perhaps a description."""

    shape: Shape
    bounds: tuple[Bound, ...]
    description: str = ""

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        schema = dict(self.shape.schema(definitions))
        for bound in self.bounds:
            schema[keyword(bound, schema.get("type", ""))] = bound.value
        return {**schema, "description": self.description} if self.description else schema

    def _check(self, value: Any, path: str, error: type[ArgumentError | ResultError]) -> None:
        for bound in self.bounds:
            if not isinstance(bound, Unit) and not holds(bound, value):
                raise error(f"{path or 'result'}: breaks {type(bound).__name__}({bound.value!r})")

    def load(self, value: Any, path: str) -> Any:
        """See Shape."""
        loaded = self.shape.load(value, path)
        self._check(value, path, ArgumentError)
        return loaded

    def dump(self, value: Any, path: str) -> Any:
        """See Shape."""
        dumped = self.shape.dump(value, path)
        self._check(dumped, path, ResultError)
        return dumped


@dataclass(frozen=True)
class Field:
    """One field of a record."""

    name: str
    shape: Shape
    required: bool = True
    has_default: bool = False
    default: Any = None
    """As JSON."""

    def schema(self, definitions: Definitions) -> Schema:
        """Return the field's schema with its default."""
        schema = self.shape.schema(definitions)
        return {**schema, "default": self.default} if self.has_default else schema


@dataclass
class Record(Shape):
    """A dataclass, TypedDict or NamedTuple; also the parameters of a function."""

    name: str
    make: Callable[..., Any]
    accepts: Callable[[Any], bool]
    read: Callable[[Any], dict[str, Any]]
    fields: tuple[Field, ...] = ()
    description: str = ""
    recursive: bool = False
    """Refers to itself: its schema goes to the definitions."""

    def _body(self, definitions: Definitions) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {item.name: item.schema(definitions) for item in self.fields},
            "required": [item.name for item in self.fields if item.required],
            "additionalProperties": False,
        }
        return {**schema, "description": self.description} if self.description else schema

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        if not self.recursive:
            return self._body(definitions)
        if self.name not in definitions:
            definitions[self.name] = {}
            definitions[self.name] = self._body(definitions)
        return {"$ref": f"#/$defs/{self.name}"}

    def load(self, value: Any, path: str) -> Any:
        """See Shape."""
        if not isinstance(value, dict):
            raise bad_argument(path, "object", value)
        given = cast("dict[str, Any]", value)
        unknown = given.keys() - {item.name for item in self.fields}
        if unknown:
            raise ArgumentError(f"{path or 'arguments'}: unknown {min(unknown)!r}")
        missing = [item.name for item in self.fields if item.required and item.name not in given]
        if missing:
            raise ArgumentError(f"{path or 'arguments'}: {missing[0]!r} is missing")
        prefix = f"{path}." if path else ""
        loaded = {
            item.name: item.shape.load(given[item.name], prefix + item.name)
            for item in self.fields
            if item.name in given
        }
        try:
            return self.make(**loaded)
        except (ValueError, TypeError) as error:  # a dataclass that checks itself
            raise ArgumentError(f"{path or 'arguments'}: {error}") from error

    def dump(self, value: Any, path: str) -> dict[str, Any]:
        """See Shape."""
        if not self.accepts(value):
            raise bad_result(path, self.name, value)
        read = self.read(value)
        unknown = read.keys() - {item.name for item in self.fields}
        missing = {item.name for item in self.fields if item.required} - read.keys()
        if unknown or missing:
            raise ResultError(f"{path or 'result'}: {min(unknown | missing)!r} is not as declared")
        prefix = f"{path}." if path else ""
        return {
            item.name: item.shape.dump(read[item.name], prefix + item.name)
            for item in self.fields
            if item.name in read
        }
