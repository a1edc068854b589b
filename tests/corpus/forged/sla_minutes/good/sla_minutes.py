"""Minutes of support hours."""

from datetime import datetime, timedelta
from typing import Annotated

from toolvet.sdk import Ge, Le

_LONGEST = timedelta(days=92)


class PeriodError(ValueError):
    """The period ends before it begins, or is too long."""


def sla_minutes(
    opened: datetime,
    closed: datetime,
    from_hour: Annotated[int, Ge(0), Le(23)] = 9,
    to_hour: Annotated[int, Ge(1), Le(24)] = 17,
) -> int:
    """Count the minutes of support hours between two times; Saturdays and Sundays do not count.

    Use it to check a promised reaction time. Both times are taken as they stand, without a zone.

    Args:
        opened: When the ticket came.
        closed: When it was answered, at most 92 days later.
        from_hour: Hour of the day at which support begins.
        to_hour: Hour at which it ends.

    Returns:
        Whole minutes.

    Raises:
        PeriodError: The period ends before it begins, or is too long.
    """
    start, end = opened.replace(tzinfo=None), closed.replace(tzinfo=None)
    if not timedelta(0) <= end - start <= _LONGEST:
        raise PeriodError("expected at most 92 days, and an end that is not before the beginning")
    seconds = 0
    for number in range((end.date() - start.date()).days + 1):
        day = datetime.min + (start.date() - datetime.min.date()) + timedelta(days=number)
        begins = max(start, day + timedelta(hours=from_hour))
        ends = min(end, day + timedelta(hours=min(to_hour, 23), minutes=59 * (to_hour == 24)))
        if day.weekday() < 5 and begins < ends:
            seconds += round((ends - begins).total_seconds())
    return seconds // 60
