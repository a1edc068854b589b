"""Create the invoices of one month for one customer segment, each exactly once.

The number of an invoice follows from its period and customer alone, and an invoice is added to
the store only if its number is absent. So a second delivery, a crash at any line, or two calls
at once end with the same set of invoices. No clock, no counter, no randomness.
"""

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Final, Literal

from toolvet.sdk import BatchResult, Context, MaxLen, MinLen, Pattern, ToolError

from contracts import CONTRACTS, Contract

PAYMENT_DAYS: Final = 30
MAX_BATCH: Final = 5_000
"""More customers than this in one segment is a mistake in the roster, not a busy month."""

CONFLICT: Final = "an invoice of this number exists with other content"

Document = dict[str, str | int]
Outcome = Literal["created", "skipped", "conflict"]


class UnknownSegmentError(ToolError):
    """No contract belongs to the segment; likely a misspelling."""


class BatchTooLargeError(ToolError):
    """The segment has more customers than one batch may bill."""


def generate_invoices(
    period: Annotated[str, Pattern(r"^20[0-9]{2}-(0[1-9]|1[0-2])$")],
    customer_segment: Annotated[str, MinLen(1), MaxLen(40), Pattern(r"^[a-z][a-z_]*$")],
    ctx: Context,
) -> BatchResult:
    """Create the invoices of one month for one customer segment, each exactly once.

    An invoice that exists already is skipped. If it exists with other content (the roster of an
    earlier release differed), it is left as it is, named under failed and put aside as a dead
    letter: a person must decide whether to credit it.

    Args:
        period: Month to bill, such as 2026-10.
        customer_segment: Segment to bill: enterprise, small_business or public_sector.

    Returns:
        How many invoices were created, how many existed, and the numbers of those in conflict;
        together the customers billed in that month. None is ever uncertain or left to retry:
        adding to the store is atomic.

    Raises:
        UnknownSegmentError: No contract belongs to the segment.
        BatchTooLargeError: The segment has more customers than one batch may bill.
    """
    contracts = _billed(period, customer_segment)
    ctx.log.info(
        "invoice_batch.started", period=period, segment=customer_segment, customers=len(contracts)
    )
    created = skipped = 0
    failed: dict[str, str] = {}
    for done, contract in enumerate(contracts, start=1):
        number, outcome = _invoice_once(ctx, period, contract)
        created += outcome == "created"
        skipped += outcome == "skipped"
        if outcome == "conflict":
            failed[number] = CONFLICT
        ctx.progress(done, len(contracts))
    ctx.log.info(
        "invoice_batch.finished",
        period=period,
        segment=customer_segment,
        created=created,
        skipped=skipped,
        failed=len(failed),
    )
    return BatchResult(sent=created, skipped=skipped, failed=failed)


def _billed(period: str, segment: str) -> Sequence[Contract]:
    of_segment = [contract for contract in CONTRACTS if contract.segment == segment]
    if not of_segment:
        known = ", ".join(sorted({contract.segment for contract in CONTRACTS}))
        raise UnknownSegmentError(f"no contract belongs to segment {segment!r}; known: {known}")
    if len(of_segment) > MAX_BATCH:
        raise BatchTooLargeError(f"{len(of_segment)} customers, at most {MAX_BATCH}")
    return [contract for contract in of_segment if contract.covers(period)]


def _invoice_once(ctx: Context, period: str, contract: Contract) -> tuple[str, Outcome]:
    """Create one invoice unless it exists; returns its number and what became of it."""
    invoice = invoice_document(period, contract)
    number = str(invoice["number"])
    invoices = ctx.store["invoices"]
    if invoices.add_if_absent(number, invoice):
        ctx.log.info("invoice.created", number=number, gross_cents=invoice["gross_cents"])
        return number, "created"
    if invoices.get(number) == invoice:
        ctx.log.info("invoice.skipped", number=number)
        return number, "skipped"
    ctx.log.error("invoice.conflict", number=number)
    ctx.dead_letter({"number": number}, CONFLICT)
    return number, "conflict"


def invoice_document(period: str, contract: Contract) -> Document:
    """Compute an invoice; the same arguments always give the same document.

    Args:
        period: Month that is billed, `YYYY-MM`.
        contract: What was agreed.

    Returns:
        The invoice, dated on the last day of the period, VAT rounded half up to a cent.
    """
    year, month = (int(part) for part in period.split("-"))
    issued = date(year, month, calendar.monthrange(year, month)[1])
    vat_cents = (contract.monthly_cents * contract.vat_percent + 50) // 100
    return {
        "number": f"INV-{period}-{contract.customer}",
        "period": period,
        "customer": contract.customer,
        "segment": contract.segment,
        "item": contract.item,
        "currency": contract.currency,
        "net_cents": contract.monthly_cents,
        "vat_percent": contract.vat_percent,
        "vat_cents": vat_cents,
        "gross_cents": contract.monthly_cents + vat_cents,
        "issued_on": issued.isoformat(),
        "due_on": (issued + timedelta(days=PAYMENT_DAYS)).isoformat(),
    }
