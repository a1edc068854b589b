"""Read durations such as 1h30m."""

import re

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str) -> int:
    """Convert a duration like "1h30m" or "45s" to seconds.

    Args:
        text: Numbers, each followed by one of d, h, m or s. Spaces are ignored.

    Returns:
        The duration in seconds.

    Raises:
        ValueError: The text is empty or not a duration.
    """
    compact = text.replace(" ", "").lower()
    if not re.fullmatch(r"([0-9]{1,9}[dhms])+", compact):
        raise ValueError(f"not a duration: {text!r}")
    parts = re.findall(r"([0-9]+)([dhms])", compact)
    return sum(int(number) * UNITS[unit] for number, unit in parts)
