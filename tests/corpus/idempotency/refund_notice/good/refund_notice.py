"""Tell customers by mail that their refund is on its way, once per refund."""

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Annotated

from toolvet.sdk import BatchResult, Context, Ge, MaxLen, MinLen, Pattern

HOST = "mail.example.com"
PORT = 587


@dataclass(frozen=True)
class Refund:
    """A refund that was booked."""

    refund_id: Annotated[str, MaxLen(20), Pattern(r"^R-[0-9]+$")]
    email: Annotated[str, MaxLen(200), Pattern(r"^[a-z0-9._-]+@[a-z0-9.-]+$")]
    amount_cents: Annotated[int, Ge(1)]


def notify_refunds(
    batch_id: Annotated[str, MinLen(1), MaxLen(40), Pattern(r"^[a-z0-9-]+$")],
    refunds: Annotated[list[Refund], MinLen(1), MaxLen(500)],
    ctx: Context,
) -> BatchResult:
    """Tell customers by mail that their refund is on its way, once per refund.

    Args:
        batch_id: Names the batch of refunds, such as its day.
        refunds: The refunds to announce; a later call of the batch may add some.
        ctx: Given by the platform.

    Returns:
        How many mails were sent now and before, and which refunds are in doubt.
    """
    sent = skipped = 0
    uncertain: list[str] = []
    for done, refund in enumerate(refunds, start=1):
        with ctx.once(f"{batch_id}/{refund.refund_id}") as step:
            if step.state == "new":
                deliver(_mail(refund))
                ctx.log.info("refund.notified", refund=refund.refund_id)
                sent += 1
            elif step.state == "done":
                skipped += 1
            else:
                uncertain.append(refund.refund_id)
        ctx.progress(done, len(refunds))
    return BatchResult(sent=sent, skipped=skipped, uncertain=uncertain)


def _mail(refund: Refund) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "refunds@example.com"
    mail["To"] = refund.email
    mail["Subject"] = f"Your refund {refund.refund_id}"
    euros, cents = divmod(refund.amount_cents, 100)
    mail.set_content(f"Hello,\n\nwe have refunded EUR {euros}.{cents:02d} to you.\n")
    return mail


def deliver(mail: EmailMessage) -> None:
    """Hand one mail to the server."""
    with smtplib.SMTP(HOST, PORT, timeout=20) as server:
        server.send_message(mail)
