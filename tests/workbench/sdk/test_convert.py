import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet.sdk import ArgumentError, Context, Ge, MaxLen, ResultError
from toolvet.sdk.convert import call
from toolvet.sdk.schema import describe, interface


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


class Point(NamedTuple):
    x: int
    y: int = 7


class Extra(TypedDict, total=False):
    note: str


@dataclass(frozen=True)
class Order:
    id: int
    price: Decimal
    day: date
    at: datetime
    level: Level
    where: Point
    extra: Extra
    tags: frozenset[str] = field(default_factory=frozenset[str])
    next: "Order | None" = None


def echo(order: Order) -> Order:
    assert isinstance(order, Order)
    assert isinstance(order.where, Point)
    assert isinstance(order.level, Level)
    return order


ORDER: dict[str, Any] = {
    "id": 1,
    "price": "10.50",
    "day": "2026-11-21",
    "at": "2026-11-21T10:00:00Z",
    "level": 2,
    "where": {"x": 1, "y": 2},
    "extra": {"note": "n"},
    "tags": ["a", "b"],
    "next": None,
}


def run(function: Callable[..., Any], **arguments: Any) -> Any:
    return call(interface(function), arguments, Context.for_tests())


def test_json_becomes_typed_values_and_comes_back_the_same() -> None:
    nested = {**ORDER, "next": ORDER}

    assert run(echo, order=nested) == nested


orders: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "id": st.integers(-(2**53) + 1, 2**53 - 1),
        "price": st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
        "day": st.dates().map(date.isoformat),
        "at": st.datetimes(timezones=st.just(UTC)).map(
            lambda moment: moment.isoformat().replace("+00:00", "Z")
        ),
        "level": st.sampled_from([1, 2]),
        "where": st.fixed_dictionaries({"x": st.integers(0, 9), "y": st.integers(0, 9)}),
        "extra": st.fixed_dictionaries({}, optional={"note": st.text()}),
        "tags": st.lists(st.text(max_size=3), unique=True).map(lambda tags: sorted(tags, key=repr)),
        "next": st.none(),
    }
)


@given(orders)
def test_every_value_that_fits_survives_the_way_and_its_schema(order: dict[str, Any]) -> None:
    schema = describe(echo)["output_schema"]

    returned = run(echo, order=order)

    assert returned == order
    assert jsonschema_rs.is_valid(schema, returned)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "1"},
        {"id": True},
        {"id": 1.5},
        {"price": 10.5},
        {"price": "NaN"},
        {"day": "yesterday"},
        {"at": "2026-11-21T10:00:00"},
        {"level": 3},
        {"level": True},
        {"where": [1, 2]},
        {"extra": {"unknown": 1}},
        {"tags": "ab"},
        {"unknown": 1},
        {"next": 5},
    ],
)
def test_an_argument_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError) as caught:
        run(echo, order={**ORDER, **change})

    assert caught.value.code == "call.arguments"


def test_a_missing_or_an_unknown_argument_is_refused() -> None:
    with pytest.raises(ArgumentError):
        run(echo)
    with pytest.raises(ArgumentError):
        run(echo, order=ORDER, other=1)


def nan() -> float:
    return float("nan")


def wrong() -> int:
    return "1"  # type: ignore[return-value]


def truth() -> int:
    return True


def huge() -> int:
    return 2**60


def naive() -> datetime:
    return datetime(2026, 1, 1)  # noqa: DTZ001


def other() -> Literal["a"]:
    return "b"  # type: ignore[return-value]


def low() -> Annotated[int, Ge(10)]:
    return 1


def keys() -> dict[str, int]:
    return {1: 1}  # type: ignore[dict-item]


def shape() -> tuple[int, int]:
    return (1,)  # type: ignore[return-value]


def partial() -> Extra:
    return {"more": 1}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "function", [nan, wrong, truth, huge, naive, other, low, keys, shape, partial]
)
def test_a_result_that_is_not_as_annotated_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(ResultError) as caught:
        run(function)

    assert caught.value.code == "result.type"


def test_bounds_hold_for_arguments() -> None:
    def short(text: Annotated[str, MaxLen(2)]) -> str:
        return text

    assert run(short, text="ab") == "ab"
    with pytest.raises(ArgumentError):
        run(short, text="abc")


def test_a_whole_number_is_a_float_and_defaults_are_the_functions_own() -> None:
    def half(number: float, by: float = 2) -> float:
        assert isinstance(number, float)
        return number / by

    assert run(half, number=3) == 1.5


def test_a_union_takes_the_first_option_that_fits() -> None:
    def kind(value: int | str | Point) -> str:
        return type(value).__name__

    assert [run(kind, value=value) for value in (1, "a", {"x": 1})] == ["int", "str", "Point"]
