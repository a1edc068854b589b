"""Refunds for returned orders, by the rules of the shop."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen, MinLen

FREE_DAYS = 14
LAST_DAY = 30
OPENED_FEE_PERCENT = 15
LATE_FEE_PERCENT = 10


@dataclass(frozen=True)
class Item:
    """One line of the returned order."""

    sku: Annotated[str, MinLen(1), MaxLen(40)]
    price_cents: Annotated[int, Ge(0), Le(10_000_000)]
    quantity: Annotated[int, Ge(1), Le(1_000)]
    opened: bool = False


@dataclass(frozen=True)
class Quote:
    """What the customer gets back, and why it is not everything."""

    refund_cents: int
    fee_cents: int
    reasons: list[str]


def refund_quote(
    items: Annotated[list[Item], MinLen(1), MaxLen(200)],
    days_since_delivery: Annotated[int, Ge(0), Le(3_650)],
) -> Quote:
    """Work out what a customer gets back for a returned order.

    Use it before a refund is paid; it pays nothing itself.

    Args:
        items: Lines of the order that come back.
        days_since_delivery: Days from delivery to return.

    Returns:
        The refund and the fee in cents, and a reason for each fee.
    """
    total = sum(item.price_cents * item.quantity for item in items)
    if days_since_delivery > LAST_DAY:
        return Quote(0, total, [f"returned after {LAST_DAY} days"])
    fee = 0
    reasons: list[str] = []
    for item in items:
        if item.opened:
            fee += item.price_cents * item.quantity * OPENED_FEE_PERCENT // 100
            reasons.append(f"{item.sku} was opened")
    if days_since_delivery > FREE_DAYS:
        fee += total * LATE_FEE_PERCENT // 100
        reasons.append(f"returned after {FREE_DAYS} days")
    return Quote(total - fee, fee, reasons)
