"""Rows with columns: a table of things that were read, drawn line by line as far as it is seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len
from rich.segment import Segment

from toolvet_tui.plain import fit
from toolvet_tui.rows import Rows

T = TypeVar("T")
Cell = tuple[str, str]
"""What it says, in one harmless line, and the name of a tone."""
NARROWEST = 6
"""Cells that a column which takes the rest has at least."""


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    cells: int = 0
    """0: a share of what the others leave."""
    since: int = 0
    """Cells the table must have before this column is shown."""


class Table(Rows, Generic[T]):
    """Things, one a row. Subclasses name the columns and write the cells."""

    COLUMNS: ClassVar[Sequence[Column]] = ()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.items: list[T] = []
        """What is shown."""

    # --- what subclasses say ------------------------------------------------------------------

    def key(self, item: T) -> str:
        """Name an item, so that the cursor can stay on it."""
        raise NotImplementedError

    def cells(self, item: T) -> Sequence[Cell]:
        """Write an item, one cell a column, those that are not shown too."""
        raise NotImplementedError

    # --- what screens do ----------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """How many items there are."""
        return len(self.items)

    @property
    def current(self) -> T | None:
        """The item under the cursor."""
        return self.items[self.cursor] if self.items else None

    def show(self, items: Sequence[T]) -> None:
        """Show other items; the cursor stays on the one it was on, wherever that went."""
        on = self.key(self.current) if self.current is not None else ""
        self.items = list(items)
        rows = (row for row, item in enumerate(self.items) if self.key(item) == on)
        self.changed(cursor=next(rows, self.cursor))

    def header(self, width: int) -> str:
        """Name the columns."""
        return " ".join(
            fit(column.name, room)
            for column, room in zip(self.COLUMNS, self._rooms(width), strict=True)
            if room
        )

    def draw(self, row: int, width: int) -> list[Segment]:
        """Draw an item."""
        drawn: list[Segment] = []
        for (text, tone), room in zip(self.cells(self.items[row]), self._rooms(width), strict=True):
            if room:
                shown = fit(text, room).rstrip()
                # The tone ends with the word: a ground of its own would draw a box around nothing.
                drawn.append(Segment(shown, self.tone(tone)))
                drawn.append(Segment(" " * (room - cell_len(shown) + 1)))
        return drawn

    def _rooms(self, width: int) -> list[int]:
        """Give each column its cells; 0 leaves it out."""
        shown = [column for column in self.COLUMNS if width >= column.since]
        fixed = sum(column.cells for column in shown) + len(shown) - 1
        shares = sum(not column.cells for column in shown)
        share = max(NARROWEST, (width - fixed) // shares) if shares else 0
        return [(column.cells or share) if column in shown else 0 for column in self.COLUMNS]
