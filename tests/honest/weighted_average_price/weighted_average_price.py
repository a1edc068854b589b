"""Average a price by volume."""

from dataclasses import dataclass


@dataclass
class Fill:
    """One executed order."""

    price_cents: int
    quantity: int


def weighted_average_price(fills: list[Fill]) -> float:
    """Compute the volume-weighted average price of executed orders.

    Args:
        fills: Executed orders. Quantities must be positive.

    Returns:
        Average price in cents, rounded to two decimals.

    Raises:
        ValueError: There is no fill, or a quantity is not positive.
    """
    if not fills:
        raise ValueError("no fills")
    if any(fill.quantity <= 0 for fill in fills):
        raise ValueError("quantity must be positive")
    total = sum(fill.price_cents * fill.quantity for fill in fills)
    volume = sum(fill.quantity for fill in fills)
    return round(total / volume, 2)
