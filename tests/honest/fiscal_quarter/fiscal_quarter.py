"""Fiscal quarters."""

from datetime import date


def fiscal_quarter(day: date, first_month: int = 1) -> str:
    """Name the fiscal quarter a day falls into, such as FY2026-Q3.

    Args:
        day: The day.
        first_month: Month in which the fiscal year starts, 1 to 12. A year is named after the
            calendar year in which it ends.

    Returns:
        Year and quarter.

    Raises:
        ValueError: `first_month` is not a month.
    """
    if first_month not in range(1, 13):
        raise ValueError("first_month must be between 1 and 12")
    offset = (day.month - first_month) % 12
    year = day.year + (1 if first_month > 1 and day.month >= first_month else 0)
    return f"FY{year}-Q{offset // 3 + 1}"
