"""Patterns that would hang a host's engine are named; ordinary ones are not."""

import pytest

from toolvet.checks.patterns import explodes, patterns_of
from toolvet_reviews.values import JsonObject


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a+)+$",
        "^(a*)*$",
        "^((a+))+$",
        "^(?:a|b+)*$",
        "^(?P<name>[a-z]+)+$",
        "^(,?[0-9]+)*$",
        "^(a{1,2})*$",
        r"^(\w*\s*)*$",
        "^([]a-z]+){2,}$",
        "^(a+?)+$",
    ],
)
def test_a_repetition_of_what_can_be_split_in_many_ways_is_found(pattern: str) -> None:
    assert explodes(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "^[0-9]{4}-[0-9]{2}$",
        "^[0-9]+(,[0-9]+)*$",
        r"^(\(+\))+$",
        "^(abc)+$",
        "^(a?)+$",
        "^([a-z]{3})*$",
        "^([(]+[)])*$",
        "^[a-z]+(?:-[a-z]+)*$",
        "^(a|b)*$",
        "x(y(z*))*",
        "(((",
        ")+",
        "{",
        "a{,3}",
        "[",
        "\\",
    ],
)
def test_an_ordinary_or_broken_pattern_is_left_alone(pattern: str) -> None:
    assert not explodes(pattern)


def test_patterns_are_found_wherever_a_schema_may_hold_one() -> None:
    schema: JsonObject = {
        "properties": {
            "pattern": {"type": "string", "pattern": "^a$"},
            "rows": {"items": {"anyOf": [{"pattern": "^b$"}]}},
        },
        "patternProperties": {"^c$": {}},
        "default": {"pattern": "not one"},
    }

    assert sorted(patterns_of(schema)) == ["^a$", "^b$", "^c$"]


def test_a_long_pattern_takes_no_time() -> None:
    assert not explodes("(" * 20_000 + "a" + ")" * 20_000)
    assert not explodes("(?" * 20_000)
