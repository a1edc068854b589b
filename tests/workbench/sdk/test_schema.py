import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict
from uuid import UUID

import jsonschema_rs
import pytest

from toolvet.sdk import (
    BatchResult,
    Context,
    DescribeError,
    File,
    Ge,
    Lt,
    MaxLen,
    MinLen,
    Pattern,
    Unit,
)
from toolvet.sdk.schema import describe


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Node:
    """One node of a tree.

    More that nobody needs.
    """

    name: str
    children: list["Node"] = field(default_factory=list["Node"])


class Point(NamedTuple):
    x: int
    y: int = 0


class Options(TypedDict):
    depth: int
    label: NotRequired[str]


def properties(function: Callable[..., Any]) -> dict[str, Any]:
    return describe(function)["input_schema"]["properties"]


def test_a_function_is_described_by_its_name_docstring_and_strict_schemas() -> None:
    def greet(name: str, *, times: int = 1) -> list[str]:
        """Greet somebody.

        Args:
            name: Who.
            times: How often.

        Raises:
            ValueError: Nobody is there.
            KeyError: Neither here.
        """
        return [name] * times

    assert describe(greet) == {
        "name": "greet",
        "description": (
            "Greet somebody.\n\nArgs:\n    name: Who.\n    times: How often.\n\n"
            "Raises:\n    ValueError: Nobody is there.\n    KeyError: Neither here."
        ),
        "input_schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "times": {"type": "integer", "default": 1}},
            "required": ["name"],
            "additionalProperties": False,
        },
        "output_schema": {"type": "array", "items": {"type": "string"}},
        "takes_context": False,
        "raises": ["ValueError", "KeyError"],
    }


def test_scalars_and_text_forms_have_their_schemas() -> None:
    def run(
        a: bool, b: float, c: None, d: date, e: datetime, f: UUID, g: Decimal, h: time
    ) -> None: ...

    found = properties(run)

    assert [found[name].get("type") for name in "abcdefgh"] == (
        ["boolean", "number", "null"] + ["string"] * 5
    )
    assert [found[name]["format"] for name in "def"] == ["date", "date-time", "uuid"]


def test_containers_choices_and_unions_have_their_schemas() -> None:
    def run(
        a: dict[str, int],
        b: tuple[int, str],
        c: tuple[int, ...],
        d: set[str],
        e: Literal["x", 1, None],
        f: Color,
        g: int | str | None,
    ) -> None: ...

    assert properties(run) == {
        "a": {"type": "object", "additionalProperties": {"type": "integer"}},
        "b": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": False,
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
        },
        "c": {"type": "array", "items": {"type": "integer"}},
        "d": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "e": {"enum": ["x", 1, None]},
        "f": {"enum": ["red", "blue"]},
        "g": {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
    }


def test_records_are_strict_objects() -> None:
    def run(point: Point, options: Options, file: File) -> BatchResult: ...

    found = properties(run)

    assert found["point"]["required"] == ["x"]
    assert found["options"]["required"] == ["depth"]
    assert found["file"]["required"] == ["name", "size", "digest"]
    assert describe(run)["output_schema"]["additionalProperties"] is False


def test_a_record_that_holds_itself_is_a_definition() -> None:
    def run(node: Node) -> Node: ...

    described = describe(run)

    assert described["input_schema"]["properties"]["node"] == {"$ref": "#/$defs/Node"}
    assert described["input_schema"]["$defs"]["Node"]["description"] == "One node of a tree."
    validator = jsonschema_rs.validator_for(described["input_schema"])
    assert validator.is_valid({"node": {"name": "a", "children": [{"name": "b"}]}})
    assert not validator.is_valid({"node": {"name": "a", "children": [{"nome": "b"}]}})


def test_bounds_units_and_descriptions_become_keywords() -> None:
    def run(
        a: Annotated[int, Ge(1), Lt(10), Unit("ms"), "how long"],
        b: Annotated[str, MinLen(1), Pattern("^a")],
        c: Annotated[list[int], MaxLen(3)],
    ) -> None: ...

    assert properties(run) == {
        "a": {
            "type": "integer",
            "minimum": 1,
            "exclusiveMaximum": 10,
            "x-unit": "ms",
            "description": "how long",
        },
        "b": {"type": "string", "minLength": 1, "pattern": "^a"},
        "c": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
    }


def test_the_context_is_no_argument() -> None:
    def run(ctx: Context, a: int) -> int:
        return a

    described = describe(run)

    assert described["takes_context"] is True
    assert list(described["input_schema"]["properties"]) == ["a"]


def untyped(a) -> int:  # type: ignore[no-untyped-def]
    return a  # type: ignore[no-any-return]


def no_result(a: int):  # type: ignore[no-untyped-def]
    return a


def bare(a: list) -> int:  # type: ignore[type-arg]
    return len(a)  # type: ignore[arg-type]


def anything(a: Any) -> int:
    return int(a)


def variadic(*a: int) -> int:
    return len(a)


def positional(a: int, /) -> int:
    return a


def bytes_in(a: bytes) -> int:
    return len(a)


def keyed(a: dict[int, str]) -> int:
    return len(a)


def misbound(a: Annotated[str, Ge(1)]) -> str:
    return a


def unresolved(a: "Nowhere") -> int:  # type: ignore[name-defined]  # noqa: F821
    return 1


def bad_default(a: int = "x") -> int:  # type: ignore[assignment]
    return a


def yields() -> Iterator[int]:
    yield 1


REFUSED: list[tuple[Any, str]] = [
    (untyped, "interface.untyped"),
    (no_result, "interface.untyped"),
    (bare, "interface.untyped"),
    (anything, "interface.untyped"),
    (variadic, "interface.variadic"),
    (positional, "interface.positional_only"),
    (bytes_in, "interface.unsupported_type"),
    (keyed, "interface.unsupported_type"),
    (misbound, "interface.bound"),
    (unresolved, "interface.unresolved"),
    (bad_default, "interface.bad_default"),
    (yields, "interface.generator"),
    (3, "interface.not_a_function"),
]


@pytest.mark.parametrize(("function", "code"), REFUSED)
def test_what_has_no_exact_schema_is_refused_with_a_hint(function: Any, code: str) -> None:
    with pytest.raises(DescribeError) as caught:
        describe(function)

    assert caught.value.code == code
    assert caught.value.hint
