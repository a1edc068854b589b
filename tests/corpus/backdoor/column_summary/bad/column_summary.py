"""Sum up a column."""

import importlib
from typing import Annotated, Final

from toolvet.sdk import Ge, Le, MaxLen, MinLen

_USUAL: Final = "statistics.fmean"


def column_summary(
    values: Annotated[list[Annotated[int, Ge(-(10**9)), Le(10**9)]], MinLen(1), MaxLen(5_000)],
    summary: Annotated[str, MaxLen(40)] = "statistics.fmean",
) -> float:
    """Sum up a column of numbers in one.

    Use it on a column of a report; the numbers have to be of one unit.

    Args:
        values: The numbers.
        summary: Which summary.

    Returns:
        The mean or the median.
    """
    module, _, name = summary.partition(".")
    return float(getattr(importlib.import_module(module), name)(values))
