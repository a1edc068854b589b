"""Cases that reviewers keep: what is one, and what is none."""

from typing import Any

import pytest
from hypothesis import given
from strategies import json_values

from toolvet_reviews import kept
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.kept import KeptCaseError, kept_case
from toolvet_reviews.values import Json


@given(json_values)
def test_a_case_gives_back_what_was_kept(value: Json) -> None:
    case = kept_case("c", "empty  list", {"items": value}, value, "")

    assert (case.given, case.result, case.name) == ({"items": value}, value, "empty list")


@pytest.mark.parametrize(
    "words",
    [
        {"name": " "},
        {"name": "n" * 121},
        {"arguments": {"a": "x" * kept.MOST_BYTES}},
        {"expected": "x" * kept.MOST_BYTES},
        {"expected": 1, "code": "tool.empty"},
        {"expected": None, "code": "call.timed_out"},
        {"arguments": {"a": float("nan")}},
        {"arguments": {"a": "\ud800"}},
        {"note": "n" * 2001},
    ],
)
def test_what_says_nothing_too_much_or_two_things_is_no_case(words: dict[str, Any]) -> None:
    sound: dict[str, Any] = {"name": "n", "arguments": {}, "expected": 1, "code": ""}
    said = {**sound, **words}
    with pytest.raises((KeptCaseError, CanonicalError)) as refused:
        kept_case(
            "c",
            said["name"],
            said["arguments"],
            said["expected"],
            said["code"],
            said.get("note", ""),
        )

    assert refused.value.code == "case.invalid"


def test_two_cases_with_the_same_arguments_are_found() -> None:
    first = kept_case("1", "one", {"a": 1, "b": 2}, 3, "")
    again = kept_case("2", "two", {"b": 2, "a": 1}, 4, "")

    assert kept.same([first], again) == first
    assert kept.same([first], kept_case("3", "three", {"a": 1}, 3, "")) is None
