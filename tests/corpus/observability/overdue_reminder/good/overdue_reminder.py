"""Remind customers by mail of invoices that are overdue, once per stage."""

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Annotated

from toolvet.sdk import BatchResult, Context, Ge, Le, MaxLen, MinLen, Pattern

HOST = "mail.example.com"
PORT = 587


@dataclass(frozen=True)
class Invoice:
    """An invoice that is overdue."""

    number: Annotated[str, MaxLen(20), Pattern(r"^I-[0-9]+$")]
    email: Annotated[str, MaxLen(200), Pattern(r"^[a-z0-9._-]+@[a-z0-9.-]+$")]


def remind_overdue(
    month: Annotated[str, Pattern(r"^20[0-9]{2}-(0[1-9]|1[0-2])$")],
    stage: Annotated[int, Ge(1), Le(3)],
    invoices: Annotated[list[Invoice], MinLen(1), MaxLen(500)],
    ctx: Context,
) -> BatchResult:
    """Remind customers by mail of invoices that are overdue, once per stage.

    Args:
        month: Month of the reminders, such as 2026-11.
        stage: First, second or last reminder.
        invoices: The invoices; a later call may add some.
        ctx: Given by the platform.

    Returns:
        How many reminders were sent now and before, which addresses refused, which are in doubt.
    """
    sent = skipped = 0
    failed: dict[str, str] = {}
    uncertain: list[str] = []
    for done, invoice in enumerate(invoices, start=1):
        with ctx.once(f"{month}/{stage}/{invoice.number}") as step:
            if step.state == "done":
                skipped += 1
            elif step.state == "uncertain":
                uncertain.append(invoice.number)
            else:
                if deliver(_mail(invoice, stage)):
                    sent += 1
                else:
                    failed[invoice.number] = "the address refused the mail"
        ctx.progress(done, len(invoices))
    ctx.log.info("reminders.finished", stage=stage, sent=sent, failed=len(failed))
    return BatchResult(sent, skipped, failed, uncertain)


def deliver(mail: EmailMessage) -> bool:
    """Hand one mail to the server; False when it refuses the recipient."""
    with smtplib.SMTP(HOST, PORT, timeout=20) as server:
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused:
            return False
    return True


def _mail(invoice: Invoice, stage: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "billing@example.com"
    mail["To"] = invoice.email
    mail["Subject"] = f"Reminder {stage} for invoice {invoice.number}"
    mail.set_content(f"Hello,\n\nplease pay invoice {invoice.number} within a week.\n")
    return mail
