"""The queue as rows: what waits, for whom, how sure the machine is."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.segment import Segment

from toolvet_reviews.views import QueueItem
from toolvet_reviews.words import one_line
from toolvet_tui.plain import age, fit, qualified
from toolvet_tui.rows import Rows

WIDE = 100
"""Cells from which author and counts have columns too."""

_STATES = {
    "reviewing": ("●", "decide", "plain"),
    "verifying": ("◌", "checking", "quiet"),
    "changes_wanted": ("←", "author", "quiet"),
}
_MARKS = {"+": "good", "-": "bad", "?": "unsure"}


class QueueList(Rows):
    """Items in the service's order, or those that hold some words."""

    def __init__(self, clock: Callable[[], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._all: tuple[QueueItem, ...] = ()
        self._filter = ""
        self.items: list[QueueItem] = []
        """Those that are shown."""

    @property
    def row_count(self) -> int:
        """How many items are shown."""
        return len(self.items)

    @property
    def current(self) -> QueueItem | None:
        """The item under the cursor."""
        return self.items[self.cursor] if self.items else None

    @property
    def everything(self) -> tuple[QueueItem, ...]:
        """Every item that was read, shown or not."""
        return self._all

    def show(self, items: Sequence[QueueItem]) -> None:
        """Show other items; the cursor stays on the item it was on, wherever that went."""
        on = self.current.id if self.current else ""
        self._all = tuple(items)
        self._select(on)

    def narrow(self, words: str) -> None:
        """Show only items that hold every word."""
        on = self.current.id if self.current else ""
        self._filter = words
        self._select(on)

    def stand_on(self, proposal: str) -> None:
        """Put the cursor on a proposal, if it is shown."""
        for row, item in enumerate(self.items):
            if item.id == proposal:
                self.move_to(row, say=False)
                return

    def header(self, width: int) -> str:
        """Name the columns."""
        names = (
            "",
            "ID",
            "TOOL",
            "KIND",
            "CHANGE",
            "RUBRIC",
            "FOUND",
            "AUTHOR",
            "WAITS FOR",
            "AGE",
        )
        widths = _widths(width)
        return " ".join(fit(n, w) for n, w in zip(names, widths, strict=True) if w)

    def draw(self, row: int, width: int) -> list[Segment]:
        """Draw an item."""
        item = self.items[row]
        sign, state, tone = _STATES.get(item.state, ("·", item.state, "quiet"))
        cells = (
            (sign, tone),
            (item.id, "plain"),
            (qualified(item.toolset, item.tool), "plain"),
            (item.kind or "?", _kind_tone(item.kind)),
            (item.change, "quiet" if item.change == "new" else "plain"),
            (item.marks, ""),
            (_found(item), "bad" if item.errors else "unsure" if item.warnings else "quiet"),
            (one_line(item.author), "quiet"),
            (state, tone),
            (age(item.updated_at, self._clock()), "quiet"),
        )
        drawn: list[Segment] = []
        for (text, name), room in zip(cells, _widths(width), strict=True):
            if not room:
                continue
            if name:
                drawn.append(Segment(fit(text, room), self.tone(name)))
            else:
                drawn += self._marks(text, room)
            drawn.append(Segment(" "))
        return drawn

    def _marks(self, marks: str, room: int) -> list[Segment]:
        shown = [Segment(m, self.tone(_MARKS.get(m, "quiet"))) for m in one_line(marks)[:room]]
        return [*shown, Segment(" " * (room - len(shown)))]

    def _select(self, on: str) -> None:
        words = self._filter.lower().split()
        self.items = [one for one in self._all if all(word in _text_of(one) for word in words)]
        rows = (row for row, item in enumerate(self.items) if item.id == on)
        self.changed(cursor=next(rows, self.cursor))


def _widths(width: int) -> tuple[int, ...]:
    """Give each column its cells; 0 leaves it out."""
    wide = width >= WIDE
    fixed = (1, 6, 0, 11, 6, 6, 8 if wide else 0, 14 if wide else 0, 9, 4)
    between = sum(1 for cells in fixed if cells)
    tool = max(8, width - sum(fixed) - between)
    return (*fixed[:2], tool, *fixed[3:])


def _kind_tone(kind: str | None) -> str:
    return {"pure": "good", "destructive": "bad", None: "unsure"}.get(kind, "plain")


def _found(item: QueueItem) -> str:
    counts = [f"{item.errors} err"] * bool(item.errors)
    counts += [f"{item.warnings} warn"] * bool(item.warnings and not item.errors)
    return "".join(counts) or "-"


def _text_of(item: QueueItem) -> str:
    said = (item.id, item.toolset, item.tool, item.kind or "", item.state, item.author, item.change)
    return " ".join(said).lower()
