"""Check a rota for double bookings."""

from dataclasses import dataclass
from datetime import datetime


@dataclass
class Shift:
    """A planned shift."""

    person: str
    start: datetime
    end: datetime


@dataclass
class Clash:
    """Two shifts of one person at the same time."""

    person: str
    first_start: datetime
    second_start: datetime


def shift_overlap(shifts: list[Shift]) -> list[Clash]:
    """Find people who are planned for two shifts at the same time.

    Args:
        shifts: All shifts of the rota, with their time zone.

    Returns:
        Every overlap of neighbouring shifts, by person and time.
    """
    clashes: list[Clash] = []
    by_person: dict[str, list[Shift]] = {}
    for shift in shifts:
        by_person.setdefault(shift.person, []).append(shift)
    for person in sorted(by_person):
        ordered = sorted(by_person[person], key=lambda one: one.start)
        for earlier, later in zip(ordered, ordered[1:]):
            if later.start < earlier.end:
                clashes.append(Clash(person, earlier.start, later.start))
    return clashes
