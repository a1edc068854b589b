"""One class per kind of type: its JSON Schema, and the way between JSON and the typed value.

Made from annotations by `annotations.py`. Strict both ways: nothing is coerced but `1` to `1.0`.
"""

import enum
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from toolvet.sdk.errors import ArgumentError, ResultError

MAX_INTEGER = 2**53 - 1

Schema = dict[str, Any]
Definitions = dict[str, Schema]


def bad_argument(path: str, wanted: str, value: object) -> ArgumentError:
    """Say what an argument is instead of what it should be."""
    return ArgumentError(f"{path or 'value'}: expected {wanted}, got {type(value).__name__}")


def bad_result(path: str, wanted: str, value: object) -> ResultError:
    """Say what a result is instead of what it should be."""
    return ResultError(f"{path or 'result'}: expected {wanted}, got {type(value).__name__}")


class Shape(ABC):
    """A kind of type."""

    @abstractmethod
    def schema(self, definitions: Definitions) -> Schema:
        """Return its JSON Schema; recursive records go to the definitions."""

    @abstractmethod
    def load(self, value: Any, path: str) -> Any:
        """Turn JSON into the typed value.

        Raises:
            ArgumentError: It does not fit.
        """

    @abstractmethod
    def dump(self, value: Any, path: str) -> Any:
        """Turn the typed value into JSON.

        Raises:
            ResultError: It does not fit.
        """


@dataclass(frozen=True)
class NoneShape(Shape):
    """`None`."""

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        return {"type": "null"}

    def load(self, value: Any, path: str) -> None:
        """See Shape."""
        if value is not None:
            raise bad_argument(path, "null", value)

    def dump(self, value: Any, path: str) -> None:
        """See Shape."""
        if value is not None:
            raise bad_result(path, "None", value)


@dataclass(frozen=True)
class Plain(Shape):
    """`bool` or `str`."""

    python: type
    kind: str

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        return {"type": self.kind}

    def load(self, value: Any, path: str) -> Any:
        """See Shape."""
        if not isinstance(value, self.python):
            raise bad_argument(path, self.kind, value)
        return value

    def dump(self, value: Any, path: str) -> Any:
        """See Shape."""
        if not isinstance(value, self.python):
            raise bad_result(path, self.python.__name__, value)
        return str(value) if self.python is str else value


@dataclass(frozen=True)
class Integer(Shape):
    """`int`, within what every JSON reader keeps exact."""

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        return {"type": "integer"}

    def load(self, value: Any, path: str) -> int:
        """See Shape."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise bad_argument(path, "integer", value)
        return value

    def dump(self, value: Any, path: str) -> int:
        """See Shape."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise bad_result(path, "int", value)
        if abs(value) > MAX_INTEGER:
            raise ResultError(f"{path or 'result'}: integers beyond 2^53-1 travel as text")
        return int(value)


@dataclass(frozen=True)
class Real(Shape):
    """`float`, finite."""

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        return {"type": "number"}

    def load(self, value: Any, path: str) -> float:
        """See Shape."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise bad_argument(path, "number", value)
        return float(value)

    def dump(self, value: Any, path: str) -> float:
        """See Shape."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise bad_result(path, "float", value)
        if not math.isfinite(value):
            raise ResultError(f"{path or 'result'}: {value} is no JSON number")
        return float(value)


@dataclass(frozen=True)
class Text(Shape):
    """A type that travels as text: dates, times, decimals, UUIDs."""

    python: type
    keywords: Schema
    parse: Callable[[str], Any]
    write: Callable[[Any], str]

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        return {"type": "string", **self.keywords}

    def load(self, value: Any, path: str) -> Any:
        """See Shape."""
        if not isinstance(value, str):
            raise bad_argument(path, self.python.__name__, value)
        try:
            return self.parse(value)
        except (ValueError, ArithmeticError) as error:
            raise ArgumentError(f"{path}: not a {self.python.__name__}: {error}") from None

    def dump(self, value: Any, path: str) -> str:
        """See Shape."""
        if type(value) is not self.python:
            raise bad_result(path, self.python.__name__, value)
        try:
            return self.write(value)
        except ValueError as error:
            raise ResultError(f"{path or 'result'}: {error}") from None


@dataclass(frozen=True)
class Choice(Shape):
    """`Literal` or `Enum`: one of these JSON values."""

    by_json: tuple[tuple[Any, Any], ...]
    """Pairs of a JSON value and the typed one."""

    def schema(self, definitions: Definitions) -> Schema:
        """See Shape."""
        return {"enum": [json for json, _ in self.by_json]}

    def load(self, value: Any, path: str) -> Any:
        """See Shape."""
        for json, typed in self.by_json:
            if type(json) is type(value) and json == value:
                return typed
        raise ArgumentError(f"{path}: expected one of {[json for json, _ in self.by_json]}")

    def dump(self, value: Any, path: str) -> Any:
        """See Shape."""
        for json, typed in self.by_json:
            if type(typed) is type(value) and typed == value:
                return json
        shown = value.name if isinstance(value, enum.Enum) else type(value).__name__
        raise ResultError(f"{path or 'result'}: {shown} is none of the declared values")
