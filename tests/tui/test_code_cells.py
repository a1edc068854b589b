"""A window onto a line: what is left and right of each other is the whole line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from toolvet_tui.code_cells import Cells, Piece, pieces, width_of

lines = st.text(st.sampled_from("ab \t你é\u0301🎉[<U+0>"), max_size=40)


def drawn(text: str, first: int, width: int) -> str:
    return "".join(piece.text for piece in pieces(Cells(text), first, width))


@given(lines, st.integers(0, 60), st.integers(0, 30))
def test_a_window_is_never_wider_than_asked(text: str, first: int, width: int):
    shown = cell_len(drawn(text, first, width))

    assert shown <= width
    assert shown >= min(width, width_of(text) - first) - 1


@given(lines, st.integers(1, 9))
def test_windows_side_by_side_show_every_character_once(text: str, width: int):
    cells = Cells(text)
    columns = range(0, cells.width, width)
    found = "".join(drawn(text, first, width) for first in columns)

    for mark in "ab[é":
        assert found.count(mark) == cells.text.count(mark)
    assert found.count("你") <= cells.text.count("你")


@given(lines)
def test_the_width_is_that_of_what_is_drawn(text: str):
    assert width_of(text) == Cells(text).width == cell_len(drawn(text, 0, 1_000))


def test_tabs_reach_to_the_next_stop():
    assert Cells("\ta\tb").text == "    a   b"
    assert Cells("你\tb").text == "你  b"


def test_half_of_a_wide_character_is_a_blank():
    assert drawn("你好", 1, 3) == " 好"


def test_ranges_keep_their_characters_when_tabs_are_expanded():
    found = list(
        pieces(Cells("\tif x"), 0, 9, words=((1, 3, "keyword"),), layers=[("hit", [(4, 5)])])
    )

    assert found == [
        Piece("    ", None, ""),
        Piece("if", "keyword", ""),
        Piece(" ", None, ""),
        Piece("x", None, "hit"),
    ]


def test_a_later_layer_covers_an_earlier_one():
    layers = [("mark", [(0, 4)]), ("hit", [(1, 2)])]

    assert [piece[::2] for piece in pieces(Cells("abcd"), 0, 4, layers=layers)] == [
        ("a", "mark"),
        ("b", "hit"),
        ("cd", "mark"),
    ]


@pytest.mark.parametrize("first", range(10))
def test_a_spelled_out_character_stands_out_even_when_it_is_cut(first: int):
    layers = [piece.layer for piece in pieces(Cells("ab<U+202E>cd"), first, 4)]

    assert "hidden" in layers or first > 9


def test_few_marks_on_a_letter_stay_and_many_are_spelled_out():
    assert Cells("a\u0301").text == "a\u0301"
    assert "<U+0301>" in Cells("a" + "\u0301" * 9).text
