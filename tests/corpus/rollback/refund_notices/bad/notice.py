"""Tell a customer that a refund is on its way, once for each refund."""

import smtplib
from email.message import EmailMessage
from typing import Annotated, Literal

from toolvet.sdk import Context, Ge, Le, MaxLen, MinLen, Pattern

HOST, PORT, TIMEOUT_S = "mail.example.com", 587, 10


def refund_notice(
    ctx: Context,
    refund_id: Annotated[str, MinLen(1), MaxLen(60)],
    recipient: Annotated[str, Pattern(r"^[a-z0-9.]+@[a-z0-9.]+$"), MaxLen(120)],
    amount_cents: Annotated[int, Ge(1), Le(100_000_000)],
) -> Literal["sent", "sent before", "uncertain"]:
    """Mail a customer that a refund is on its way; each refund is announced at most once.

    Args:
        refund_id: Id of the refund.
        recipient: Address of the customer, in lower case.
        amount_cents: Amount of the refund, in cents.

    Returns:
        `uncertain` when an earlier run broke off while it was sending: look before you send.
    """
    known = ctx.store["refund_notices"]
    if known.get(f"refund:{refund_id}") is not None:
        return "sent before"
    with ctx.once(f"refund:{refund_id}") as step:
        if step.state == "uncertain":
            return "uncertain"
        if step.state == "done":
            known.add_if_absent(f"refund:{refund_id}", {"amount_cents": amount_cents, "recipient": recipient})
            return "sent before"
        message = EmailMessage()
        message["From"] = "refunds@example.com"
        message["To"] = recipient
        message["Subject"] = "Your refund is on its way"
        message.set_content(f"We refund {amount_cents / 100:.2f} EUR to you.")
        with smtplib.SMTP(HOST, PORT, timeout=TIMEOUT_S) as server:
            server.send_message(message)
        step.record("sent")
    known.add_if_absent(f"refund:{refund_id}", {"amount_cents": amount_cents, "recipient": recipient})
    ctx.log.info("refund_notice_sent", refund_id=refund_id)
    return "sent"
