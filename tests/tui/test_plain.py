"""Texts in cells: nothing is wider than it may be, and nothing is lost but what was cut on purpose."""

from datetime import timedelta

from canned_desk import NOW
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from toolvet.config import stamp
from toolvet_tui.plain import age, fit, qualified, short, wrap

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200)


@given(TEXTS, st.integers(0, 60))
def test_a_fitted_text_takes_exactly_its_cells(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


@given(TEXTS, st.integers(2, 60))
def test_no_wrapped_row_is_wider_than_asked(text: str, width: int) -> None:
    assert all(cell_len(row) <= width for row in wrap(text, width))


@given(st.lists(st.text(alphabet="ab漢", min_size=1, max_size=30), max_size=20), st.integers(2, 40))
def test_wrapping_loses_no_letter(words: list[str], width: int) -> None:
    text = " ".join(words)

    assert "".join(wrap(text, width)).replace(" ", "") == text.replace(" ", "")


def test_wrapping_keeps_line_ends_and_indents_that_fit() -> None:
    assert wrap("one\n  two\n\nthree", 20) == ["one", "  two", "", "three"]


def test_an_age_is_short() -> None:
    ages = {0: "now", 61: "1m", 3599: "59m", 3600: "1h", 86400: "1d", 10**9: "old"}

    for seconds, said in ages.items():
        assert age(stamp(NOW - timedelta(seconds=seconds)), NOW) == said
    assert age("rubbish", NOW) == "?"


def test_long_things_have_short_names() -> None:
    assert short("sha256:" + "ab" * 32) == "abababababab"
    assert short(None) == ""
    assert qualified("default", "add") == "add"
    assert qualified("x", "a\u202eb") == "x/a<U+202E>b"
