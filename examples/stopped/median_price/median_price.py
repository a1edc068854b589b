"""Give the median of a list of prices."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Ge, MaxLen, MinLen


@dataclass(frozen=True)
class Prices:
    """Where a list of prices begins, has its middle, and ends."""

    cheapest_cents: int
    median_cents: int
    """Of an even number of prices, the mean of the two in the middle, rounded down."""
    dearest_cents: int


def median_price(
    prices_cents: Annotated[list[Annotated[int, Ge(0)]], MinLen(1), MaxLen(10_000)],
) -> Prices:
    """Give the median of a list of prices, with the cheapest and the dearest.

    Args:
        prices_cents: Prices in cents, in any order.

    Returns:
        The cheapest, the median and the dearest price.
    """
    ordered = sorted(prices_cents)
    return Prices(
        cheapest_cents=ordered[0],
        median_cents=ordered[(len(ordered) - 1) // 2],
        dearest_cents=ordered[-1],
    )
