"""Bundles that differ in nothing but the tool's name are told apart from those that do more."""

from hypothesis import given
from hypothesis import strategies as st

from toolvet_reviews.alike import digest_but_for_name

ADD = {"add.py": b"def add(a, b):\n    return a + b\n", "tool.toml": b'name = "add"\n'}
SUM = {"sum.py": b"def sum(a, b):\n    return a + b\n", "tool.toml": b'name = "sum"\n'}


def test_another_name_is_no_difference() -> None:
    assert digest_but_for_name(ADD, "add") == digest_but_for_name(SUM, "sum")


def test_another_body_is_one() -> None:
    other = {**SUM, "sum.py": SUM["sum.py"].replace(b"+", b"-")}

    assert digest_but_for_name(ADD, "add") != digest_but_for_name(other, "sum")


def test_a_name_inside_another_word_is_part_of_that_word() -> None:
    one, other = {"a.py": b"additive\n"}, {"a.py": b"sumitive\n"}

    assert digest_but_for_name(one, "add") != digest_but_for_name(other, "sum")


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.binary(max_size=20), max_size=4))
def test_where_one_file_ends_and_the_next_begins_matters(files: dict[str, bytes]) -> None:
    whole = {"x": b"".join(files.values())}

    if files != whole:
        assert digest_but_for_name(files, "n") != digest_but_for_name(whole, "n")
