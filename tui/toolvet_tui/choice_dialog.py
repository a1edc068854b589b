"""Questions with a choice, a name or a yes: each is painted before a key counts as its answer."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from toolvet_reviews.words import one_line
from toolvet_tui.paper import Block, Paper
from toolvet_tui.rows import Rows
from toolvet_tui.table import Cell, Column, Table

Choice = tuple[str, str, str]
"""Its name, what it is, and whose."""
LONGEST_NAME = 40


class ChoiceList(Table[Choice]):
    """What there is to choose from."""

    COLUMNS: ClassVar[Sequence[Column]] = (Column("", 24), Column(""), Column("", 9, since=50))

    def key(self, item: Choice) -> str:
        """Name a choice."""
        return item[0]

    def cells(self, item: Choice) -> Sequence[Cell]:
        """Write a choice."""
        name, what, whose = item
        return ((one_line(name, 60), "plain"), (one_line(what), "quiet"), (whose, "quiet"))


class ChoiceDialog(ModalScreen[str | None]):
    """Asks which one. Answers `+NAME` for the chosen one, `-NAME` for one to drop, or None.

    Args:
        question: What the choice is for.
        choices: What there is.
        can_drop: Whether `x` drops those that have an owner.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x,delete", "drop", "Drop it", id="choice.drop"),
        Binding("escape,q", "leave", "Leave", id="choice.leave"),
    ]

    def __init__(self, question: str, choices: Sequence[Choice], *, can_drop: bool = False) -> None:
        super().__init__()
        self._question = question
        self._choices = choices
        self._can_drop = can_drop

    def compose(self) -> ComposeResult:
        """Lay out."""
        drop = "x  drop one of your own     " if self._can_drop else ""
        with Vertical(classes="dialog -wide"):
            yield Static(self._question, classes="question", markup=False)
            yield ChoiceList(id="choices")
            keys = f"enter  take it     {drop}esc  leave"
            yield Static(keys, classes="keys", markup=False)

    def on_mount(self) -> None:
        """Show them."""
        choices = self.query_one(ChoiceList)
        choices.styles.height = min(14, max(1, len(self._choices)))
        choices.show(self._choices)
        choices.focus()

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        if found := self.query_one(ChoiceList).current:
            self.dismiss(f"+{found[0]}")

    def action_drop(self) -> None:
        """Drop the one under the cursor, if it is the person's own."""
        found = self.query_one(ChoiceList).current
        if self._can_drop and found is not None and found[2]:
            self.dismiss(f"-{found[0]}")

    def action_leave(self) -> None:
        """Choose none."""
        self.dismiss(None)


class NameDialog(ModalScreen[str | None]):
    """Asks for a name. Answers with it, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", id="name.leave")]

    def __init__(self, question: str, what: str, given: str = "") -> None:
        super().__init__()
        self._question = question
        self._what = what
        self._given = given

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="question", markup=False)
            yield Static(self._what, markup=False)
            yield Input(self._given, max_length=LONGEST_NAME, id="name")
            yield Static("enter  keep it     esc  leave", classes="keys", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the name, if there is one."""
        event.stop()
        if name := one_line(event.value.strip(), LONGEST_NAME):
            self.dismiss(name)

    def action_leave(self) -> None:
        """Name nothing."""
        self.dismiss(None)


class SureDialog(ModalScreen[bool]):
    """Shows what will be done and asks. Only `y` says yes, and only once it could be looked at.

    Args:
        question: What is asked.
        blocks: What it is about.
        act: What `y` does.
        look_s: How long the question is on the screen before `y` counts: a key that repeats, or
            was typed ahead, agrees to nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "agree", "Yes", id="sure.yes"),
        Binding("n,escape", "leave", "No", id="sure.no"),
    ]

    def __init__(self, question: str, blocks: Sequence[Block], act: str, *, look_s: float) -> None:
        super().__init__()
        self._look_s = look_s
        self._question = question
        self._blocks = blocks
        self._act = act
        self.was_seen = False
        """Whether `y` counts."""

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog -wide"):
            yield Static(self._question, classes="question", markup=False)
            yield Paper(id="signed", has_parts=False)
            yield Static(" ", id="keys", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Show what it is about."""
        paper = self.query_one("#signed", Paper)
        paper.show(self._blocks, anew=True)
        paper.focus()
        self.call_after_refresh(lambda: self.set_timer(max(0.01, self._look_s), self._seen))

    def _seen(self) -> None:
        self.was_seen = True
        self.query_one("#keys", Static).update(f"y  {self._act}     n  do not")

    def action_agree(self) -> None:
        """Agree."""
        if self.was_seen:
            self.dismiss(True)  # noqa: FBT003

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(False)  # noqa: FBT003
