from card_fee import card_fee


def test_a_fee_is_a_share_rounded_up_and_a_fixed_part() -> None:
    assert card_fee(10_000, "domestic") == 115
    assert card_fee(10_001, "domestic") == 116
    assert card_fee(10_000, "european") == 165
    assert card_fee(10_000, "other") == 315


def test_there_is_a_least_fee() -> None:
    assert card_fee(1, "domestic") == 30


def test_the_share_is_of_what_was_kept() -> None:
    assert card_fee(10_000, "other", refunded_cents=4_000) == 199
    assert card_fee(10_000, "other", refunded_cents=20_000) == 30
