"""Fees of card payments."""

from typing import Annotated, Literal

from toolvet.sdk import Ge, Le

_BASIS_POINTS = {"domestic": 90, "european": 140, "other": 290}
_FIXED_CENTS = 25
_LEAST_CENTS = 30


def card_fee(
    amount_cents: Annotated[int, Ge(1), Le(100_000_000)],
    region: Literal["domestic", "european", "other"],
    refunded_cents: Annotated[int, Ge(0), Le(100_000_000)] = 0,
) -> int:
    """Work out the fee of a card payment in cents, rounded up to a whole cent.

    Use it to check an invoice of the acquirer. The fixed part is kept when a payment is refunded.

    Args:
        amount_cents: What was paid, in cents.
        region: Where the card was issued.
        refunded_cents: What was given back, in cents; never more than was paid counts.

    Returns:
        The fee in cents.
    """
    kept_cents = amount_cents - min(refunded_cents, amount_cents)
    share_cents = (kept_cents * _BASIS_POINTS[region] + 9_999) // 10_000
    return max(_LEAST_CENTS, share_cents + _FIXED_CENTS)
