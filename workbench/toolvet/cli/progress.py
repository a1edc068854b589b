"""A moving line while something takes its time."""

import sys
from typing import TYPE_CHECKING

from toolvet.cli.output import say
from toolvet_reviews.words import one_line

if TYPE_CHECKING:
    from rich.status import Status


class Progress:
    """A moving line on a terminal; elsewhere nothing, or a line each.

    Args:
        text: What is shown first.
        lines: Elsewhere than on a terminal, write each new text as a line of its own.
    """

    def __init__(self, text: str, *, lines: bool = False) -> None:
        self._text = text
        self._lines = lines
        self._status: Status | None = None

    def __enter__(self) -> "Progress":
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status(self._text)
            self._status.start()
        return self

    def __call__(self, text: str) -> None:
        """Show another text."""
        if self._status:
            self._status.update(one_line(text))
        elif self._lines:
            say(one_line(text))

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()
