"""One line of the bench, and how a list of them is printed and kept."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """A figure, what it is held against, and whether it is what was asked for."""

    name: str
    value: float
    unit: str
    compared_with: str = ""
    """The peer or limit; empty when the figure stands alone."""
    ratio: float | None = None
    """Value over the peer's; None without a peer."""
    asked: str = ""
    met: bool | None = None
    """None when nothing was asked."""


def held(
    name: str, value: float, unit: str, limit: float, *, at: Literal["most", "least"] = "most"
) -> Row:
    """Hold a figure against a limit."""
    met = value <= limit if at == "most" else value >= limit
    return Row(name, round(value, 3), unit, asked=f"at {at} {limit:g} {unit}", met=met)


def against(
    name: str, value: float, unit: str, peer: str, peer_value: float, *, at_most: float
) -> Row:
    """Hold a figure against a peer's, measured in the same run."""
    ratio = value / peer_value
    compared = f"{peer}: {peer_value:.3g} {unit}"
    asked = f"at most {at_most:g} times"
    return Row(name, round(value, 3), unit, compared, round(ratio, 2), asked, ratio <= at_most)


def median(values: Sequence[float]) -> float:
    """The middle of what was measured."""
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    """What 99 in 100 stay below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def p95(values: Sequence[float]) -> float:
    """What 95 in 100 stay below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def failed(name: str, error: Exception) -> Row:
    """Say of a family of rows that it could not be measured; that is never met."""
    return Row(name, 0.0, "", compared_with=f"{type(error).__name__}: {error}", met=False)


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table("what", "value", "unit", "compared with", "ratio", "asked", "met")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:g}"
        met = {True: "[green]yes", False: "[red]no", None: ""}[row.met]
        table.add_row(
            row.name, f"{row.value:g}", row.unit, row.compared_with, ratio, row.asked, met
        )
    Console(width=140).print(table)


def keep(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as JSON."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


Progress = Callable[[str], None]
