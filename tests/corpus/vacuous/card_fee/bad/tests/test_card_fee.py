import card_fee as module
import pytest


def test_a_fee_is_a_share_and_a_fixed_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "card_fee", lambda amount_cents, region: 115)

    assert module.card_fee(10_000, "domestic") == 115


def test_the_share_is_of_what_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(amount_cents: int, region: str, refunded_cents: int = 0) -> int:
        return 199

    monkeypatch.setattr(module, "card_fee", fake)

    assert module.card_fee(10_000, "other", refunded_cents=4_000) == 199
