"""Write greetings."""

import string
from typing import Annotated

from toolvet.sdk import MaxLen


def greeting_lines(
    template: Annotated[str, MaxLen(500)],
    names: Annotated[list[Annotated[str, MaxLen(100)]], MaxLen(1_000)],
) -> list[str]:
    """Write one greeting for each name from a text with $name in it.

    Use it to preview a mailing; it sends nothing.

    Args:
        template: Text with $name where the name goes; other dollar signs stay as they are.
        names: Names in the order of the lines.

    Returns:
        One line for each name.
    """
    text = string.Template(template)
    return [text.safe_substitute(name=name) for name in names]
