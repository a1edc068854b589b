"""The queue as rows: how much is at stake, what waits, for whom, how sure the machine is."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment

from toolvet.config import parse_stamp, stamp
from toolvet_reviews.views import QueueItem
from toolvet_reviews.words import counted, one_line
from toolvet_tui.held import Held
from toolvet_tui.plain import age, fit, qualified
from toolvet_tui.queue_filter import find, is_late, keeps
from toolvet_tui.table import Cell, Column, Table

HIGH, MIDDLE = 60, 25
"""Risk from which a figure stands out, and from which it is no longer small."""
_STATES = {
    "reviewing": ("●", "decide", "plain"),
    "verifying": ("◌", "checks", "quiet"),
    "changes_wanted": ("←", "author", "quiet"),
}
_MARKS = {"+": "good", "-": "bad", "?": "unsure"}
_MARKS_AT = 3


class QueueList(Table[QueueItem]):
    """Items in the service's order; those that hold some words, or are near to a name."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("", 1),
        Column("RISK", 4),
        Column("ID", 6),
        Column("RUBRIC", 6),
        Column("TOOL"),
        Column("CHANGE", 6, since=96),
        Column("KIND", 6),
        Column("KIND", 11, since=110),
        Column("FOUND", 8, since=120),
        Column("AUTHOR", 8),
        Column("AUTHOR", 16, since=110),
        Column("AGE", 4),
        Column("CLOCK", 7),
        Column("WHOSE", 8),
        Column("WHOSE", 14, since=110),
    )

    def __init__(self, clock: Callable[[], datetime], held: Held, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._held = held
        self._all: tuple[QueueItem, ...] = ()
        self._filter = ""
        self._sought = ""

    # --- what is shown ------------------------------------------------------------------------

    @property
    def everything(self) -> tuple[QueueItem, ...]:
        """Every item that was read, shown or not."""
        return self._all

    @property
    def words(self) -> str:
        """What narrows it."""
        return self._filter

    def show(self, items: Sequence[QueueItem]) -> None:
        """Show other items; the cursor stays on the item it was on, wherever that went."""
        self._all = tuple(items)
        self._select(self._on)

    def narrow(self, words: str) -> None:
        """Show only items that hold every word."""
        self._filter = words
        self._select(self._on)

    def seek(self, typed: str) -> None:
        """Show the items that are near to a name, the nearest first; nothing typed ends it."""
        self._sought = typed
        self._select("")

    def stand_on(self, proposal: str) -> None:
        """Put the cursor on a proposal, if it is shown."""
        for row, item in enumerate(self.items):
            if item.id == proposal:
                self.move_to(row, say=False)
                return

    @property
    def _on(self) -> str:
        return self.current.id if self.current else ""

    def _select(self, on: str) -> None:
        test = keeps(self._filter, self._clock())
        kept = [one for one in self._all if test(one)] if self._filter.strip() else [*self._all]
        self.items = find(kept, self._sought) if self._sought.strip() else kept
        rows = (row for row, item in enumerate(self.items) if on and item.id == on)
        self.changed(cursor=next(rows, self.cursor if on or not self._sought else 0))

    # --- drawing ------------------------------------------------------------------------------

    def key(self, item: QueueItem) -> str:
        """Name an item."""
        return item.id

    def _rooms(self, width: int) -> list[int]:
        """Give each column its cells; of two with one name the wider one stands where it fits."""
        last = {one.name: at for at, one in enumerate(self.COLUMNS) if width >= one.since}
        fixed = [
            one.cells if last.get(one.name) == at else 0 for at, one in enumerate(self.COLUMNS)
        ]
        rest = max(8, width - sum(fixed) - sum(1 for cells in fixed if cells))
        pairs = zip(self.COLUMNS, fixed, strict=True)
        return [cells if one.cells else rest for one, cells in pairs]

    def draw(self, row: int, width: int) -> list[Segment]:
        """Draw an item."""
        item = self.items[row]
        drawn: list[Segment] = []
        cells = zip(self.cells(item), self._rooms(width), strict=True)
        for at, ((text, tone), room) in enumerate(cells):
            if not room:
                continue
            if at == _MARKS_AT:
                drawn += self._marks(text, room)
            else:
                drawn.append(Segment(fit(text, room), self.tone(tone)))
            drawn.append(Segment(" "))
        return drawn

    def cells(self, item: QueueItem) -> list[Cell]:
        """Write an item."""
        sign, whose, tone = self._state(item)
        kind: Cell = (item.kind or "?", _kind_tone(item.kind))
        author: Cell = (one_line(item.author), "quiet")
        waits: Cell = (whose, tone)
        return [
            (sign, tone),
            (f"{item.risk:>3}" if item.risk_why else "  ·", _risk_tone(item.risk)),
            (item.id, "plain"),
            (item.marks, ""),
            (qualified(item.toolset, item.tool), "plain"),
            (item.change, "quiet" if item.change == "new" else "plain"),
            kind,
            kind,
            (_found(item), "bad" if item.errors else "unsure" if item.warnings else "quiet"),
            author,
            author,
            (age(item.created_at or item.updated_at, self._clock()), "quiet"),
            self._due(item),
            waits,
            waits,
        ]

    def _marks(self, marks: str, room: int) -> list[Segment]:
        shown = [Segment(m, self.tone(_MARKS.get(m, "quiet"))) for m in one_line(marks)[:room]]
        return [*shown, Segment(" " * (room - len(shown)))]

    def _state(self, item: QueueItem) -> tuple[str, str, str]:
        if self._held.has(item.id):
            return "»", "held", "unsure"
        sign, waits_for, tone = _STATES.get(item.state, ("·", item.state, "quiet"))
        if item.snoozed_until is not None:
            sign = "z"
        if item.state != "reviewing":
            return sign, waits_for, tone
        return ("✗" if item.objections else sign), _whose(item), tone

    def _due(self, item: QueueItem) -> Cell:
        now = self._clock()
        if item.due_at is None or not item.clock_runs:
            return ("paused" if item.state == "reviewing" and item.due_at else "", "quiet")
        if is_late(item, now):
            return (f"late {age(item.due_at, now)}", "bad")
        return (f"in {_until(item.due_at, now)}", "plain")


def in_a_line(item: QueueItem) -> str:
    """Say more about an item than its row has room for."""
    parts = ["open your key to see the risk"]
    if item.risk_why:  # it weighs what only reviewers are shown
        parts = [f"risk {item.risk}: {one_line(item.risk_why, 160)}"]
    if item.objections:
        parts.append(f"{counted(item.objections, 'word')} against")
    if item.open_threads:
        parts.append(counted(item.open_threads, "open thread"))
    if item.same_as:
        parts.append(f"the same as {item.same_as}")
    if item.snoozed_until:
        parts.append(f"put away until {item.snoozed_until[:16].replace('T', ' ')}")
    if item.reach:
        parts.append(f"{counted(item.reach, 'caller')} could call it")
    if item.summary:
        parts.append(one_line(item.summary, 200))
    return " · ".join(parts)


def _whose(item: QueueItem) -> str:
    if item.claimed_by:
        return f"*{one_line(item.claimed_by, 40)}"
    if item.mine:
        return "you" if len(item.whose) < 2 else f"you +{len(item.whose) - 1}"
    first, *others = item.whose or ("decide",)
    return one_line(first, 40) + (f" +{len(others)}" if others else "")


def _until(moment: str, now: datetime) -> str:
    """Say how long it is until a moment, in at most four characters."""
    try:
        left = parse_stamp(moment) - now
    except ValueError:
        return "?"
    return age(stamp(now - left), now)


def _risk_tone(risk: int) -> str:
    return "bad" if risk >= HIGH else "unsure" if risk >= MIDDLE else "quiet"


def _kind_tone(kind: str | None) -> str:
    return {"pure": "good", "destructive": "bad", None: "unsure"}.get(kind, "plain")


def _found(item: QueueItem) -> str:
    counts = [f"{item.errors} err"] * bool(item.errors)
    counts += [f"{item.warnings} warn"] * bool(item.warnings and not item.errors)
    return "".join(counts) or "-"
