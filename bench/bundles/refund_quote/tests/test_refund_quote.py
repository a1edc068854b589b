from refund_quote import Item, Quote, refund_quote

BOOK = Item("A-1", 2000, 1)
LAMP = Item("B-2", 5000, 2)
OPENED = Item("C-3", 1000, 3, opened=True)


def test_everything_comes_back_within_two_weeks() -> None:
    assert refund_quote([BOOK, LAMP], 14) == Quote(12000, 0, [])


def test_a_late_return_costs_a_tenth() -> None:
    assert refund_quote([BOOK], 15) == Quote(1800, 200, ["returned after 14 days"])


def test_the_last_day_still_counts() -> None:
    assert refund_quote([BOOK], 30).refund_cents == 1800


def test_after_the_last_day_nothing_comes_back() -> None:
    assert refund_quote([BOOK, LAMP], 31) == Quote(0, 12000, ["returned after 30 days"])


def test_what_was_opened_loses_fifteen_percent() -> None:
    assert refund_quote([OPENED], 0) == Quote(2550, 450, ["C-3 was opened"])


def test_only_opened_items_pay_for_it() -> None:
    assert refund_quote([BOOK, OPENED], 1).fee_cents == 450


def test_fees_add_up() -> None:
    quote = refund_quote([OPENED, BOOK], 20)

    assert quote.fee_cents == 450 + 500
    assert quote.reasons == ["C-3 was opened", "returned after 14 days"]


def test_refund_and_fee_are_the_total() -> None:
    quote = refund_quote([BOOK, LAMP, OPENED], 25)

    assert quote.refund_cents + quote.fee_cents == 15000
