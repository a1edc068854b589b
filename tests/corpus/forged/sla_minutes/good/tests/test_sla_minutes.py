from datetime import datetime

import pytest

from sla_minutes import PeriodError, sla_minutes


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute)  # the 2nd is a Monday


def test_only_support_hours_count() -> None:
    assert sla_minutes(at(2, 8), at(2, 10)) == 60
    assert sla_minutes(at(2, 16, 30), at(3, 9, 15)) == 45


def test_weekends_do_not_count() -> None:
    assert sla_minutes(at(6, 16), at(9, 10)) == 120


def test_other_hours() -> None:
    assert sla_minutes(at(2, 0), at(2, 23), 0, 24) == 1380
    assert sla_minutes(at(2, 0), at(2, 23), 12, 13) == 60


def test_a_period_that_cannot_be() -> None:
    with pytest.raises(PeriodError):
        sla_minutes(at(3, 9), at(2, 9))
    with pytest.raises(PeriodError):
        sla_minutes(at(2, 9), datetime(2026, 8, 2))
