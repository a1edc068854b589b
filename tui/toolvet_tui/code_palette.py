"""The colours of code, from the theme: what a tone, a word and a layer look like together."""

import re
from collections.abc import Callable

from rich.style import Style
from textual.color import Color
from textual.css.styles import RenderStyles

CSS = """
CodeView {
    background: $surface;
    color: $foreground;
    overflow: auto scroll;
    scrollbar-size: 0 1;

    & > .code--same { background: $surface; color: $foreground; }
    & > .code--added { background: $success 14%; color: $foreground; }
    & > .code--removed { background: $error 16%; color: $foreground; }
    & > .code--added-mark { background: $success 42%; color: $foreground; text-style: bold; }
    & > .code--removed-mark { background: $error 46%; color: $foreground; text-style: bold; }
    & > .code--absent { background: $foreground 3%; color: $foreground 15%; }
    & > .code--gutter { color: $foreground 55%; }
    & > .code--fold { background: $primary 12%; color: $foreground 75%; }
    & > .code--header { background: $panel; color: $foreground; }
    & > .code--error { background: $error 30%; color: $foreground; text-style: bold; }
    & > .code--warning { background: $warning 25%; color: $foreground; }
    & > .code--note { background: $primary 20%; color: $foreground; }
    & > .code--survivor { background: $warning 14%; color: $foreground; text-style: italic; }
    & > .code--thread { background: $secondary 24%; color: $foreground; text-style: bold; }
    & > .code--settled { background: $secondary 10%; color: $foreground 75%; }
    & > .code--draft { background: $accent 20%; color: $foreground; text-style: italic; }
    & > .code--moved { background: $secondary 14%; color: $foreground; }
    & > .code--hit { background: $warning; text-style: bold underline; }
    & > .code--hidden { background: $error; text-style: bold; }
    & > .code--keyword { color: $text-accent; text-style: bold; }
    & > .code--string { color: $text-success; }
    & > .code--comment { color: $foreground 62%; text-style: italic; }
    & > .code--number { color: $text-warning; }
    & > .code--function { color: $text-primary; text-style: bold; }
    & > .code--type { color: $text-warning; text-style: bold; }
    & > .code--decorator { color: $text-secondary; }
    & > .code--builtin { color: $text-secondary; }
    & > .code--key { color: $text-primary; }
}
"""

COMPONENTS = frozenset(re.findall(r"\.(code--[a-z-]+)", CSS))

_CURSOR = 0.16
"""How much of the text colour the line under the cursor takes into its background."""
_OPAQUE_LAYERS = ("hit", "hidden")
_LEAST = 4.5
"""Contrast of text that is read, as WCAG 2 asks."""
_LEASTS = {"gutter": 3.0, "absent": 1.2}
"""Line numbers are looked up, and the hatching only has to be seen."""
_STEPS = 10
_WHITE = Color(255, 255, 255)
_BLACK = Color(0, 0, 0)
_LINES = ("same", "added", "removed", "moved", "absent", "header")
_FAINT = ("comment", "gutter")
"""Hard to read on a stronger background."""


class Palette:
    """Styles by what they are for, each made once."""

    def __init__(self, component: Callable[[str], RenderStyles], background: Color) -> None:
        self._component = component
        self._background = background
        self._known: dict[tuple[str, str, str, bool], Style] = {}

    def style(
        self, tone: str, word: str | None = None, layer: str = "", *, at_cursor: bool = False
    ) -> Style:
        """Look one up.

        Args:
            tone: What the line is: `same`, `added`, `fold`, …
            word: What is coloured, or `gutter`.
            layer: What lies over it, such as `added-mark` or `hit`.
            at_cursor: On the line under the cursor.
        """
        key = tone, word or "", layer, at_cursor
        if key not in self._known:
            self._known[key] = self._made(*key)
        return self._known[key]

    def _made(self, tone: str, word: str, layer: str, at_cursor: bool) -> Style:  # noqa: FBT001
        if self._background.ansi is not None:
            return self._bare(tone, word, layer, at_cursor)
        ground = self._component(tone)
        background = self._background + ground.background
        color, look = ground.color, ground.text_style
        if at_cursor:
            background = background.blend(ground.color.with_alpha(1), _CURSOR)
        if word:
            styles = self._component(word)
            color, look = styles.color, look + styles.text_style
        if layer:
            styles = self._component(layer)
            background += styles.background
            look += styles.text_style
            if layer in _OPAQUE_LAYERS:
                color = background.get_contrast_text(1.0)
            elif word in _FAINT:
                color = ground.color
        least = _LEASTS.get(word or tone, _LEAST)
        shown = readable(background + color, background, least)
        return Style(color=shown.rich_color, bgcolor=background.rich_color) + look

    def _bare(self, tone: str, word: str, layer: str, at_cursor: bool) -> Style:  # noqa: FBT001
        """Make a look of a terminal's own colours, of which no two are known to differ.

        Text is in one of them or in reverse, never one upon another: it could not be seen.
        """
        is_line = tone in _LINES
        source = word or (tone if is_line else "same")
        styles = self._component(source)
        color = styles.background if source in ("added", "removed") else styles.color
        look = Style(reverse=bool(layer) or not is_line, underline=at_cursor)
        return Style(color=color.rich_color) + styles.text_style + look


def readable(color: Color, background: Color, least: float) -> Color:
    """Bring a colour as near to black or white as it must be to be read on a background."""
    end = max((_WHITE, _BLACK), key=lambda one: contrast(one, background))
    found = color
    for step in range(1, _STEPS + 1):
        if contrast(found, background) >= least:
            break
        found = color.blend(end, step / _STEPS)
    return found


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG: from 1, which is none, to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
