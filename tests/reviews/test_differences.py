"""Answers of two versions, grouped by what differs, smallest first."""

import pytest

from toolvet_reviews.differences import (
    LARGEST,
    Answer,
    Case,
    differences,
    grouped,
    shortened,
    what_differs,
)
from toolvet_reviews.values import Json


def case(old: Json, new: Json, **arguments: Json) -> Case:
    return Case(arguments, Answer(old), Answer(new), "example")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": 1}, {"a": 2}, [("/a", "number")]),
        ({"a": "x"}, {"a": "y"}, [("/a", "text")]),
        ({"a": True}, {"a": False}, [("/a", "value")]),
        ({"a": True}, {"a": 1}, [("/a", "type")]),
        ({"a": 1}, {"a": "1"}, [("/a", "type")]),
        ({"a": None}, {"a": 0}, [("/a", "type")]),
        ({"a": 1}, {}, [("/a", "gone")]),
        ({}, {"a": 1}, [("/a", "added")]),
        ([1, 2], [2, 1], [("", "order")]),
        ([1, 2], [1], [("", "length")]),
        ([{"n": 1}, {"n": 2}], [{"n": 3}, {"n": 4}], [("/*/n", "number")]),
        ({"a": 1}, {"a": 1.0}, []),
        ([], [], []),
    ],
)
def test_a_difference_has_a_place_and_a_kind(
    old: Json, new: Json, said: list[tuple[str, str]]
) -> None:
    assert [tuple(place) for place in differences(old, new)] == said


def test_cases_that_differ_alike_are_one_group_and_the_smallest_stands_for_it() -> None:
    small, large = case({"n": 1}, {"n": 2}, n=1), case({"n": 5}, {"n": 6}, n=1000)
    other = case("a", ["a"], n=100000)

    groups = grouped([other, large, case(1, 1, n=0), small])

    assert [group.cases for group in groups] == [(small, large), (other,)]
    assert groups[0].to_json() == {
        "what": "/n is another number",
        "cases": 2,
        "from": {"example": 2},
        "smallest": {"arguments": {"n": 1}, "old": {"n": 1}, "new": {"n": 2}},
    }


def test_a_failure_is_told_apart_from_a_result_and_from_another_failure() -> None:
    gave, failed = Answer(1), Answer(error="TooLarge")

    assert what_differs(Case({}, gave, failed)) == "fails now: TooLarge"
    assert what_differs(Case({}, failed, gave)) == "gives a result now, instead of TooLarge"
    assert what_differs(Case({}, failed, Answer(error="KeyError"))) == (
        "fails otherwise: KeyError, not TooLarge"
    )
    assert not Case({}, failed, failed).differs


def test_what_a_call_leaves_behind_is_part_of_its_answer() -> None:
    one = Case({}, Answer(1, left={"mails": [["a"]]}), Answer(1, left={"mails": []}))

    assert one.differs
    assert what_differs(one) == "leaves other mails"


def test_many_places_are_counted() -> None:
    old: dict[str, Json] = {f"f{number}": number for number in range(1, 8)}
    new: dict[str, Json] = dict.fromkeys(old, -1)

    assert what_differs(Case({}, Answer(old), Answer(new))).endswith("and 4 other places")


def test_names_that_do_not_show_are_spelled_out() -> None:
    said = what_differs(case({"a\u202eb": 1}, {"a\u202eb": 2}))

    assert "<U+202E>" in said


def test_a_large_value_is_shown_by_its_beginning() -> None:
    said = shortened("x" * (2 * LARGEST))

    assert isinstance(said, str)
    assert len(said) < LARGEST + 40
    assert said.endswith(f"({2 * LARGEST + 2} bytes)")
