"""Asks for words to look for, on the last line of the screen."""

import re
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input


class SearchLine(ModalScreen[str | None]):
    """A field of its own screen: no key typed into it can be anything but a letter.

    Gives what was typed, or None when it was left with escape.
    """

    DEFAULT_CSS = """
    SearchLine {
        background: transparent;
        align: left bottom;

        & > Input {
            padding: 0 1;
            background: $panel;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Leave the search")]

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Only the field."""
        yield Input(self._text, placeholder="find in this file", select_on_focus=True, compact=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give back what is to be found."""
        self.dismiss(event.value)


def pattern_of(text: str) -> re.Pattern[str] | None:
    """Read what a person looks for: plain words; capitals only matter when there are some."""
    if not text:
        return None
    return re.compile(re.escape(text), 0 if text != text.lower() else re.IGNORECASE)
