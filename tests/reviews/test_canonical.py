"""Canonical JSON: one value, one byte form; everything ambiguous is refused with a code."""

import contextlib
import json
from enum import IntEnum, StrEnum

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from strategies import SAFE_INTEGER, json_values

from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.values import Json


@given(json_values)
def test_what_is_written_reads_back_as_the_same_bytes(value: Json):
    data = canonical.dumps(value)

    assert canonical.dumps(canonical.parse(data)) == data


@given(json_values)
def test_both_ways_of_writing_give_the_bytes_of_rfc_8785(value: Json):
    assert canonical.dumps(value) == rfc8785.dumps(canonical.normalise(value))  # type: ignore[arg-type]


@given(json_values, st.integers(0, 4))
def test_white_space_and_order_do_not_matter(value: Json, indent: int):
    text = json.dumps(value, indent=indent)

    assert canonical.dumps(canonical.parse(text)) == canonical.dumps(value)


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")))
def test_no_bytes_end_in_an_error_without_a_code(data: bytes):
    with contextlib.suppress(CanonicalError):
        canonical.parse(data)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a":1,"a":2}', "json.duplicate_key"),
        ('{"a":1,"\\u0061":2}', "json.duplicate_key"),
        ("NaN", "json.number_range"),
        ("-Infinity", "json.number_range"),
        ("1e400", "json.number_range"),
        ("9007199254740992", "json.number_range"),
        ("-9007199254740992", "json.number_range"),
        ("1e20", "json.number_range"),
        ("1" * 5000, "json.number_range"),
        ('"\\ud800"', "json.lone_surrogate"),
        ('{"\\udfff":1}', "json.lone_surrogate"),
        ("[" * 65 + "]" * 65, "json.too_deep"),
        ("[" * 100_000, "json.too_deep"),
        ('{"a":' * 100_000, "json.too_deep"),
        (b"\xff", "json.syntax"),
        (b"\xef\xbb\xbf1", "json.syntax"),
        (b"\xff\xfe1\x00", "json.syntax"),
        ("", "json.syntax"),
        ("01", "json.syntax"),
        ("[1,]", "json.syntax"),
        ('"\t"', "json.syntax"),
        ("1 2", "json.syntax"),
    ],
)
def test_ambiguous_text_is_refused_with_a_code(text: str | bytes, code: str):
    with pytest.raises(CanonicalError) as caught:
        canonical.parse(text)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "json.number_range"),
        (float("inf"), "json.number_range"),
        (2**53, "json.number_range"),
        (object(), "json.type"),
        (b"bytes", "json.type"),
        ({1: "a"}, "json.type"),
        ("\ud800", "json.lone_surrogate"),
    ],
)
def test_a_value_without_a_form_is_refused_with_a_code(value: object, code: str):
    with pytest.raises(CanonicalError) as caught:
        canonical.dumps([value])

    assert caught.value.code == code


def test_a_cycle_is_too_deep():
    cycle: list[object] = []
    cycle.append(cycle)

    with pytest.raises(CanonicalError) as caught:
        canonical.dumps(cycle)

    assert caught.value.code == "json.too_deep"


def test_the_place_of_a_bad_value_is_a_json_pointer():
    with pytest.raises(CanonicalError) as caught:
        canonical.parse('{"a/b":[0,{"~":1e999}]}')

    assert caught.value.place == "/a~1b/1/~0"


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.0", "1"), ("-0.0", "0"), ("1e2", "100"), ("[1.50]", "[1.5]"), ('"\\u00e9"', '"é"')],
)
def test_two_ways_to_write_a_value_are_one(one: str, other: str):
    assert canonical.dumps(canonical.parse(one)) == canonical.dumps(canonical.parse(other))


def test_keys_are_ordered_by_utf_16_units():
    # RFC 8785, section 3.2.3: U+FB33 comes after the surrogate pair of U+1F600.
    assert canonical.dumps({"\ufb33": 1, "\U0001f600": 2, "\r": 3}) == (
        '{"\\r":3,"\U0001f600":2,"\ufb33":1}'.encode()
    )


def test_the_last_safe_integers_pass():
    assert canonical.parse(str(SAFE_INTEGER)) == SAFE_INTEGER
    assert canonical.parse(str(-SAFE_INTEGER)) == -SAFE_INTEGER


def test_depth_64_passes():
    assert canonical.parse("[" * 64 + "]" * 64)


def test_text_over_the_cap_is_refused_before_it_is_read():
    with pytest.raises(CanonicalError) as caught:
        canonical.parse(b"[" * 11, max_bytes=10)

    assert caught.value.code == "json.too_large"


def test_subclasses_of_plain_types_become_plain():
    class Word(StrEnum):
        A = "a"

    class Number(IntEnum):
        TWO = 2

    normal = canonical.normalise({Word.A: (Word.A, Number.TWO)})

    assert normal == {"a": ["a", 2]}
    assert [type(item) for item in normal["a"]] == [str, int]  # type: ignore[index,union-attr]


def test_an_object_is_asked_for_by_name():
    assert canonical.parse_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(CanonicalError) as caught:
        canonical.parse_object(b"[]")
    assert caught.value.code == "json.type"
