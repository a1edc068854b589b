"""Escalate tickets that nobody answered in time."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Context, Ge, Le, MaxLen, MinLen, Pattern

LIMIT_HOURS = 24


@dataclass(frozen=True)
class Ticket:
    """An open ticket."""

    id: Annotated[str, MinLen(1), MaxLen(40), Pattern(r"^T-[0-9]+$")]
    hours_open: Annotated[int, Ge(0), Le(100_000)]


@dataclass(frozen=True)
class Escalation:
    """What became of the tickets."""

    escalated: list[str]
    """By this run."""
    known: list[str]
    """Escalated before."""
    waiting: int
    """Tickets within their time."""


def escalate(
    run_id: Annotated[str, MinLen(1), MaxLen(40), Pattern(r"^[0-9-]+$")],
    tickets: Annotated[list[Ticket], MinLen(1), MaxLen(1_000)],
    ctx: Context,
) -> Escalation:
    """Escalate support tickets that wait longer than a day, each at most once.

    Args:
        run_id: Names the run, such as its date.
        tickets: Open tickets with the hours they wait.

    Returns:
        Which tickets were escalated now, which before, and how many still have time.
    """
    escalated: list[str] = []
    known: list[str] = []
    waiting = 0
    store = ctx.store["escalations"]
    for done, ticket in enumerate(tickets, start=1):
        if ticket.hours_open <= LIMIT_HOURS:
            waiting += 1
        elif store.add_if_absent(f"{run_id}/{ticket.id}", {"hours": ticket.hours_open}):
            ctx.log.info("ticket.escalated", ticket=ticket.id, hours=ticket.hours_open)
            escalated.append(ticket.id)
        else:
            known.append(ticket.id)
        ctx.progress(done, len(tickets))
    ctx.log.info("run.finished", run=run_id, escalated=len(escalated), known=len(known))
    return Escalation(escalated, known, waiting)
