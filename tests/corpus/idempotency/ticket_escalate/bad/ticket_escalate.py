"""Escalate overdue support tickets to the on-call desk, each once."""

import json
from typing import Annotated
from urllib.request import Request, urlopen

from toolvet.sdk import BatchResult, Context, Ge, MaxLen, MinLen, Pattern

DESK = "https://desk.example.com/v1/escalations"


def escalate_tickets(
    shift: Annotated[str, MaxLen(40), Pattern(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}-(early|late|night)$")],
    ticket_ids: Annotated[list[Annotated[int, Ge(1)]], MinLen(1), MaxLen(200)],
    ctx: Context,
) -> BatchResult:
    """Escalate overdue support tickets to the on-call desk, each once.

    Args:
        shift: The shift that takes them over, such as 2026-11-20-late.
        ticket_ids: Numbers of the overdue tickets.
        ctx: Given by the platform.

    Returns:
        How many were escalated now and before; those in doubt by their numbers.
    """
    sent = skipped = 0
    uncertain: list[str] = []
    for done, ticket in enumerate(dict.fromkeys(ticket_ids), start=1):
        if not ctx.store["escalated"].add_if_absent(f"{shift}/{ticket}", {"ticket": ticket}):
            skipped += 1
            continue
        call_desk(shift, ticket)
        ctx.log.info("ticket.escalated", ticket=ticket, shift=shift)
        sent += 1
        ctx.progress(done, len(ticket_ids))
    return BatchResult(sent=sent, skipped=skipped, uncertain=uncertain)


def call_desk(shift: str, ticket: int) -> None:
    """Tell the desk of one ticket."""
    body = json.dumps({"shift": shift, "ticket": ticket}).encode()
    request = Request(DESK, body, {"Content-Type": "application/json"}, method="POST")
    with urlopen(request, timeout=20) as reply:
        reply.read(1000)
