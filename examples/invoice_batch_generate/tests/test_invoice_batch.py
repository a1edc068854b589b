"""Each invoice once, whatever happens in between, and sums that are right."""

import pytest

from contracts import CONTRACTS, Contract
from invoice_batch import UnknownSegmentError, generate_invoices, invoice_document
from toolvet.sdk import Context

CONTRACT = Contract("C-1", "enterprise", "Platform", 1_005, "EUR", 19, "2026-01", "2026-06")


class PowerCutError(Exception):
    """Stands for a process that is killed."""


def test_every_customer_of_the_segment_gets_one_invoice() -> None:
    ctx = Context.for_tests()

    result = generate_invoices("2026-10", "enterprise", ctx)

    assert (result.sent, result.skipped, result.failed) == (3, 0, {})
    assert result.is_complete
    assert [key for key, _ in ctx.store["invoices"].scan()] == [
        "INV-2026-10-C-1001",
        "INV-2026-10-C-1002",
        "INV-2026-10-C-1003",
    ]


def test_a_second_run_creates_nothing_and_changes_nothing() -> None:
    ctx = Context.for_tests()
    generate_invoices("2026-10", "small_business", ctx)
    before = list(ctx.store["invoices"].scan())

    again = generate_invoices("2026-10", "small_business", ctx)

    assert (again.sent, again.skipped) == (0, len(before))
    assert list(ctx.store["invoices"].scan()) == before


def test_a_run_killed_halfway_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = Context.for_tests()

    def power_cut(done: int, total: int | None = None, message: str = "") -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(ctx, "progress", power_cut)
        with pytest.raises(PowerCutError):
            generate_invoices("2026-10", "enterprise", ctx)

    result = generate_invoices("2026-10", "enterprise", ctx)

    assert (result.sent, result.skipped) == (2, 1)


def test_another_period_has_invoices_of_its_own() -> None:
    ctx = Context.for_tests()
    generate_invoices("2026-09", "public_sector", ctx)

    result = generate_invoices("2026-10", "public_sector", ctx)

    assert (result.sent, result.skipped) == (2, 0)


def test_an_invoice_with_other_content_is_left_and_reported() -> None:
    ctx = Context.for_tests()
    older = {**invoice_document("2026-10", CONTRACTS[0]), "gross_cents": 1}
    ctx.store["invoices"].put("INV-2026-10-C-1001", older)

    result = generate_invoices("2026-10", "enterprise", ctx)

    assert (result.sent, result.skipped, list(result.failed)) == (2, 0, ["INV-2026-10-C-1001"])
    assert [letter["item"] for letter in ctx.memory.dead_letters] == [
        {"number": "INV-2026-10-C-1001"}
    ]
    assert ctx.store["invoices"].get("INV-2026-10-C-1001") == older


def test_an_unknown_segment_is_refused_and_creates_nothing() -> None:
    ctx = Context.for_tests()

    with pytest.raises(UnknownSegmentError, match="enterprise"):
        generate_invoices("2026-10", "entreprise", ctx)

    assert list(ctx.store["invoices"].scan()) == []


def test_every_decision_is_one_event() -> None:
    ctx = Context.for_tests()
    generate_invoices("2026-10", "enterprise", ctx)

    assert [record["event"] for record in ctx.memory.logged] == [
        "invoice_batch.started",
        "invoice.created",
        "invoice.created",
        "invoice.created",
        "invoice_batch.finished",
    ]


@pytest.mark.parametrize(
    ("period", "billed"),
    [("2025-12", False), ("2026-01", True), ("2026-06", True), ("2026-07", False)],
)
def test_a_contract_is_billed_from_its_first_to_its_last_month(period: str, billed: bool) -> None:
    assert CONTRACT.covers(period) is billed


def test_vat_is_rounded_half_up_and_the_sum_is_right() -> None:
    invoice = invoice_document("2026-02", CONTRACT)

    assert (invoice["net_cents"], invoice["vat_cents"], invoice["gross_cents"]) == (1005, 191, 1196)


def test_an_invoice_is_dated_on_the_last_day_of_its_month() -> None:
    invoice = invoice_document("2028-02", CONTRACT)

    assert (invoice["issued_on"], invoice["due_on"]) == ("2028-02-29", "2028-03-30")


def test_no_customer_is_in_the_roster_twice() -> None:
    customers = [contract.customer for contract in CONTRACTS]

    assert len(customers) == len(set(customers))
