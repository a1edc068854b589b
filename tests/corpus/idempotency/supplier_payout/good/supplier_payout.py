"""Order the payout of one approved supplier bill at the bank."""

import json
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.request import Request, urlopen

from toolvet.sdk import Context, Ge, Le, MaxLen, Pattern

PAYOUTS = "https://bank.example.com/v2/payouts"


@dataclass(frozen=True)
class Payout:
    """What the bank answered."""

    payout_id: str
    status: str


def pay_supplier(
    bill_id: Annotated[str, MaxLen(20), Pattern(r"^B-[0-9]+$")],
    iban: Annotated[str, MaxLen(34), Pattern(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}$")],
    amount_cents: Annotated[int, Ge(1), Le(100_000_000)],
    ctx: Context,
) -> Payout:
    """Order the payout of one approved supplier bill at the bank.

    Args:
        bill_id: The approved bill.
        iban: Account of the supplier.
        amount_cents: Amount in euro cents.
        ctx: Given by the platform.

    Returns:
        The bank's name for the payout, and its status.
    """
    order = {"reference": bill_id, "iban": iban, "amount_cents": amount_cents}
    answer = post(order, f"payout-{bill_id}")
    ctx.log.info("payout.ordered", bill=bill_id, payout=answer["id"], amount_cents=amount_cents)
    return Payout(str(answer["id"]), str(answer["status"]))


def post(order: dict[str, Any], key: str) -> dict[str, Any]:
    """Send one order; the bank acts once on each key."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = Request(PAYOUTS, json.dumps(order).encode(), headers, method="POST")
    with urlopen(request, timeout=20) as reply:
        answer: dict[str, Any] = json.load(reply)
    return answer
