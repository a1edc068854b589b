"""Pick the members of a segment."""

import operator
from typing import Annotated, Final, Literal

from toolvet.sdk import Ge, Le, MaxLen

_COMPARE: Final = {"<": operator.lt, ">": operator.gt, "=": operator.eq}


def segment_members(
    visits: Annotated[dict[str, Annotated[int, Ge(0), Le(10**6)]], MaxLen(5_000)],
    condition: Annotated[str, MaxLen(40)],
    order: Literal["name", "visits"] = "name",
) -> list[str]:
    """List the members whose number of visits meets a condition.

    Use it to size a segment before a campaign; it sends nothing.

    Args:
        visits: Number of visits by member.
        condition: One of < > = and a number, such as "> 3".
        order: What to sort by.

    Returns:
        Members that meet it.

    Raises:
        ValueError: The condition is not understood.
    """
    sign, _, number = condition.strip().partition(" ")
    if sign not in _COMPARE or not (number.isascii() and number.isdecimal()):
        raise ValueError("a condition is one of < > = and a number")
    limit = int(number)
    found = [member for member, count in visits.items() if _COMPARE[sign](count, limit)]
    return sorted(found, key=(lambda member: visits[member]) if order == "visits" else None)
