"""Find the marketing channel that brought a purchase."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Ge, MaxLen, MinLen


@dataclass(frozen=True)
class Visit:
    """One visit of the customer to the shop."""

    minute: Annotated[int, Ge(0)]
    """Minutes since the campaign began."""
    channel: Annotated[str, MinLen(1), MaxLen(40)]


def last_touch_channel(
    visits: Annotated[list[Visit], MaxLen(2_000)],
    bought_minute: Annotated[int, Ge(0)],
    window_minutes: Annotated[int, Ge(1)] = 10_080,
) -> str:
    """Name the channel of the last visit before a purchase.

    Use it for last-touch attribution of a single purchase; not for shares over many.

    Args:
        visits: Visits of this customer, in any order.
        bought_minute: When the purchase was made, in minutes since the campaign began.
        window_minutes: Visits that lie further back do not count.

    Returns:
        The channel, or `direct` when no visit counts.
    """
    earliest = bought_minute - window_minutes
    before = [visit for visit in visits if earliest <= visit.minute <= bought_minute]
    before.sort(key=lambda visit: (visit.minute, visit.channel), reverse=True)
    return before[0].channel
