"""Questions of decisions that ask for more than words: rejecting, overruling, leaving meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from toolvet_reviews.words import counted
from toolvet_tui.bars import Banner
from toolvet_tui.dialogs import WrittenDialog
from toolvet_tui.held import Held
from toolvet_tui.paper import Block, Paper

MOST_DAYS = 3650


@dataclass(frozen=True)
class Rejection:
    """Why a proposal is closed."""

    words: str
    similar: str
    """A served tool that should be extended instead; empty: none."""


class RejectDialog(WrittenDialog[Rejection]):
    """Asks why a proposal is closed, and whether a tool that is served should be extended instead.

    Args:
        question: What it is about.
        draft: What was written before and not sent.
    """

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="question", markup=False)
            yield TextArea(self.draft, id="words", soft_wrap=True)
            yield Input(placeholder="served tool to extend instead (optional)", id="similar")
            yield Banner(id="wrong")
            keys = "ctrl+s  reject     tab  next field     esc  leave"
            yield Static(keys, classes="keys", markup=False)

    def action_send(self) -> None:
        """Answer, if there are words."""
        words = self.query_one(TextArea).text.strip()
        if words:
            self.dismiss(Rejection(words, self.query_one(Input).value.strip()))
        else:
            self.refuse("Say it in words: the author learns from them.")


@dataclass(frozen=True)
class Overruling:
    """What is overruled, why, and for how long."""

    words: str
    days: int


class WaiveDialog(WrittenDialog[Overruling]):
    """Shows one finding and asks why it does not matter here, and for how many days.

    Args:
        question: Which of how many.
        blocks: The finding, and what overruling it means.
        days: As the policy has it; more is not offered.
        draft: What was written before and not sent.
    """

    def __init__(self, question: str, blocks: Sequence[Block], days: int, draft: str = "") -> None:
        super().__init__(question, draft)
        self._blocks = blocks
        self._days = days

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog -wide"):
            yield Static(self._question, classes="question", markup=False)
            yield Paper(id="finding", has_parts=False)
            yield Static("Why does it not matter here?", classes="label", markup=False)
            yield TextArea(self.draft, id="words", soft_wrap=True)
            yield Static("For how many days?", classes="label", markup=False)
            yield Input(str(self._days), type="integer", max_length=4, id="days")
            yield Banner(id="wrong")
            keys = "ctrl+s  overrule it     tab  next field     esc  leave"
            yield Static(keys, classes="keys", markup=False)

    def on_mount(self) -> None:
        """Show the finding, and start to write."""
        super().on_mount()
        self.query_one(Paper).show(self._blocks, anew=True)

    def action_send(self) -> None:
        """Answer, if there are words and a number of days."""
        words = self.query_one(TextArea).text.strip()
        days = self.query_one("#days", Input).value.strip()
        if not words:
            self.refuse("A waiver wants a reason: the log keeps it.")
        elif not days.isdecimal() or not 1 <= int(days) <= MOST_DAYS:
            self.refuse(f"Days are a number from 1 to {MOST_DAYS}.")
        else:
            self.dismiss(Overruling(words, int(days)))


class LeaveDialog(ModalScreen[Literal["wait", "leave"] | None]):
    """Asks what becomes of held decisions when the person leaves.

    Args:
        held: What is held.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "wait", "Wait, then leave", id="leave.wait"),
        Binding("t", "take_back", "Leave without them", id="leave.take_back"),
        Binding("escape,n", "stay", "Stay", id="leave.stay"),
    ]

    def __init__(self, held: Held) -> None:
        super().__init__()
        self._held = held

    def compose(self) -> ComposeResult:
        """Lay out."""
        with Vertical(classes="dialog -wide"):
            yield Static(self._title(), classes="question", markup=False)
            yield Paper(id="held", has_parts=False)
            keys = f"w  wait until it is done, then leave     t  {self._without()}     esc  stay"
            yield Static(keys, classes="keys", markup=False)

    def on_mount(self) -> None:
        """Show what is held."""
        blocks = [Block(line.text) for line in self._held.lines() if line.tone in ("held", "sent")]
        paper = self.query_one(Paper)
        paper.show(blocks, anew=True)
        paper.focus()

    def _title(self) -> str:
        held, sent = len(self._held.waiting), self._held.on_the_way
        parts = [f"{counted(held, 'decision')} held and not signed yet"] if held else []
        parts += [f"{counted(sent, 'decision')} on the way to the service"] if sent else []
        return f"{', '.join(parts)}. Leave?"

    def _without(self) -> str:
        return "take back what is held, and leave" if self._held.waiting else "leave at once"

    def action_wait(self) -> None:
        """Leave when everything is answered."""
        self.dismiss("wait")

    def action_take_back(self) -> None:
        """Leave now; what is held is not done."""
        self.dismiss("leave")

    def action_stay(self) -> None:
        """Go on."""
        self.dismiss(None)
