"""Terms: where two JSON values differ, and nowhere else."""

import pytest
from hypothesis import given
from strategies import json_values

from toolvet_reviews.terms import Term, differing, said
from toolvet_reviews.values import Json


@given(json_values)
def test_equal_values_have_no_terms(value: Json):
    assert not list(differing(value, value, items=True))


@given(json_values, json_values)
def test_what_differs_has_a_term(old: Json, new: Json):
    found = list(differing(old, new, items=True))

    if said(old) != said(new):
        assert found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [Term("a.b", 1, 2)]),
        ({"a": 1}, {}, [Term("a", 1, None)]),
        ({"a": True}, {"a": 1}, [Term("a", True, 1)]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"x": [1, 2, 3]}, {"x": [1, 3]}, [Term("x[2]", 2, None)]),
        ({"x": [1, 3]}, {"x": [0, 1, 3]}, [Term("x[1]", None, 0)]),
        ({"x": [{"a": 1}, {"a": 2}]}, {"x": [{"a": 1}, {"a": 3}]}, [Term("x[2].a", 2, 3)]),
        ({}, {"x": ["a", "b"]}, [Term("x[1]", None, "a"), Term("x[2]", None, "b")]),
    ],
)
def test_terms_are_named_down_to_the_item(old: Json, new: Json, expected: list[Term]):
    assert list(differing(old, new, items=True)) == expected


def test_a_list_is_one_term_unless_its_items_are_asked_for():
    assert list(differing({"x": [1]}, {"x": [2]})) == [Term("x", [1], [2])]


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "none"), ("", "none"), ([], "none"), ({}, "none"), (0, "0"), (False, "False")],
)
def test_only_nothing_is_said_to_be_none(value: Json, words: str):
    assert said(value) == words


def test_a_null_that_came_is_told_from_nothing() -> None:
    assert list(differing({}, {"default": None})) == [Term("default", None, "null")]
    assert list(differing({"default": None}, {})) == [Term("default", "null", None)]
