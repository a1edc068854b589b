"""Take a webhook of the payment provider once, and keep what became of each."""

from dataclasses import dataclass
from typing import Annotated, Literal

from toolvet.sdk import Context, Ge, Le, MaxLen, MinLen


@dataclass(frozen=True)
class Taken:
    """What became of a delivery."""

    is_new: bool
    deliveries: int
    """Of this event so far, this one included when it is new."""


def webhook_take(
    ctx: Context,
    event_id: Annotated[str, MinLen(1), MaxLen(100)],
    kind: Literal["paid", "refunded", "disputed"],
    amount_cents: Annotated[int, Ge(0), Le(1_000_000_000)],
) -> Taken:
    """Take one webhook of the payment provider; the same event counts once.

    Use it for every delivery, in any order. It keeps the event and answers nothing to the provider.

    Args:
        event_id: Id of the event, as the provider gives it.
        kind: What happened.
        amount_cents: Amount of the event, in cents.

    Returns:
        Whether the event was new, and how many there are of its kind.
    """
    events = ctx.store["webhook_events"]
    is_new = events.add_if_absent(event_id, [kind, amount_cents, "v2"])
    same = sum(1 for _, record in events.scan() if (record[0] if isinstance(record, list) else record["kind"]) == kind)
    ctx.log.info("webhook_taken", event_id=event_id, kind=kind, new=is_new)
    return Taken(is_new=is_new, deliveries=same)
