from datetime import date

import pytest

from rota_weeks import rota_weeks

DAY = date(2026, 3, 2)


def test_people_take_turns() -> None:
    assert [*rota_weeks(["ann", "bob"], DAY, 3, {}).values()] == ["ann", "bob", "ann"]


def test_weeks_begin_seven_days_apart() -> None:
    assert [*rota_weeks(["ann"], DAY, 2, {})] == ["2026-03-02", "2026-03-09"]


def test_who_is_away_swaps_with_the_next() -> None:
    found = rota_weeks(["ann", "bob", "cem"], DAY, 3, {"ann": [DAY]})

    assert [*found.values()] == ["bob", "ann", "cem"]


def test_nobody_can() -> None:
    assert rota_weeks(["ann"], DAY, 2, {"ann": [DAY]}) == {"2026-03-02": "", "2026-03-09": "ann"}


def test_a_rota_ends_before_dates_do() -> None:
    with pytest.raises(OverflowError):
        rota_weeks(["ann"], date(9999, 12, 20), 2, {})
