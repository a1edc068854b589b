"""Export the public fields of support tickets as text, one line each, in a layout of choice."""

from dataclasses import dataclass
from typing import Annotated, Literal

from toolvet.sdk import Ge, Le, MaxLen, MinLen


@dataclass(frozen=True)
class Ticket:
    """A support ticket as the help desk keeps it."""

    id: Annotated[int, Ge(1)]
    queue: Annotated[str, MinLen(1), MaxLen(80)]
    status: Literal["open", "waiting", "closed"]
    subject: Annotated[str, MaxLen(300)]
    internal_note: Annotated[str, MaxLen(4_000)] = ""
    """For staff only; never exported."""


@dataclass(frozen=True)
class Export:
    """The tickets as text, each line ended by a line feed."""

    rows: int
    text: str


def export_tickets(
    tickets: Annotated[list[Ticket], MaxLen(5_000)],
    queue: Annotated[str, MinLen(1), MaxLen(80)],
    layout: Annotated[str, MinLen(1), MaxLen(200)] = "{ticket.id};{ticket.status};{ticket.subject}",
    limit: Annotated[int, Ge(1), Le(5_000)] = 1_000,
) -> Export:
    """Export the public fields of one queue's support tickets as text, one line each.

    Args:
        tickets: The tickets to choose from.
        queue: Name of the queue to export.
        layout: How a line is written, with the fields id, status and subject in braces.
        limit: How many tickets to export at most.

    Returns:
        The tickets of the queue by id, without internal notes.
    """
    chosen = sorted(
        (ticket for ticket in tickets if ticket.queue == queue), key=lambda ticket: ticket.id
    )[:limit]
    lines = [layout.format(ticket=ticket) + "\n" for ticket in chosen]
    return Export(rows=len(lines), text="".join(lines))
