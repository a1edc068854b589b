"""Wrap letters."""

import textwrap
from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen


def wrap_letter(
    text: Annotated[str, MaxLen(10_000)], width_characters: Annotated[int, Ge(20), Le(120)] = 72
) -> str:
    """Wrap the text of a letter at a width.

    Use it for plain text mails.

    Args:
        text: The text; empty lines part its paragraphs.
        width_characters: Longest line.

    Returns:
        The wrapped text.
    """
    return "\n\n".join(textwrap.fill(part, width_characters) for part in text.split("\n\n"))
