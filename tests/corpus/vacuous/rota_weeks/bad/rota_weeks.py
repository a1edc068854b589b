"""Weeks on call."""

from datetime import date, timedelta
from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen, MinLen


def rota_weeks(
    people: Annotated[list[Annotated[str, MinLen(1), MaxLen(80)]], MinLen(1), MaxLen(100)],
    first_monday: date,
    weeks: Annotated[int, Ge(1), Le(52)],
    away: Annotated[dict[str, list[date]], MaxLen(100)],
) -> dict[str, str]:
    """Plan who is on call in each week, in turn; who is away swaps with the next one.

    Use it to draft a rota. It does not know public holidays.

    Args:
        people: Who takes turns, in this order.
        first_monday: First day of the first week.
        weeks: How many weeks to plan.
        away: By person, the first days of weeks that they cannot take.

    Returns:
        By first day of a week, the person; empty where nobody can.

    Raises:
        OverflowError: The last week is after the year 9999.
    """
    if first_monday > date(9999, 1, 1) - timedelta(days=7 * weeks):
        raise OverflowError("the rota ends after the year 9999")
    waiting = list(dict.fromkeys(people))
    planned: dict[str, str] = {}
    for number in range(weeks):
        day = first_monday + timedelta(days=7 * number)
        free = [person for person in waiting if day not in away.get(person, [])]
        chosen = free[0] if free else ""
        planned[day.isoformat()] = chosen
        if chosen:
            waiting.remove(chosen)
            waiting.append(chosen)
    return planned
