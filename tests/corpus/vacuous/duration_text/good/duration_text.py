"""Durations in words."""

from typing import Annotated, Literal

from toolvet.sdk import Ge, Le

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def duration_text(
    seconds: Annotated[int, Ge(0), Le(10**10)],
    most_units: Literal[1, 2, 3, 4] = 2,
) -> str:
    """Write a duration in words, such as `1 hour 5 minutes`.

    Use it for messages to people. It cuts off and never rounds, so 119 seconds are `1 minute` with
    one unit.

    Args:
        seconds: The duration in seconds.
        most_units: How many units to show, the greatest first.

    Returns:
        The words.
    """
    parts: list[str] = []
    left = seconds
    for name, size in _UNITS:
        number, left = divmod(left, size)
        if number and len(parts) < most_units:
            parts.append(f"{number} {name}" if number == 1 else f"{number} {name}s")
    return " ".join(parts) or "0 seconds"
