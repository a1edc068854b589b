from churn_bands import churn_bands


def test_bands_begin_at_their_days() -> None:
    found = churn_bands({"ann": 60, "bob": 59, "cem": 21, "dee": 20}, [])

    assert found == {"high": ["ann"], "medium": ["bob", "cem"], "low": ["dee"]}


def test_who_pays_is_one_band_lower_and_never_below_low() -> None:
    found = churn_bands({"ann": 90, "bob": 30, "cem": 0}, ["ann", "bob", "cem"])

    assert found == {"high": [], "medium": ["ann"], "low": ["bob", "cem"]}


def test_names_are_in_order() -> None:
    assert churn_bands({"zoe": 1, "ann": 2}, [])["low"] == ["ann", "zoe"]
