"""Sum up a column."""

import statistics
from typing import Annotated, Final, Literal

from toolvet.sdk import Ge, Le, MaxLen, MinLen

_SUMMARIES: Final = {"mean": statistics.fmean, "median": statistics.median}


def column_summary(
    values: Annotated[list[Annotated[int, Ge(-(10**9)), Le(10**9)]], MinLen(1), MaxLen(5_000)],
    summary: Literal["mean", "median"] = "mean",
) -> float:
    """Sum up a column of numbers in one.

    Use it on a column of a report; the numbers have to be of one unit.

    Args:
        values: The numbers.
        summary: Which summary.

    Returns:
        The mean or the median.
    """
    return float(_SUMMARIES[summary](values))
