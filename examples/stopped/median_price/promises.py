"""What the tool promises for every list of prices."""

from typing import Any


def middle_is_the_median(arguments: dict[str, Any], result: dict[str, int]) -> bool:
    """Tell whether the median is the middle price, or lies halfway between the two in the middle."""
    ordered = sorted(arguments["prices_cents"])
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return result["median_cents"] == (low + high) // 2
