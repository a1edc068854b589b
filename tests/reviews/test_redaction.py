"""Redacted calls keep their form, and say nothing of what they were about."""

import re
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from toolvet_reviews import canonical
from toolvet_reviews.redaction import Redactor
from toolvet_reviews.values import Json

SECRET = bytes(range(32))
SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "mode": {"enum": ["fast", "slow"]},
        "unit": {"$ref": "#/$defs/Unit"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "who": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "rows": {"type": "array", "items": {"properties": {"amount": {"type": "number"}}}},
    },
    "$defs": {"Unit": {"const": "kg"}},
}

texts = st.text(st.characters(codec="utf-8"), max_size=40)


def redactor() -> Redactor:
    return Redactor(SECRET)


def test_a_word_becomes_another_of_its_length_and_letters() -> None:
    said = redactor().text("Anna Müller")

    assert said != "Anna Müller"
    assert re.fullmatch(r"[A-Z][a-z]{3} [A-Z][^\x00-\x7f][a-z]{4}", said)


def test_equal_words_stay_equal_also_inside_longer_texts() -> None:
    one = redactor()
    address = one.text("ana@example.org")

    assert one.text("spring/ana@example.org/2") == f"{one.text('spring')}/{address}/{one.text('2')}"
    assert one.text("Ana@Example.ORG").lower() == address


def test_another_secret_makes_other_words() -> None:
    assert redactor().text("customer 88123") != Redactor(b"another secret, long").text(
        "customer 88123"
    )


def test_what_the_schema_says_is_no_data_and_stays() -> None:
    said = redactor().value({"mode": "fast", "unit": "kg", "count": 7, "who": None}, SCHEMA)

    assert isinstance(said, dict)
    assert (said["mode"], said["unit"], said["who"]) == ("fast", "kg", None)
    assert said.keys() == {"mode", "unit", "count", "who"}


def test_a_text_that_the_code_itself_says_stays_only_as_a_whole() -> None:
    one = Redactor(SECRET, {"spring_offer"}.__contains__)

    assert one.value("spring_offer") == "spring_offer"
    assert one.value("spring_offer for Ana") != "spring_offer for Ana"


def test_names_that_are_data_are_redacted_and_those_of_fields_are_not() -> None:
    said = redactor().value({"labels": {"ana@example.org": "vip"}, "rows": [{"amount": 3}]}, SCHEMA)

    assert isinstance(said, dict)
    assert said["labels"] == {redactor().text("ana@example.org"): redactor().text("vip")}
    (row,) = said["rows"] if isinstance(said["rows"], list) else [None]
    assert isinstance(row, dict)
    assert list(row) == ["amount"]


@pytest.mark.parametrize("value", [1, 7, 42, -1234567, 12.5, -0.25, 1e21])
def test_numbers_keep_sign_kind_and_digits(value: float) -> None:
    said = redactor().value(value)

    assert type(said) is type(value)
    assert isinstance(said, int | float)
    assert (said < 0) == (value < 0)
    assert isinstance(value, float) or len(str(said)) == len(str(value))


@pytest.mark.parametrize("value", [0, 0.0, True, False, None])
def test_what_says_nothing_stays(value: Json) -> None:
    said = redactor().value(value)

    assert said == value
    assert type(said) is type(value)


def test_numbers_stay_within_the_bounds_of_the_schema() -> None:
    for count in range(1, 10):
        said = redactor().value({"count": count}, SCHEMA)
        assert isinstance(said, dict)
        assert isinstance(said["count"], int)
        assert 1 <= said["count"] <= 9


def test_dates_and_times_stay_dates_and_times() -> None:
    one = redactor()

    for day in ("2026-02-28", "1999-12-31", "2024-02-29"):
        assert date.fromisoformat(one.text(day)).isoformat() != day
        assert datetime.fromisoformat(one.text(f"{day}T23:59:58.125Z")).tzinfo is not None
        assert datetime.fromisoformat(one.text(f"{day} 07:30")).tzinfo is None


def test_hexadecimal_ids_stay_hexadecimal() -> None:
    said = redactor().text("018f0000-7a3b-7000-8000-00000000c0de")

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", said)
    assert said != "018f0000-7a3b-7000-8000-00000000c0de"


@given(texts)
def test_a_redacted_text_has_its_length_and_its_marks(text: str) -> None:
    said = redactor().text(text)

    assert len(said) == len(text)
    for one, other in zip(text, said, strict=True):
        assert one.isalnum() or one == "_" or one == other


@example(3_631_447_355_608_905)
@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_redaction_repeats_and_gives_canonical_json(value: Json) -> None:
    said = redactor().value(value, SCHEMA)

    assert canonical.dumps(said) == canonical.dumps(redactor().value(value, SCHEMA))


def test_a_schema_that_refers_to_itself_ends() -> None:
    endless: dict[str, Json] = {"$ref": "#", "anyOf": [{"$ref": "#"}]}

    assert redactor().value({"a": "secret"}, endless) is not None
