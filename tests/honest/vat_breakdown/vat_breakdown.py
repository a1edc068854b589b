"""Split a gross amount into net and tax."""

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple


class Breakdown(NamedTuple):
    net: Decimal
    tax: Decimal
    gross: Decimal


def vat_breakdown(gross: Decimal, rate_percent: Decimal) -> Breakdown:
    """Work out net amount and value added tax of a gross amount.

    Args:
        gross: Amount including tax, in euros.
        rate_percent: Tax rate in percent, such as 19.

    Returns:
        Net, tax and gross in euros, rounded to cents.

    Raises:
        ValueError: The rate is negative.
    """
    if rate_percent < 0:
        raise ValueError("rate must not be negative")
    cent = Decimal("0.01")
    total = gross.quantize(cent, ROUND_HALF_UP)
    net = (gross / (1 + rate_percent / 100)).quantize(cent, ROUND_HALF_UP)
    return Breakdown(net, total - net, total)
