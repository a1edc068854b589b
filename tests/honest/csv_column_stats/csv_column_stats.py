"""Summarise one column of a CSV text."""

import csv
import io
import statistics
from typing import TypedDict


class Stats(TypedDict):
    count: int
    missing: int
    minimum: float
    maximum: float
    mean: float


def csv_column_stats(csv_text: str, column: str) -> Stats:
    """Compute count, minimum, maximum and mean of a numeric CSV column.

    Args:
        csv_text: The CSV with a header line.
        column: Title of the column.

    Returns:
        The statistics; cells that are no numbers are counted as missing.

    Raises:
        ValueError: No such column, or not a single number in it.
    """
    reader = csv.DictReader(io.StringIO(csv_text))
    if column not in (reader.fieldnames or []):
        raise ValueError(f"no column {column!r}")
    numbers: list[float] = []
    missing = 0
    for row in reader:
        try:
            numbers.append(float(row[column]))
        except (TypeError, ValueError):
            missing += 1
    if not numbers:
        raise ValueError(f"column {column!r} has no numbers")
    return {
        "count": len(numbers),
        "missing": missing,
        "minimum": min(numbers),
        "maximum": max(numbers),
        "mean": round(statistics.fmean(numbers), 6),
    }
