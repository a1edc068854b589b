"""Questions of the queue: whom to ask, until when to put away, which saved filter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from toolvet_reviews.words import one_line
from toolvet_tui.bars import Banner
from toolvet_tui.plain import fit
from toolvet_tui.rows import Rows
from toolvet_tui.settings import SavedFilter

_SPAN = re.compile(r"(\d{1,4})\s*([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}
LONGEST_DAYS = 366


class LineDialog(ModalScreen[str | None]):
    """Asks for one line; leaving it answers None.

    Args:
        question: What it is for.
        given: What stands there already.
        does: What `enter` does.
        known: Words to complete from.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="words.leave"),
    ]

    def __init__(
        self, question: str, *, given: str = "", does: str = "do it", known: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self._question = question
        self._given = given
        self._does = does
        self._known = known

    def compose(self) -> ComposeResult:
        """Lay out."""
        suggester = SuggestFromList(self._known, case_sensitive=False) if self._known else None
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="question", markup=False)
            yield Input(self._given, suggester=suggester, id="line")
            yield Banner(id="wrong")
            right = "     right  complete" if self._known else ""
            keys = f"enter  {self._does}{right}     esc  leave"
            yield Static(keys, classes="keys", markup=False)

    @property
    def said(self) -> str:
        """What it says went wrong."""
        return self.query_one(Banner).text

    def wrong(self, line: str) -> str:
        """Say what is wrong with a line; empty when nothing is."""
        return "" if line else "It is empty."

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, if the line can be."""
        event.stop()
        line = event.value.strip()
        if said := self.wrong(line):
            self.query_one(Banner).say(said, tone="bad")
        else:
            self.dismiss(line)

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)


class SnoozeDialog(LineDialog):
    """Asks until when something is put away.

    Args:
        proposal: `P-<n>`.
        now: The time.
    """

    def __init__(self, proposal: str, now: datetime) -> None:
        question = f"Put {proposal} away until?  4h, 3d, 2w, a day (2026-12-01), or `back`"
        super().__init__(question, given="1d", does="put away")
        self._now = now

    def wrong(self, line: str) -> str:
        """Say what is wrong with a moment."""
        if line.lower() == "back":
            return ""
        until = until_of(line, self._now)
        if until is None:
            return "That is no moment: 4h, 3d, 2w, or a day like 2026-12-01."
        if until <= self._now:
            return "That is over already."
        too_far = until > self._now + timedelta(days=LONGEST_DAYS)
        return f"At most {LONGEST_DAYS} days." if too_far else ""


def until_of(text: str, now: datetime) -> datetime | None:
    """Read a moment: `3d` from now, or a day; None when it is neither."""
    if (found := _SPAN.fullmatch(text.strip().lower())) is not None:
        return now + timedelta(hours=int(found[1]) * _HOURS[found[2]])
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True)
class FilterAnswer:
    """What is to be done with saved filters."""

    use: SavedFilter | None = None
    drop: str = ""
    save: bool = False


class _Names(Rows):
    """Saved filters by name."""

    def __init__(self, filters: Mapping[str, SavedFilter]) -> None:
        super().__init__(id="names")
        self.filters = list(filters.items())

    @property
    def row_count(self) -> int:
        return len(self.filters)

    def draw(self, row: int, width: int) -> list[Segment]:
        name, saved = self.filters[row]
        said = f"{saved.words}  ({saved.whose}, by {saved.order})"
        room = max(8, width // 3)
        return [
            Segment(fit(one_line(name), room), self.tone("plain")),
            Segment(" "),
            Segment(fit(one_line(said, 200), width - room - 1), self.tone("quiet")),
        ]


class FiltersDialog(ModalScreen[FilterAnswer | None]):
    """The saved filters: use one, keep the view at hand as another, let go of one.

    Args:
        filters: By name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "save", "Save this view", id="filters.save"),
        Binding("delete,d", "drop", "Drop", id="filters.drop"),
        Binding("escape,q", "leave", "Leave", id="filters.leave"),
    ]

    def __init__(self, filters: Mapping[str, SavedFilter]) -> None:
        super().__init__()
        self._filters = filters

    def compose(self) -> ComposeResult:
        """Lay out."""
        title = "Saved filters" if self._filters else "No filter is saved yet"
        with Vertical(classes="dialog -wide"):
            yield Static(title, classes="question", markup=False)
            yield _Names(self._filters)
            keys = "enter  use it     s  save this view     d  drop it     esc  leave"
            yield Static(keys, classes="keys", markup=False)

    def on_mount(self) -> None:
        """Show them."""
        names = self.query_one(_Names)
        names.styles.height = max(1, min(12, len(self._filters)))
        names.changed()
        names.focus()

    @on(Rows.Chosen)
    def _use(self, message: Rows.Chosen) -> None:
        self.dismiss(FilterAnswer(use=self.query_one(_Names).filters[message.row][1]))

    def action_save(self) -> None:
        """Keep the view at hand."""
        self.dismiss(FilterAnswer(save=True))

    def action_drop(self) -> None:
        """Let go of the one under the cursor."""
        names = self.query_one(_Names)
        if names.filters:
            self.dismiss(FilterAnswer(drop=names.filters[names.cursor][0]))

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)
