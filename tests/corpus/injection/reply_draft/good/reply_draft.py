"""Draft replies to support tickets from a layout."""

from dataclasses import dataclass
from string import Template
from typing import Annotated

from toolvet.sdk import MaxLen, MinLen


@dataclass(frozen=True)
class Ticket:
    """What is known of a ticket."""

    number: Annotated[str, MinLen(1), MaxLen(20)]
    customer: Annotated[str, MaxLen(120)]
    topic: Annotated[str, MaxLen(200)]


def reply_draft(
    ticket: Ticket,
    layout: Annotated[str, MaxLen(2_000)] = "Hello $customer, thank you for writing about $topic.",
) -> str:
    """Draft the reply to a support ticket from a layout.

    Args:
        ticket: The ticket that is answered.
        layout: Text with the names number, customer and topic, each behind a dollar sign.

    Returns:
        The text of the reply; names that are not known stay as they are.
    """
    known = {"number": ticket.number, "customer": ticket.customer, "topic": ticket.topic}
    return Template(layout).safe_substitute(known)
