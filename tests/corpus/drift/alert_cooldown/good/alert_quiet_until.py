"""Work out when an alert may be sent again, so that nobody is paged twice for one thing."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from toolvet.sdk import Ge, Le, MaxLen

_UNITS = {"s": 1, "m": 60, "h": 3600}


def alert_quiet_until(
    fired_at: datetime,
    cooldown: Annotated[str, MaxLen(12)],
    severity: Literal["page", "ticket"] = "page",
) -> datetime:
    """Tell until when an alert stays quiet after it fired.

    Args:
        fired_at: When it fired; without an offset it is read as UTC.
        cooldown: A whole number with a unit, such as `90s`, `15m` or `2h`; a bare number counts
            seconds.
        severity: Tickets stay quiet twice as long as pages.

    Returns:
        The end of the quiet time, in UTC.

    Raises:
        ValueError: The cooldown is no number with a unit, or longer than a week.
    """
    text = cooldown.strip().lower()
    unit = text[-1:] if text[-1:] in _UNITS else "s"
    number = text.removesuffix(unit)
    if not number.isascii() or not number.isdigit():
        raise ValueError("the cooldown is no number with a unit")
    seconds = int(number) * _UNITS[unit] * (2 if severity == "ticket" else 1)
    if seconds > 7 * 86_400:
        raise ValueError("the cooldown is longer than a week")
    start = fired_at if fired_at.tzinfo else fired_at.replace(tzinfo=UTC)
    return start.astimezone(UTC) + timedelta(seconds=seconds)
