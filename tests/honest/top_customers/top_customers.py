"""Rank customers by revenue."""

from collections import defaultdict
from dataclasses import dataclass


@dataclass
class Order:
    """An order of a customer."""

    customer: str
    amount_cents: int


@dataclass
class Ranked:
    """A customer with what they spent."""

    customer: str
    total_cents: int
    orders: int


def top_customers(orders: list[Order], limit: int = 10) -> list[Ranked]:
    """Rank customers by how much they spent in total.

    Args:
        orders: All orders of the period.
        limit: How many customers to return, at least 1.

    Returns:
        Customers with the highest totals first; equal totals in order of name.

    Raises:
        ValueError: `limit` is below 1.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    totals: dict[str, int] = defaultdict(int)
    counts: dict[str, int] = defaultdict(int)
    for order in orders:
        totals[order.customer] += order.amount_cents
        counts[order.customer] += 1
    ranked = [Ranked(name, totals[name], counts[name]) for name in totals]
    ranked.sort(key=lambda one: (-one.total_cents, one.customer))
    return ranked[:limit]
