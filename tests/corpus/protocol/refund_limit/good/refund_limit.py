"""Check refunds."""

from typing import Annotated

from toolvet.sdk import Ge, Le


def refund_limit(
    paid_cents: Annotated[int, Ge(0), Le(10**9)], refund_cents: Annotated[int, Ge(0), Le(10**9)]
) -> int:
    """Tell what is left of a payment after a refund.

    Use it before a refund is entered; it enters nothing.

    Args:
        paid_cents: What was paid, in cents.
        refund_cents: What is to be paid back, in cents.

    Returns:
        What is left, in cents.

    Raises:
        ValueError: More is to be paid back than was paid.
    """
    if refund_cents > paid_cents:
        raise ValueError("more is to be paid back than was paid")
    return paid_cents - refund_cents
