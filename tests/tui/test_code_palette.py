"""Colours of code: read in every theme, and never the only sign of anything."""

import asyncio
from itertools import product
from typing import get_args

import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color

from toolvet_tui.code import CodeView
from toolvet_tui.code_palette import COMPONENTS, Palette, contrast, readable
from toolvet_tui.highlight import Word

TONES = ("same", "added", "removed", "fold", "header", "error", "warning", "note")
LAYERS = ("", "added-mark", "removed-mark", "hit", "hidden")


class Themed(App[None]):
    def compose(self) -> ComposeResult:
        yield CodeView()


def palette_in(theme: str) -> Palette:
    async def made() -> Palette:
        app = Themed()
        app.theme = theme
        async with app.run_test() as pilot:
            await pilot.pause()
            view = app.query_one(CodeView)
            palette = Palette(
                lambda name: view.get_component_styles(f"code--{name}"), view.background_colors[1]
            )
            for look in looks():
                palette.style(look[0], look[1], look[2], at_cursor=look[3])
            return palette

    return asyncio.run(made())


def looks() -> list[tuple[str, Word | None, str, bool]]:
    words: list[Word | None] = [None, *get_args(Word)]
    return list(product(TONES, words, LAYERS, (False, True)))


def colours(style: Style) -> tuple[Color, Color]:
    assert style.color is not None
    assert style.bgcolor is not None
    return Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "solarized-light", "monokai"])
def test_text_stands_out_from_its_background_in_every_look(theme: str):
    palette = palette_in(theme)

    for tone, word, layer, at_cursor in looks():
        color, background = colours(palette.style(tone, word, layer, at_cursor=at_cursor))
        assert contrast(color, background) >= 4.4, (tone, word, layer, at_cursor)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
def test_tones_and_their_marks_differ_in_background(theme: str):
    palette = palette_in(theme)
    grounds = [
        palette.style("same"),
        palette.style("added"),
        palette.style("removed"),
        palette.style("added", None, "added-mark"),
        palette.style("removed", None, "removed-mark"),
        palette.style("same", at_cursor=True),
    ]

    assert len({colours(style)[1].hex for style in grounds}) == len(grounds)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
def test_in_a_terminals_own_colours_none_is_put_upon_another(theme: str):
    palette = palette_in(theme)

    for tone, word, layer, at_cursor in looks():
        style = palette.style(tone, word, layer, at_cursor=at_cursor)
        assert style.bgcolor is None
        assert bool(style.reverse) == bool(
            layer or tone not in ("same", "added", "removed", "header")
        )
        assert bool(style.underline) == at_cursor


def test_a_colour_that_can_be_read_is_left_alone():
    black = Color(0, 0, 0)

    assert readable(Color(200, 200, 0), black, 4.5) == Color(200, 200, 0)
    assert contrast(readable(Color(60, 0, 0), black, 4.5), black) >= 4.5


def test_contrast_is_that_of_the_guidelines():
    white = Color(255, 255, 255)

    assert round(contrast(Color(0, 0, 0), white), 6) == 21
    assert round(contrast(Color(119, 119, 119), white), 2) == 4.48


def test_every_word_has_a_colour():
    assert {f"code--{word}" for word in get_args(Word)} <= COMPONENTS
