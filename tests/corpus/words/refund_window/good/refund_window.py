"""Refund windows of the support desk."""

from datetime import date, timedelta
from typing import Literal

WINDOWS = {"standard": 30, "premium": 60, "clearance": 7}
"""Days after delivery, by plan."""


def refund_window(
    delivered: date, plan: Literal["standard", "premium", "clearance"], asked: date
) -> dict[str, str | bool | int]:
    """Tell whether an order may still be refunded, and until when.

    Use it for orders that were delivered; an order on its way can be cancelled instead.

    Args:
        delivered: Day of delivery.
        plan: What the customer bought under.
        asked: Day on which the customer asked.

    Returns:
        `until`, the last day; `allowed`; and `days_left`, 0 when the window is closed.
    """
    until = delivered + timedelta(days=WINDOWS[plan])
    left = (until - asked).days
    return {"until": until.isoformat(), "allowed": left >= 0, "days_left": max(left, 0)}
