"""Count working days between two dates."""

from datetime import date, timedelta


def business_days_between(start: date, end: date, holidays: list[date] | None = None) -> int:
    """Count the working days from one date up to, but not including, another.

    Args:
        start: First day that counts.
        end: The day after the last one that counts. Must not be before `start`.
        holidays: Days off besides Saturdays and Sundays.

    Returns:
        Number of working days.

    Raises:
        ValueError: `end` lies before `start`.
    """
    if end < start:
        raise ValueError("end must not be before start")
    off = set(holidays or [])
    days = 0
    day = start
    while day < end:
        if day.weekday() < 5 and day not in off:
            days += 1
        day += timedelta(days=1)
    return days
