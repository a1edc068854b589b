"""Compare a metric with the period before."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Ge, Le


@dataclass(frozen=True)
class Change:
    """How a count moved."""

    difference: int
    percent: Annotated[int, Ge(-100)] | None
    """Rounded; null when there was nothing before."""


def percent_change(
    before: Annotated[int, Ge(0), Le(10**9)],
    after: Annotated[int, Ge(0), Le(10**9)],
) -> Change:
    """Give the change of a count from one period to the next, in percent.

    Args:
        before: The count of the earlier period.
        after: The count of the later period.

    Returns:
        The difference, and the change in percent of the earlier count.
    """
    difference = after - before
    if before == 0:
        return Change(difference, None)
    return Change(difference, round(100 * difference / before))
