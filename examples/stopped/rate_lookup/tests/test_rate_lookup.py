"""Conversions at the table's rates."""

import pytest

from rate_lookup import UnknownCurrencyError, convert


def test_euros_become_francs_at_the_rate_of_the_table() -> None:
    converted = convert(10_000, "EUR", "CHF")

    assert (converted.amount_cents, converted.rate_ppm) == (9_310, 931_000)


def test_a_currency_converts_to_itself_unchanged() -> None:
    assert convert(1_234, "GBP", "GBP").amount_cents == 1_234


def test_nothing_stays_nothing() -> None:
    assert convert(0, "USD", "PLN").amount_cents == 0


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(UnknownCurrencyError):
        convert(100, "EUR", "XXX")
