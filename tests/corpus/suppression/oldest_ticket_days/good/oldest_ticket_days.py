"""Ages of open tickets."""

from datetime import date
from typing import Annotated

from toolvet.sdk import MaxLen


def oldest_ticket_days(opened: Annotated[dict[str, date], MaxLen(10_000)], today: date) -> int:
    """Tell how many days the oldest open ticket has waited.

    Args:
        opened: The day each open ticket came in, by its number.
        today: Day to count to.

    Returns:
        Whole days, 0 when no ticket is open or all come later.
    """
    if not opened:
        return 0
    return max((today - min(opened.values())).days, 0)
