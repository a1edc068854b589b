"""Times as people ask for them: RFC 3339, or a whole day."""

from datetime import UTC, datetime, timedelta

from toolvet.config import stamp
from toolvet.errors import ToolvetError


class MomentError(ToolvetError):
    """Not a time."""

    code = "history.time"
    status = 422
    hint = "A day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z."


def first_of(text: str) -> str:
    """Read a moment, or the beginning of a day, as the log spells times.

    Raises:
        MomentError: It is neither.
    """
    return stamp(_read(text))


def end_of(text: str) -> str:
    """Read what is just past a moment, or past a day: what is older than that counts.

    Raises:
        MomentError: It is neither.
    """
    moment = _read(text)
    try:
        past = moment + (timedelta(days=1) if _is_day(text) else timedelta(microseconds=1))
    except OverflowError as error:
        raise MomentError(f"not a time: {text[:40]!r}") from error
    return stamp(past)


def _is_day(text: str) -> bool:
    return len(text) == len("2027-01-31")


def _read(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MomentError(f"not a time: {text[:40]!r}") from error
