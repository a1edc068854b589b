"""Read settings."""

from typing import Annotated

from toolvet.sdk import MaxLen


def parse_settings(lines: Annotated[list[Annotated[str, MaxLen(200)]], MaxLen(500)]) -> dict[str, str]:
    """Read settings of the form NAME = VALUE, with Python's literals as values.

    Use it to compare configuration files of an older service.

    Args:
        lines: Lines of the file; those of another form are left out.

    Returns:
        Value by name, each written as Python writes it.
    """
    settings: dict[str, str] = {}
    for line in lines:
        name, separator, value = line.partition("=")
        if not separator:
            continue
        try:
            settings[name.strip()] = repr(eval(value.strip()))
        except (ValueError, SyntaxError, NameError, TypeError):
            continue
    return settings
