"""Medians of short lists."""

from median_price import median_price


def test_the_median_of_three_prices_is_the_middle_one() -> None:
    assert median_price([900, 100, 250]).median_cents == 250


def test_one_price_is_cheapest_median_and_dearest() -> None:
    prices = median_price([700])

    assert (prices.cheapest_cents, prices.median_cents, prices.dearest_cents) == (700, 700, 700)


def test_the_median_lies_between_the_cheapest_and_the_dearest() -> None:
    prices = median_price([400, 100, 300, 200])

    assert prices.cheapest_cents <= prices.median_cents <= prices.dearest_cents
