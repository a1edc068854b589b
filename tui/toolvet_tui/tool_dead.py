"""Dead letters: what was given up, in full; replayed with a signature, or discarded with words."""

import json
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from toolvet.client.dead import ReplayedLetter
from toolvet_reviews.views import DeadView
from toolvet_reviews.words import counted, one_line, visible
from toolvet_tui.dialogs import WordsDialog
from toolvet_tui.errands import in_thread, telling
from toolvet_tui.history_list import named, when
from toolvet_tui.look_screen import ListScreen
from toolvet_tui.paper import Block, Paper
from toolvet_tui.plain import short
from toolvet_tui.rows import Rows
from toolvet_tui.seat import Seat
from toolvet_tui.table import Cell, Column, Table
from toolvet_tui.tool_acts import discard, replay
from toolvet_tui.tool_facts import LETTERS

LONGEST_JSON = 4000


class DeadList(Table[DeadView]):
    """Letters, the oldest first."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("SINCE (UTC)", 16),
        Column("TOOL"),
        Column("STATE", 9),
        Column("CALLER", 12),
        Column("TRIED", 5),
        Column("CODE", 20, since=90),
        Column("WHY", since=110),
    )

    def key(self, item: DeadView) -> str:
        """Name a letter."""
        return item.id

    def cells(self, item: DeadView) -> Sequence[Cell]:
        """Write a letter."""
        return (
            (when(item.at), "quiet"),
            (named(item.tool), "plain"),
            (one_line(item.state, 20), "unsure" if item.state == "open" else "quiet"),
            (one_line(item.caller, 40) or "?", "quiet"),
            ("item" if item.is_item else f"{item.attempts or 0}x", "plain"),
            (one_line(item.code, 60), "bad"),
            (one_line(item.reason), "quiet"),
        )


class DeadScreen(ListScreen):
    """What waits for somebody to settle it.

    Args:
        tool: `toolset/name`; empty for every tool.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "replay", "Replay", id="dead.replay"),
        Binding("x", "discard", "Discard", id="dead.discard"),
        Binding("e", "everything", "Settled too", id="dead.everything"),
        Binding("tab", "other", "Letter", show=False, id="dead.other"),
        Binding("q,escape", "back", "Back", key_display="q", id="dead.back"),
    ]
    ABOUT = ("dead:",)
    DEFAULT_CSS = """
    DeadScreen #letter { height: 1fr; border-top: hkey $panel; padding: 0 1; }
    """

    def __init__(self, seat: Seat, tool: str = "") -> None:
        super().__init__(seat)
        self._tool = tool
        self._everything = False
        self.letter: DeadView | None = None
        """The one under the cursor, in full."""

    def table(self) -> DeadList:
        """Make the list."""
        return DeadList(id="list")

    def compose(self) -> ComposeResult:
        """Lay out: the list, and the letter under the cursor."""
        for part in super().compose():
            if part.id == "filter":
                yield Paper(id="letter", has_parts=False)
            yield part

    @property
    def shown(self) -> DeadList:
        """The letters."""
        return self.query_one("#list", DeadList)

    async def fetch(self) -> None:
        """Fetch the letters, then the one under the cursor in full."""
        everything = self._everything
        found = await in_thread(
            lambda: list(islice(self.reads_as.all_dead_letters(everything=everything), LETTERS))
        )
        if self._tool:
            found = [one for one in found if one.tool == self._tool]
        self.is_read = True
        self.shown.show(found)
        of_what = f" of {named(self._tool)}" if self._tool else ""
        waiting = sum(one.state == "open" for one in found)
        self.bar.say(left=f"Dead letters{of_what} · {counted(waiting, 'letter')} open")
        self.say_empty("Nothing was given up.", hidden=bool(found))
        self.head()
        await self._look()

    @on(Rows.Moved)
    def _moved(self, message: Rows.Moved) -> None:
        if message.rows is self.shown:
            self._show_letter()

    @work(exclusive=True, group="letter")
    async def _show_letter(self) -> None:
        with telling(self.banner.tell):
            await self._look()

    async def _look(self) -> None:
        current = self.shown.current
        paper = self.query_one("#letter", Paper)
        if current is None:
            self.letter = None
            paper.show([], anew=True)
            return
        found = await in_thread(lambda: self.reads_as.dead_letter(current.id))
        if self.shown.current is not None and self.shown.current.id == found.id:
            is_other = self.letter is None or self.letter.id != found.id
            self.letter = found
            paper.show(letter_blocks(found), anew=is_other)

    # --- acts ---------------------------------------------------------------------------------

    @work
    async def action_replay(self) -> None:
        """Call it again as the same caller, signed."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            letter = self._settleable() if free else None
            if letter is None:
                return
            if letter.blocked:
                self.banner.say(
                    f"It cannot be replayed: {one_line(letter.blocked, 300)}", tone="bad"
                )
                return
            question = f"Call {named(letter.tool)} again, as {one_line(letter.caller, 40)}?"
            if not await self.ask(self.sure(question, letter_blocks(letter), "sign with your key")):
                self.banner.say("Nothing was signed.")
            elif await self.is_unlocked():
                self.banner.say("Calling it again …")
                done = await in_thread(partial(replay, self.desk, letter))
                said, tone = outcome(done)
                self.banner.say(said, tone=tone)
                self.read()

    @work
    async def action_discard(self) -> None:
        """Give it up for good, with words."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            letter = self._settleable() if free else None
            if letter is None:
                return
            asked = "Why is it given up?  Its arguments are forgotten here"
            reason = await self.ask(WordsDialog(asked, "discard it for good"))
            if reason is None or not await self.is_unlocked():
                self.banner.say("Nothing was done.")
                return
            await in_thread(partial(discard, self.desk, letter, reason))
            self.banner.say("It is discarded.", tone="good")
            self.read()

    def _settleable(self) -> DeadView | None:
        letter, current = self.letter, self.shown.current
        if letter is None or current is None or letter.id != current.id:
            self.banner.say(
                "One moment: the letter is being read." if current else "There is none."
            )
            return None
        if letter.state != "open":
            self.banner.say(f"It was {one_line(letter.state, 20)} already.", tone="unsure")
            return None
        return letter

    def action_everything(self) -> None:
        """Show settled ones too, or only what waits."""
        self._everything = not self._everything
        self.banner.say("Settled ones too." if self._everything else "")
        self.read()

    def action_other(self) -> None:
        """Go from the list to the letter and back."""
        self.query_one("#letter" if self.shown.has_focus else "#list").focus()

    def narrow(self, words: str) -> None:
        """Nothing is narrowed here."""

    def action_back(self) -> None:
        """Go back."""
        self.host.pop_screen()


def letter_blocks(letter: DeadView) -> list[Block]:
    """Write a letter in full."""
    blocks = [
        Block(f"{named(letter.tool)}, {one_line(letter.state, 20)}", "call of"),
        Block(one_line(letter.caller, 80) or "not known any more", "caller"),
        Block(
            visible(letter.reason[:2000])
            + (f" [{one_line(letter.code, 60)}]" if letter.code else ""),
            "why",
            "bad",
        ),
    ]
    if letter.attempts is not None:
        blocks.append(Block(counted(letter.attempts, "time"), "tried"))
    if letter.item is not None:
        blocks.append(Block(_json(letter.item), "item"))
    if letter.arguments is not None:
        blocks.append(Block(_json(letter.arguments), "arguments"))
    if letter.key:
        blocks.append(Block(one_line(letter.key, 120), "key"))
    if letter.settled_at:
        by = f"{when(letter.settled_at)} UTC by {one_line(letter.settled_by, 80)}"
        blocks.append(Block(by, one_line(letter.state, 12)))
    elif letter.blocked:
        blocks.append(Block(one_line(letter.blocked, 300), "no replay", "unsure"))
    elif letter.serving:
        other = "" if letter.serving == letter.release_digest else ", another than failed"
        blocks.append(
            Block(short(letter.serving) + other, "would run", "unsure" if other else "plain")
        )
    blocks.append(Block(one_line(letter.id, 60), "letter", "quiet"))
    return blocks


def outcome(done: ReplayedLetter) -> tuple[str, str]:
    """Say what a replay came to, and its tone."""
    answer, letter = done.answer, done.letter
    if letter.state == "replayed":
        again = (
            "; it had succeeded before, and its answer was given again" if answer.replayed else ""
        )
        return f"Call {one_line(answer.id, 60)} succeeded{again}.", "good"
    if answer.status == "succeeded":
        return (
            "The operation had ended, so the item was not tried; the letter is still open.",
            "unsure",
        )
    why = one_line(f"{answer.message} [{answer.code}]" if answer.code else answer.status, 300)
    return f"Still open, {one_line(answer.status, 20)}: {why}", "bad"


def _json(value: object) -> str:
    return one_line(json.dumps(value, ensure_ascii=True), LONGEST_JSON)
