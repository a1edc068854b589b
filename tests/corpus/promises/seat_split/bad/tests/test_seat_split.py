from seat_split import seat_split


def test_headcount_decides() -> None:
    assert seat_split(9, {"sales": 60, "support": 30}) == {"sales": 6, "support": 3}


def test_nobody_means_no_seats() -> None:
    assert seat_split(4, {}) == {}


def test_one_department_gets_everything() -> None:
    assert seat_split(7, {"sales": 3}) == {"sales": 7}


def test_equal_departments_share() -> None:
    assert seat_split(8, {"a": 2, "b": 2}) == {"a": 4, "b": 4}


def test_without_people_everything_goes_to_the_first() -> None:
    assert seat_split(2, {"b": 0, "a": 0}) == {"b": 0, "a": 2}
