"""What is served, as rows: version, calls, errors, what was given up."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from toolvet_reviews.words import one_line
from toolvet_tui.plain import age, qualified
from toolvet_tui.table import Cell, Column, Table
from toolvet_tui.tool_facts import ToolFacts


class ToolList(Table[ToolFacts]):
    """Every tool there is, served or stopped."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("", 1),
        Column("TOOL"),
        Column("KIND", 11),
        Column("SERVES", 8),
        Column("CALLS", 5),
        Column("ERRORS", 6),
        Column("DEAD", 4),
        Column("LAST", 4),
        Column("SINCE", 5, since=90),
        Column("WHAT IT DOES, OR WHY IT IS NOT SERVED", since=110),
    )

    def __init__(self, clock: Callable[[], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock

    def key(self, item: ToolFacts) -> str:
        """Name a tool."""
        return f"{item.name}/{item.view.channel}"

    def cells(self, item: ToolFacts) -> Sequence[Cell]:
        """Write a tool."""
        view, now = item.view, self._clock()
        calls, letters = item.calls, item.letters
        last = calls[0].started_at if calls else ""
        channel = "" if view.channel == "stable" else f" {one_line(view.channel, 20)}"
        said = view.description.strip().split("\n")[0] if view.served else view.reason
        return (
            ("●", "good") if view.served else ("■", "bad"),
            (qualified(view.toolset, view.name), "plain" if view.served else "quiet"),
            (one_line(view.kind, 20), _kind(view.kind)),
            (
                f"v{view.version}{channel}" if view.served else "stopped",
                "plain" if view.served else "bad",
            ),
            (_number(None if calls is None else len(calls)), "plain"),
            (_number(None if calls is None else item.errors), "bad" if item.errors else "quiet"),
            (_number(None if letters is None else len(letters)), "unsure" if letters else "quiet"),
            (age(last, now) if last else "-", "quiet"),
            (age(view.published_at, now) if view.published_at else "-", "quiet"),
            (one_line(said, 300), "quiet" if view.served else "bad"),
        )


def _number(count: int | None) -> str:
    return "?" if count is None else str(count) if count else "-"


def _kind(kind: str) -> str:
    return {"pure": "good", "destructive": "bad"}.get(kind, "plain")
