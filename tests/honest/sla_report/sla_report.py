"""Availability from outages."""

from dataclasses import dataclass


@dataclass
class Outage:
    """An outage in minutes since the start of the month."""

    start_min: int
    end_min: int


def sla_report(outages: list[Outage], minutes_in_month: int = 43200) -> dict[str, float]:
    """Compute availability of a service from its outages, overlapping ones counted once.

    Args:
        outages: Outages of the month.
        minutes_in_month: Length of the month in minutes, positive.

    Returns:
        `downtime_min` and `availability_percent`.

    Raises:
        ValueError: The month has no minutes or an outage ends before it starts.
    """
    if minutes_in_month <= 0:
        raise ValueError("a month needs minutes")
    down = 0
    last_end = 0
    for outage in sorted(outages, key=lambda one: one.start_min):
        if outage.end_min < outage.start_min:
            raise ValueError("an outage ends before it starts")
        start = max(outage.start_min, last_end, 0)
        end = min(outage.end_min, minutes_in_month)
        if end > start:
            down += end - start
            last_end = end
    return {
        "downtime_min": float(down),
        "availability_percent": round(100 * (1 - down / minutes_in_month), 4),
    }
