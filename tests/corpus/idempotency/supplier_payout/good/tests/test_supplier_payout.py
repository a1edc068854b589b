from typing import Any

import pytest

import supplier_payout
from supplier_payout import Payout, pay_supplier
from toolvet.sdk import Context


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], str]]:
    sent: list[tuple[dict[str, Any], str]] = []

    def post(order: dict[str, Any], key: str) -> dict[str, Any]:
        sent.append((order, key))
        return {"id": "po_1", "status": "accepted"}

    monkeypatch.setattr(supplier_payout, "post", post)
    return sent


def test_the_bank_gets_the_order(orders: list[tuple[dict[str, Any], str]]) -> None:
    payout = pay_supplier("B-1", "DE02120300000000202051", 500, Context.for_tests())

    assert payout == Payout("po_1", "accepted")
    order, key = orders[0]
    assert order == {"reference": "B-1", "iban": "DE02120300000000202051", "amount_cents": 500}
    assert key
    assert len(orders) == 1


def test_the_order_is_logged(orders: list[tuple[dict[str, Any], str]]) -> None:
    ctx = Context.for_tests()

    pay_supplier("B-2", "DE02120300000000202051", 900, ctx)

    [event] = ctx.memory.logged
    assert event["event"] == "payout.ordered"
    assert event["fields"] == {"bill": "B-2", "payout": "po_1", "amount_cents": 900}
    assert len(orders) == 1


def test_the_bank_itself_answers() -> None:
    payout = pay_supplier("B-3", "DE02120300000000202051", 100, Context.for_tests())

    assert payout == Payout("po_881", "accepted")
