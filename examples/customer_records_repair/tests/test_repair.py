"""Repairs, merges, rejections, and snapshots that never change."""

import pytest

from repair import RawRecord, RepairReport, repair_records
from toolvet.sdk import Context

CLEAN = RawRecord(
    "C-1001", "2026-03-01T09:00:00Z", "Ada Lovelace", "ada@example.com", "+49301234567", "DE"
)
MESSY = RawRecord(
    " c-1001 ", "2026-02-01", "ADA  LOVELACE", "Ada@Example.COM", "030 1234567", "Deutschland"
)


def adds_up(report: RepairReport) -> bool:
    """Tell whether every record is counted exactly once."""
    parts = report.repaired + report.unchanged + report.merged_away + report.rejected
    return report.received == parts


def test_a_record_that_is_fine_stays_as_it_is() -> None:
    report = repair_records("crm-1", [CLEAN], Context.for_tests())

    assert (report.unchanged, report.repaired) == (1, 0)
    assert report.customers[0].phone == "+49301234567"


def test_every_field_is_written_in_its_one_form() -> None:
    (customer,) = repair_records("crm-1", [MESSY], Context.for_tests()).customers

    assert customer.customer_id == "C-1001"
    assert customer.updated_at == "2026-02-01T00:00:00Z"
    assert customer.name == "Ada Lovelace"
    assert customer.email == "ada@example.com"
    assert customer.phone == "+49301234567"
    assert customer.country == "DE"


def test_repairing_a_repaired_record_changes_nothing() -> None:
    (once,) = repair_records("crm-1", [MESSY], Context.for_tests()).customers
    raw = RawRecord(
        once.customer_id, once.updated_at, once.name, once.email, once.phone, once.country
    )

    report = repair_records("crm-2", [raw], Context.for_tests())

    assert (report.unchanged, report.customers) == (1, [once])


def test_the_newest_value_wins_and_the_loser_is_reported() -> None:
    newer = RawRecord("C-1001", "2026-05-01", "Ada King", "", "", "")

    report = repair_records("crm-1", [newer, CLEAN], Context.for_tests())

    (customer,) = report.customers
    assert (customer.name, customer.email) == ("Ada King", "ada@example.com")
    assert [(item.field, item.kept, item.dropped) for item in report.conflicts] == [
        ("name", "Ada King", "Ada Lovelace")
    ]
    assert (report.merged_away, adds_up(report)) == (1, True)


def test_the_order_of_the_records_does_not_matter() -> None:
    others = [RawRecord("C-1001", CLEAN.updated_at, name, "x@example.com") for name in ("Bo", "Cy")]
    records = [CLEAN, *others]

    forward = repair_records("crm-1", records, Context.for_tests())
    backward = repair_records("crm-1", records[::-1], Context.for_tests())

    assert forward == backward


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (RawRecord("1001", "2026-03-01"), "customer_id"),
        (RawRecord("C-1", "last week"), "updated_at"),
        (RawRecord("C-1", "0001-01-01T00:00:00+10:00"), "updated_at"),
        (RawRecord("C-1", "2026-03-01", email="ada@"), "email"),
        (RawRecord("C-1", "2026-03-01", country="Atlantis"), "country"),
        (RawRecord("C-1", "2026-03-01", phone="030 1234567"), "phone"),
        (RawRecord("C-1", "2026-03-01", phone="call me", country="DE"), "phone"),
    ],
)
def test_a_record_that_breaks_a_rule_is_rejected_whole(record: RawRecord, field: str) -> None:
    ctx = Context.for_tests()

    report = repair_records("crm-1", [record, CLEAN], ctx)

    assert [(item.position, item.field) for item in report.rejections] == [(0, field)]
    assert len(list(ctx.store["before"].scan())) == 1
    assert adds_up(report)


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("+49 (0)30 1234567", "", "+49301234567"),
        ("0049 30/123-4567", "", "+49301234567"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("", "DE", ""),
    ],
)
def test_phone_numbers_become_international(phone: str, country: str, expected: str) -> None:
    record = RawRecord("C-1", "2026-03-01", phone=phone, country=country)

    assert repair_records("crm-1", [record], Context.for_tests()).customers[0].phone == expected


def test_snapshots_hold_what_came_in_and_what_was_made_of_it() -> None:
    ctx = Context.for_tests()

    repair_records("crm-1", [MESSY], ctx)

    assert ctx.store["before"].get("crm-1/C-1001") == {
        "records": [
            {
                "customer_id": " c-1001 ",
                "updated_at": "2026-02-01",
                "name": "ADA  LOVELACE",
                "email": "Ada@Example.COM",
                "phone": "030 1234567",
                "country": "Deutschland",
            }
        ]
    }
    assert ctx.store["after"].get("crm-1/C-1001") == {
        "customer_id": "C-1001",
        "updated_at": "2026-02-01T00:00:00Z",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "phone": "+49301234567",
        "country": "DE",
    }


def test_a_second_run_reports_the_same_and_leaves_the_snapshots() -> None:
    ctx = Context.for_tests()
    first = repair_records("crm-1", [MESSY, CLEAN], ctx)
    before = [list(ctx.store[name].scan()) for name in ("before", "after")]

    again = repair_records("crm-1", [MESSY, CLEAN], ctx)

    assert again == first
    assert [list(ctx.store[name].scan()) for name in ("before", "after")] == before


def test_a_snapshot_is_never_replaced() -> None:
    ctx = Context.for_tests()
    repair_records("crm-1", [CLEAN], ctx)
    kept = ctx.store["before"].get("crm-1/C-1001")

    report = repair_records("crm-1", [MESSY], ctx)

    assert (report.rejected, report.customers) == (1, [])
    assert ctx.store["before"].get("crm-1/C-1001") == kept
    assert adds_up(report)


def test_a_run_killed_between_the_two_snapshots_is_completed_by_the_next() -> None:
    ctx = Context.for_tests()
    repair_records("crm-1", [CLEAN], ctx)
    half = Context.for_tests()
    half.store["before"].put("crm-1/C-1001", ctx.store["before"].get("crm-1/C-1001"))

    repair_records("crm-1", [CLEAN], half)

    assert list(half.store["after"].scan()) == list(ctx.store["after"].scan())


def test_the_same_customer_in_another_dataset_has_snapshots_of_its_own() -> None:
    ctx = Context.for_tests()
    repair_records("crm-1", [CLEAN], ctx)

    assert repair_records("crm-2", [MESSY], ctx).rejected == 0
