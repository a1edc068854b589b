from duration_text import duration_text


def test_the_two_greatest_units_are_shown() -> None:
    assert duration_text(3_900) == "1 hour 5 minutes"
    assert duration_text(90_061) == "1 day 1 hour"


def test_all_units() -> None:
    assert duration_text(180_122, 4) == "2 days 2 hours 2 minutes 2 seconds"


def test_it_cuts_off() -> None:
    assert duration_text(119, 1) == "1 minute"


def test_nothing() -> None:
    assert duration_text(0) == "0 seconds"
