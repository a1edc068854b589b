"""Bands of churn risk."""

from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen

_HIGH_DAYS = 60
_MEDIUM_DAYS = 21


def churn_bands(
    idle_days: Annotated[dict[str, Annotated[int, Ge(0), Le(10_000)]], MaxLen(5_000)],
    paying: Annotated[list[str], MaxLen(5_000)],
) -> dict[str, list[str]]:
    """Sort customers into high, medium and low risk by the days since they were last seen.

    Use it to choose whom to write to; it predicts nothing. Customers who pay are one band lower.

    Args:
        idle_days: Days since the last visit, by customer.
        paying: Customers with a running subscription.

    Returns:
        Customers of each band, in the order of their names.
    """
    subscribed = set(paying)
    bands: dict[str, list[str]] = {"high": [], "medium": [], "low": []}
    for customer, days in sorted(idle_days.items()):
        level = 2 if days >= _HIGH_DAYS else 1 if days >= _MEDIUM_DAYS else 0
        if customer in subscribed and level > 0:
            level -= 1
        bands[("low", "medium", "high")[level]].append(customer)
    return bands
