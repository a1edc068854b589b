"""The list at the end of quick mode: every decision with its digest, signed as one shown batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from toolvet.errors import KNOWN, ToolvetError
from toolvet_reviews.review_views import BulkAnswer
from toolvet_reviews.words import counted, one_line
from toolvet_tui.bars import Banner, Bar, KeyLine
from toolvet_tui.desk import Desk
from toolvet_tui.errands import Trouble, telling
from toolvet_tui.held import Decision
from toolvet_tui.plain import fit, qualified, short
from toolvet_tui.rows import Rows
from toolvet_tui.screens import DeskScreen, Left
from toolvet_tui.seat import Seat

if TYPE_CHECKING:
    from toolvet.client.review import Review


NAMED = 5
"""Items that were left out and are named in the sentence; the list has them all."""


class PartlyDoneError(ToolvetError):
    """Some items of a batch were left out; the others are done."""

    code: ClassVar[str] = "tui.partly_done"
    hint = "Open them to see how they are now."


@dataclass(frozen=True)
class Choice:
    """What was decided about one item, of what was shown."""

    review: "Review"
    act: Literal["approve", "request changes"]
    words: str = ""

    @property
    def proposal(self) -> str:
        """`P-<n>`."""
        return self.review.view.id

    @property
    def digest(self) -> str:
        """What is signed, or given back."""
        view = self.review.view
        return (view.release_digest or "") if self.act == "approve" else view.revision_digest


def carry_out(desk: Desk, choices: Sequence[Choice]) -> list[BulkAnswer]:
    """Sign and hand in a batch; each item has an answer of its own.

    Raises:
        LockedError: The key is locked: nothing was signed.
    """
    answers: dict[str, BulkAnswer] = {}
    approved = [(one.review, one.words) for one in choices if one.act == "approve"]
    if approved:
        for answer in desk.approve_many(approved).items:
            answers[answer.proposal] = answer
    for one in choices:
        if one.act != "approve":
            answers[one.proposal] = _given_back(desk, one)
    missing = "the service did not say what became of it"
    return [
        answers.get(one.proposal) or BulkAnswer(one.proposal, False, "tui.no_answer", missing)  # noqa: FBT003
        for one in choices
    ]


def _given_back(desk: Desk, choice: Choice) -> BulkAnswer:
    try:
        desk.request_changes(choice.review.view, choice.words)
    except KNOWN as error:  # one that is refused must not keep the others from being answered
        trouble = Trouble.of(error)
        return BulkAnswer(choice.proposal, False, trouble.code, trouble.message)  # noqa: FBT003
    return BulkAnswer(choice.proposal, True)  # noqa: FBT003


class BatchList(Rows):
    """Decisions, one a row, and what became of them."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__(id="batch")
        self.choices = list(choices)
        self.answers: dict[str, BulkAnswer] = {}

    @property
    def row_count(self) -> int:
        """How many there are."""
        return len(self.choices)

    def draw(self, row: int, width: int) -> list[Segment]:
        """Draw one."""
        one = self.choices[row]
        view, answer = one.review.view, self.answers.get(one.proposal)
        is_for = one.act == "approve"
        sign, tone = ("+", "good") if is_for else ("-", "unsure")
        if answer is not None:
            sign, tone = ("✓", "good") if answer.done else ("!", "bad")
        rest = max(8, width - 2 - 16 - 8 - 13 - 3)
        name = fit(qualified(view.toolset, view.tool), min(28, rest))
        said = one.words if answer is None or answer.done else f"{answer.message} [{answer.code}]"
        cells = (
            (sign, 1, tone),
            (one.act, 15, tone),
            (one.proposal, 7, "plain"),
            (name, min(28, rest), "plain"),
            (short(one.digest), 12, "quiet"),
            (one_line(said, 300), max(0, rest - min(28, rest)), tone if answer else "quiet"),
        )
        drawn: list[Segment] = []
        for text, room, style in cells:
            drawn += [Segment(fit(text, room), self.tone(style)), Segment(" ")]
        return drawn


class BatchScreen(DeskScreen):
    """Shows the list, signs it with one word, and says what became of each.

    It leaves words behind when it was signed, and none to go back to the items.

    Args:
        choices: What was decided.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "sign", "Sign all", id="batch.sign"),
        Binding("d,delete", "drop", "Leave one out", id="batch.drop"),
        Binding("b,q,escape", "back", "Back", id="batch.back"),
    ]

    def __init__(self, seat: Seat, choices: Sequence[Choice]) -> None:
        super().__init__(seat)
        self._choices = list(choices)
        self._shown_since: float | None = None
        self._decision: Decision | None = None
        self._is_answered = False
        self._answers: dict[str, BulkAnswer] = {}

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Static("", id="asked", markup=False)
        yield BatchList(self._choices)
        yield Banner(id="banner")
        yield KeyLine(id="keyline")

    def on_mount(self) -> None:
        """Ask."""
        self.shown.changed()
        self.shown.focus()
        self._ask()
        self.call_after_refresh(self._painted)

    @property
    def shown(self) -> BatchList:
        """The list."""
        return self.query_one(BatchList)

    def _painted(self) -> None:
        self._shown_since = self.seat.ticks()

    def _ask(self) -> None:
        choices = self.shown.choices
        signed = sum(one.act == "approve" for one in choices)
        parts = [f"{counted(signed, 'approval')} to sign, one statement each"] * bool(signed)
        given = len(choices) - signed
        parts += [f"{given} to give back with words"] * bool(given)
        self.bar.say(left="Quick · the list")
        asked = "; ".join(parts) or "Nothing is left on the list"
        self.query_one("#asked", Static).update(f" {asked}.  Each row is signed as it stands here.")

    # --- acts ---------------------------------------------------------------------------------

    @work
    async def action_sign(self) -> None:
        """Sign exactly this list, after it was held."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            since, choices = self._shown_since, tuple(self.shown.choices)
            if not free or not choices or self._decision is not None:
                return
            if since is None or self.seat.ticks() - since < self.seat.look_s:
                self.banner.say("One moment: look at the list first.", tone="unsure")
                return
            if not await self.is_unlocked():
                self.banner.say("Nothing was signed.")
                return
            proposals = tuple(one.proposal for one in choices)
            words = f"the list of {counted(len(choices), 'decision')}"
            decision = Decision(proposals, words, lambda: self._carried_out(choices))
            if self.hold(decision):
                self._decision = decision
                self.banner.say("Held. esc goes on meanwhile; it is signed as it stands here.")

    def _carried_out(self, choices: Sequence[Choice]) -> str:
        """Sign, in a thread; the screen may be gone by then."""
        answers = carry_out(self.desk, choices)
        self._answers = {one.proposal: one for one in answers}
        done = sum(one.done for one in answers)
        not_done = [one for one in answers if not one.done]
        if not_done:
            named = ", ".join(f"{one.proposal} [{one.code}]" for one in not_done[:NAMED])
            more = f" and {len(not_done) - NAMED} more" if len(not_done) > NAMED else ""
            raise PartlyDoneError(f"{done} of {len(answers)} done; left out: {named}{more}")
        return f"{counted(done, 'decision')} done, as the list showed them."

    def became(self, decision: Decision) -> None:
        """Show what became of each."""
        if decision is self._decision:
            self._is_answered = True
            self.shown.answers = self._answers
            self.shown.refresh()
            self.query_one("#asked", Static).update(" What became of them.  esc  back to the queue")

    def taken_back(self, decision: Decision) -> None:
        """Ask again."""
        if decision is self._decision:
            self._decision = None
            self._ask()

    def action_drop(self) -> None:
        """Leave the decision under the cursor out."""
        shown = self.shown
        if self._decision is None and shown.choices:
            left_out = shown.choices.pop(shown.cursor)
            shown.changed()
            self._ask()
            self.banner.say(f"{left_out.proposal} is left out: nothing is decided about it.")

    def action_back(self) -> None:
        """Go back: to the queue when it was signed, else to the items."""
        said = f"Held: {self._decision.words}." if self._decision is not None else ""
        first = self._choices[0].proposal
        self.dismiss(Left(first, "The list was signed." if self._is_answered else said))
