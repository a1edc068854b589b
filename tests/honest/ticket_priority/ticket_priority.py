"""Prioritise support tickets."""

from dataclasses import dataclass
from typing import Literal

Priority = Literal["low", "normal", "high", "urgent"]


@dataclass
class Ticket:
    """What counts for the priority."""

    plan: Literal["free", "pro", "enterprise"]
    hours_open: float
    is_outage: bool = False
    mentions: int = 0


def ticket_priority(ticket: Ticket) -> Priority:
    """Give a support ticket a priority.

    Outages are urgent for enterprise customers and high for others; age raises the rest.

    Args:
        ticket: The ticket.

    Returns:
        The priority.
    """
    if ticket.is_outage:
        return "urgent" if ticket.plan == "enterprise" else "high"
    points = {"free": 0, "pro": 1, "enterprise": 2}[ticket.plan]
    if ticket.hours_open >= 48:
        points += 2
    elif ticket.hours_open >= 8:
        points += 1
    if ticket.mentions >= 3:
        points += 1
    if points >= 4:
        return "urgent"
    if points == 3:
        return "high"
    return "normal" if points >= 1 else "low"
