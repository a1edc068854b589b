"""Expand the minute field of a cron line."""


def cron_next_minutes(field: str) -> list[int]:
    """List the minutes a cron minute field matches.

    Supports "*", lists, ranges and steps, such as "0,30", "10-20" or "*/15".

    Args:
        field: The minute field.

    Returns:
        Matching minutes, 0 to 59, in order.

    Raises:
        ValueError: The field is not valid.
    """
    minutes: set[int] = set()
    for part in field.split(","):
        base, slash, step_text = part.partition("/")
        step = _number(step_text) if slash else 1
        if step < 1:
            raise ValueError("a step must be at least 1")
        if base == "*":
            low, high = 0, 59
        else:
            first, dash, last = base.partition("-")
            low = _number(first)
            high = _number(last) if dash else (59 if slash else low)
        if not 0 <= low <= high <= 59:
            raise ValueError(f"minutes out of range: {part!r}")
        minutes.update(range(low, high + 1, step))
    return sorted(minutes)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise ValueError(f"not a number: {text!r}")
    return int(text)
