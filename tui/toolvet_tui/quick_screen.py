"""Quick mode: what is of low risk, one screen each; decided now, signed as one shown batch at the end.

A key agrees only to what was painted and stood on the screen for a moment: a key that is held down,
or was typed ahead, decides nothing. Nothing is signed before the list was looked at as a whole.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from toolvet_reviews.views import QueueItem
from toolvet_tui.bars import Banner, Bar, KeyLine
from toolvet_tui.dialogs import WordsDialog
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.paper import Block, Paper, blocks_of
from toolvet_tui.plain import qualified, short
from toolvet_tui.quick_batch import BatchScreen, Choice
from toolvet_tui.review_glance import glance
from toolvet_tui.review_reading import Reading
from toolvet_tui.screens import DeskScreen, Left
from toolvet_tui.seat import Seat

if TYPE_CHECKING:
    from toolvet.client.review import Review

AHEAD = 2
"""Items that are fetched while the one before them is read."""


class QuickScreen(DeskScreen):
    """One item after the other.

    Args:
        items: In the order they come.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "approve", "Approve", id="quick.approve"),
        Binding("n", "changes", "No: changes", id="quick.changes"),
        Binding("s,space", "skip", "Skip", id="quick.skip"),
        Binding("b", "back_one", "Back one", id="quick.back_one"),
        Binding("enter", "more", "More", key_display="enter", id="quick.more"),
        Binding("e", "end", "End: list", id="quick.end"),
        Binding("q,escape", "leave", "Leave", id="quick.leave"),
    ]

    def __init__(self, seat: Seat, items: Sequence[QueueItem]) -> None:
        super().__init__(seat)
        self._items = list(items)
        self._at = 0
        self._choices: dict[str, Choice] = {}
        self._fetched: dict[str, Review] = {}
        self._shown_since: float | None = None

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Paper(id="summary", has_parts=False)
        yield Banner(id="banner")
        yield KeyLine(id="keyline")

    def on_mount(self) -> None:
        """Show the first."""
        self._go(0)

    # --- what is on the screen ----------------------------------------------------------------

    @property
    def choices(self) -> list[Choice]:
        """What was decided so far, in the order of the items."""
        found = (self._choices.get(one.id) for one in self._items)
        return [one for one in found if one is not None]

    @property
    def shown(self) -> "Review | None":
        """What is painted, and may be decided on; None while it is fetched."""
        if self._shown_since is None or self._at >= len(self._items):
            return None
        return self._fetched.get(self._items[self._at].id)

    def _go(self, at: int) -> None:
        self._shown_since = None
        self._at = max(0, at)
        if self._at >= len(self._items):
            self.action_end()
            return
        item = self._items[self._at]
        chosen = self._choices.get(item.id)
        was = f" · {chosen.act}" if chosen else ""
        name = qualified(item.toolset, item.tool)
        self.bar.say(left=f"Quick {self._at + 1}/{len(self._items)} · {item.id} {name}{was}")
        self.query_one(Paper).show([Block("Fetching it, and checking every byte …")], anew=True)
        self.query_one(Paper).focus()
        self._show(item.id)

    @work(exclusive=True, group="show")
    async def _show(self, proposal: str) -> None:
        with telling(self.banner.tell):
            review = self._fetched.get(proposal) or await self._fetch(proposal)
            if review.withheld and self.desk.seconds_left <= 0 and await self.is_unlocked():
                self._fetched.clear()  # what was fetched ahead was shown less, too
                review = await self._fetch(proposal)
            if self._at < len(self._items) and proposal == self._items[self._at].id:
                self.query_one(Paper).show(_summary(review), anew=True)
                self.banner.say(_why_not(review), tone="unsure")
                self.call_after_refresh(self._painted)
            for one in self._items[self._at + 1 : self._at + 1 + AHEAD]:
                if one.id not in self._fetched:
                    await self._fetch(one.id)

    async def _fetch(self, proposal: str) -> "Review":
        found = await in_thread(lambda: self.desk.review(proposal))
        self._fetched[proposal] = found
        return found

    def _painted(self) -> None:
        self._shown_since = self.seat.ticks()

    def _may_answer(self) -> "Review | None":
        """Give what was looked at, when it was there long enough for a key to be an answer to it."""
        review, since = self.shown, self._shown_since
        if review is None or since is None or self.seat.ticks() - since < self.seat.look_s:
            self.banner.say("One moment: this one has just come.", tone="unsure")
            return None
        return review

    # --- answers ------------------------------------------------------------------------------

    def action_approve(self) -> None:
        """Put it on the list, to be signed at the end."""
        review = self._may_answer()
        if review is None:
            return
        if why := _why_not(review):
            self.banner.say(why, tone="bad")
            return
        self._choose(Choice(review, "approve"))

    @work
    async def action_changes(self) -> None:
        """Put it on the list with what would have to change."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            review = self._may_answer() if free else None
            if review is None:
                return
            key = (review.view.id, "request changes")
            question = f"What would have to change?  {review.view.id} goes back"
            dialog = WordsDialog(question, "put it on the list", self.seat.words.get(key, ""))
            words = await self.host.push_screen_wait(dialog)
            self.seat.words[key] = dialog.draft
            if words is not None:
                self._choose(Choice(review, "request changes", words))

    def _choose(self, choice: Choice) -> None:
        self._choices[choice.proposal] = choice
        self._go(self._at + 1)

    def action_skip(self) -> None:
        """Decide nothing about it."""
        if self._at < len(self._items):
            self._choices.pop(self._items[self._at].id, None)
            self._go(self._at + 1)

    def action_back_one(self) -> None:
        """Go back to the one before."""
        self._go(self._at - 1)

    @work
    async def action_more(self) -> None:
        """Look at all of it."""
        from toolvet_tui.review_screen import ReviewScreen  # noqa: PLC0415 - as in the queue

        if self._at < len(self._items):
            proposal = self._items[self._at].id
            await self.host.push_screen_wait(ReviewScreen(self.seat, proposal))
            self._fetched.pop(proposal, None)
            self._go(self._at + 1 if self.seat.held.has(proposal) else self._at)

    # --- the end ------------------------------------------------------------------------------

    @work
    async def action_end(self) -> None:
        """Show the list of what was decided, to be signed."""
        if not self.choices:
            self.dismiss(Left(self._items[0].id, "Nothing was decided."))
            return
        left = await self.host.push_screen_wait(BatchScreen(self.seat, self.choices))
        if left.said:
            self.dismiss(Left(left.proposal))  # the strip says what became of it
        else:
            self._go(min(self._at, len(self._items) - 1))

    def action_leave(self) -> None:
        """Leave; what was decided is shown first, because nothing of it is signed."""
        self.action_end()


def _why_not(review: "Review") -> str:
    if review.shown is not None and not review.why_not:
        return ""
    return f"It cannot be approved now: {review.why_not}"


def _summary(review: "Review") -> list[Block]:
    """Write what it is, what it may do, what changed and what is wrong in a screenful; then all."""
    blocks = [*glance(Reading(review, review.files)), *blocks_of(review.sections)]
    if review.shown is not None:
        blocks.append(Block(short(review.shown.release), "release", "quiet"))
    return blocks
