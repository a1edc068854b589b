"""Lines for people: with colours and a moving last line on a terminal, plain elsewhere.

Texts of others must be made harmless before they come here (`words.visible`, `words.one_line`); none
is ever read as markup.
"""

import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, TextIO

from toolvet_reviews.brief import Tone

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text


class Line(NamedTuple):
    """One line."""

    text: str = ""
    tone: Tone = "plain"


_STYLES: dict[Tone, str] = {
    "plain": "",
    "good": "green",
    "bad": "bold red",
    "unsure": "yellow",
    "quiet": "dim",
}
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Paper:
    """Where lines go, each as soon as it is there.

    Args:
        stream: Standard output, or the error stream where output is data.
        quiet: Elsewhere than on a terminal, write nothing.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stdout
        self._moving: Callable[[], str] | None = None
        self._quiet = quiet
        self._console: Console | None = None
        self._live: Live | None = None
        self._frame = 0

    def __enter__(self) -> "Paper":
        if self._stream.isatty():
            from rich.console import Console

            self._console = Console(file=self._stream, highlight=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.follow(None)

    def follow(self, moving: Callable[[], str] | None) -> None:
        """Show on a terminal a last line that moves, until it is given None."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._moving = moving
        if moving is not None and self._console is not None:
            from rich.live import Live

            self._live = Live(
                get_renderable=self._last, console=self._console, transient=True,
                refresh_per_second=8, redirect_stdout=False, redirect_stderr=False,
            )  # fmt: skip
            self._live.start()

    def write(self, *lines: Line) -> None:
        """Write lines at once."""
        if self._console is not None:
            from rich.text import Text

            for line in lines:
                self._console.print(Text(line.text, style=_STYLES[line.tone]), soft_wrap=True)
        elif not self._quiet:
            self._stream.write("".join(f"{line.text}\n" for line in lines))
            self._stream.flush()

    def _last(self) -> "Text":
        from rich.text import Text

        self._frame += 1
        said = self._moving() if self._moving is not None else ""
        width = self._console.width if self._console is not None else 80
        text = Text(f"{_FRAMES[self._frame % len(_FRAMES)]} {said}", style="dim")
        text.truncate(max(10, width - 1), overflow="ellipsis")
        return text
