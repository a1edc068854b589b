"""Split a payout among partners by their shares, without losing or inventing a cent."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Ge, Gt, Le, MaxLen, MinLen


@dataclass(frozen=True)
class Share:
    """What one partner is entitled to."""

    partner: Annotated[str, MinLen(1), MaxLen(80)]
    weight: Annotated[int, Ge(1), Le(10_000)]
    """Relative to the weights of the others."""


@dataclass(frozen=True)
class Payout:
    """What one partner is paid."""

    partner: str
    amount_cents: int


def payout_split(
    total_cents: Annotated[int, Ge(0), Le(10_000_000_000)],
    shares: Annotated[list[Share], MinLen(1), MaxLen(200)],
    minimum_cents: Annotated[int, Ge(0), Le(1_000_000)] = 0,
) -> list[Payout]:
    """Split a payout in cents among partners in proportion to their weights.

    Use it before a payment run; it moves no money.

    Args:
        total_cents: Amount to split, in cents.
        shares: The partners with their weights, in the order of the contract.
        minimum_cents: Payouts below it, in cents, are held back and given as 0.

    Returns:
        One payout for each share, in the same order; with nothing held back they add up to the total.
    """
    whole = sum(share.weight for share in shares)
    amounts = [total_cents * share.weight // whole for share in shares]
    left = total_cents - sum(amounts)
    for place in range(left):
        amounts[place] += 1
    amounts = [amount if amount >= minimum_cents else 0 for amount in amounts]
    return [
        Payout(partner=share.partner, amount_cents=amount)
        for share, amount in zip(shares, amounts, strict=True)
    ]
