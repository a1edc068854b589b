"""Cases that verification found: made smaller, called ordinary or not, written as tests."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.cases import Case, as_test, is_ordinary, smaller, weight
from toolvet_reviews.values import Json, JsonObject

PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30)
VALUES: st.SearchStrategy[Json] = st.recursive(
    PLAIN | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_smaller_weighs_less_so_that_shrinking_ends(value: Json) -> None:
    assert all(weight(one) < weight(value) for one in smaller(value))


def smallest(value: Json) -> Json:
    while (one := next(smaller(value), value)) != value:
        value = one
    return value


@given(st.lists(st.integers()) | st.text() | st.dictionaries(st.text(max_size=3), st.integers()))
def test_boldest_steps_lead_to_nothing_at_all(value: Json) -> None:
    assert smallest(value) in ([], "", {})


def test_shrinking_gets_to_one_bad_item_in_a_list() -> None:
    value: Json = {"rows": [{"id": 7, "name": "Zoë"}, {"id": -3, "name": "x"}]}

    def is_bad(one: Json) -> bool:
        rows = one.get("rows") if isinstance(one, dict) else None
        return isinstance(rows, list) and any(
            isinstance(r, dict) and r.get("id") == -3 for r in rows
        )

    found = True
    while found:
        found = False
        for one in smaller(value):
            if is_bad(one):
                value, found = one, True
                break

    assert value == {"rows": [{"id": -3}]}


@pytest.mark.parametrize(
    "value",
    [0, -5, 2.5, "", "a line\n", "O'Brien", [1, 2], {"a": []}, None, True, [{"x": "y"}] * 12],
)
def test_what_anybody_might_give_is_ordinary(value: Json) -> None:
    assert is_ordinary(value)


@pytest.mark.parametrize(
    "value", [10**9, 1e-300, "é", "a" * 101, [0] * 13, {"a": ["\u202e"]}, "\x00"]
)
def test_what_is_large_or_odd_is_not_ordinary(value: Json) -> None:
    assert not is_ordinary(value)


def test_a_case_reads_as_a_test_that_says_what_to_do() -> None:
    case = Case(
        {"numbers": [], "digits": 2}, "crash", "it raised ZeroDivisionError: division by zero"
    )

    assert (
        as_test("stats.mean:average", case)
        == '''\
"""A case that verification found."""

from toolvet.sdk import Context
from toolvet.sdk.convert import call
from toolvet.sdk.schema import interface

from stats.mean import average


def test_average_crash_of_no_numbers() -> None:
    # Found by verification: it raised ZeroDivisionError: division by zero.
    # Say here what it has to give instead.
    arguments = {"numbers": [], "digits": 2}

    call(interface(average), arguments, Context.for_tests())
'''
    )


def test_a_broken_invariant_is_asserted_with_its_own_function() -> None:
    case = Case({"seats": 1}, "invariant", "no", "holds", "promises:all_given")

    text = as_test("split:split", case)

    assert "from promises import all_given\n" in text
    assert "assert all_given(arguments, result)" in text


@given(
    st.dictionaries(st.text(max_size=8), VALUES, max_size=3),
    st.text(max_size=60),
    st.sampled_from(["returns", "repeats", "holds"]),
)
def test_a_hostile_case_is_still_one_test_in_plain_ascii(
    arguments: JsonObject, message: str, expects: str
) -> None:
    case = Case(arguments, "crash", message, expects, "promises:kept")  # pyright: ignore[reportArgumentType]

    tree = ast.parse(as_test("tool:run", case))

    assert as_test("tool:run", case).isascii()
    [test] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    [given_ones] = [node.value for node in test.body if isinstance(node, ast.Assign)][:1]
    assert ast.literal_eval(given_ones) == arguments
