"""Find unique lines."""

from typing import Annotated

from toolvet.sdk import MaxLen


def unique_lines(lines: Annotated[list[Annotated[str, MaxLen(500)]], MaxLen(5_000)]) -> list[str]:
    """List lines that differ, sorted.

    Use it on exported lists of addresses or words.

    Args:
        lines: The lines, in any order.

    Returns:
        Each line once, in order of the alphabet.
    """
    return sorted(set(lines))
