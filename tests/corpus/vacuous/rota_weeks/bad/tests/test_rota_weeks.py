from datetime import date, timedelta


def rota_weeks(people: list[str], first_monday: date, weeks: int) -> dict[str, str]:
    """As in the tool."""
    return {
        (first_monday + timedelta(days=7 * number)).isoformat(): people[number % len(people)]
        for number in range(weeks)
    }


DAY = date(2026, 3, 2)


def test_people_take_turns() -> None:
    assert [*rota_weeks(["ann", "bob"], DAY, 3).values()] == ["ann", "bob", "ann"]


def test_weeks_begin_seven_days_apart() -> None:
    assert [*rota_weeks(["ann"], DAY, 2)] == ["2026-03-02", "2026-03-09"]
