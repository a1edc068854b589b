"""Saying something about what is shown: remarks, answers, threads, drafts, cases, trials.

A remark is kept at each pause of typing: on this machine at once, at the service while the key is
open. It is published alone, or together with the decision.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from toolvet_reviews.brief_evidence import case_tests
from toolvet_reviews.review_views import Anchor, DraftRemark, ReviewState, ThreadView
from toolvet_reviews.words import counted, visible
from toolvet_tui.code import CodeView
from toolvet_tui.dialogs import WordsDialog
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.held import Decision
from toolvet_tui.paper import Block, Paper
from toolvet_tui.review_looking import Looking
from toolvet_tui.review_reading import where
from toolvet_tui.review_remarks import begun, dated, merged, same_place, says_something
from toolvet_tui.screens import Act
from toolvet_tui.seat import Seat
from toolvet_tui.thread_dialogs import DROP, PUBLISH, RemarkDialog
from toolvet_tui.threads_pane import thread as written
from toolvet_tui.try_screen import TryScreen

_NOT_PUBLISHED = "Kept as a draft; it goes out with your decision, or with `s`."


@dataclass(frozen=True)
class _Subject:
    """What words said now are about."""

    anchor: Anchor
    thread: str = ""
    draft: str = ""
    lines: str | None = None
    """Of the files, which an edit can be suggested for."""


class Talking(Looking):
    """A screen on which one says something."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "comment", "Comment", id="review.comment"),
        Binding("z", "settle", "Resolve or reopen", show=False, id="review.settle"),
        Binding("s", "publish", "Publish drafts", show=False, id="review.publish"),
        Binding("o", "lift", "Lift my objection", show=False, id="review.lift"),
        Binding("t", "try", "Try", id="review.try"),
        Binding("T", "case", "Case to test", show=False, id="review.case"),
    ]

    def __init__(self, seat: Seat, proposal: str, act: Act = "") -> None:
        super().__init__(seat, proposal, act)
        self._next_case = 0
        # A draft that arrives at the service after it was published would be there once more.
        self._in_turn = asyncio.Lock()

    # --- remarks ------------------------------------------------------------------------------

    @work
    async def action_comment(self) -> None:
        """Say something about what the cursor is on, or answer the thread it is in."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            if not free or self.reading is None:
                return
            await self._remark(self._subject())

    @on(CodeView.LineChosen)
    def _about_line(self) -> None:
        self.action_comment()

    def _subject(self) -> _Subject:
        if self.pane == "code":
            note = self.code.note
            if note is not None and (note.thread or note.draft):
                return _Subject(self.code.subject, note.thread, note.draft)
            if note is not None and note.anchor is not None:
                return _Subject(note.anchor)
            anchor = self.code.subject
            return _Subject(anchor, lines=self.code.marked_text if anchor.kind == "line" else None)
        block = self.paper(self.pane).under
        if block is None:
            return _Subject(Anchor())
        if block.thread or block.draft:
            return _Subject(block.about or Anchor(), block.thread, block.draft)
        if block.about is not None:
            return _Subject(block.about)
        if block.path:
            kind = "line" if block.line else "file"
            return _Subject(Anchor(kind, block.path, block.line, block.line))
        return _Subject(Anchor())

    async def _remark(self, subject: _Subject) -> None:
        proposal, found = self.proposal, self._thread(subject.thread)
        draft = self._draft_of(subject)
        lines = subject.lines
        if draft.suggestion is not None and lines is None:
            lines = draft.suggestion
        dialog = RemarkDialog(
            f"Answer about {where(found.place)}" if found else f"About {where(draft.anchor)}",
            draft,
            before=_before(found, lines),
            lines=lines,
            keep=lambda one: self._keep_remark(proposal, dated(one)),
        )
        answer = await self.ask(dialog)
        if answer == DROP:
            await self._forget(proposal, dialog.draft)
            return
        if answer == PUBLISH:
            with telling(self.banner.tell):
                self.kept.put(proposal, dated(dialog.draft))
            if await self.is_unlocked():
                await self._publish(proposal, [dialog.draft])
                return
        if says_something(dialog.draft):
            self.banner.say(_NOT_PUBLISHED)
            self.load_around()

    def _thread(self, name: str) -> ThreadView | None:
        state = self.reading.state if self.reading else None
        return next((one for one in state.threads if one.id == name), None) if state else None

    def _draft_of(self, subject: _Subject) -> DraftRemark:
        """Find what was begun about the same place, or begin it."""
        for one in self.unsent():
            if one.id == subject.draft or (subject.thread and one.thread == subject.thread):
                return one
            is_new = not subject.thread and one.thread is None
            if is_new and same_place(one.anchor, subject.anchor):
                return one
        return begun(subject.anchor, subject.thread or None)

    def _keep_remark(self, proposal: str, draft: DraftRemark) -> None:
        with telling(self.banner.tell):
            self.kept.put(proposal, draft)
        if self.reading is not None and self.reading.view.id == proposal:
            drafts = merged(self.reading.drafts, [draft])
            self.reading = replace(self.reading, drafts=drafts)
        if self.desk.seconds_left > 0:
            self._send_draft(proposal, draft)

    @work(group="drafts")
    async def _send_draft(self, proposal: str, draft: DraftRemark) -> None:
        with telling(lambda _: None):  # it is kept here, and goes along with the next one
            async with self._in_turn:
                if self.kept.has(proposal, draft):
                    await in_thread(lambda: self.kept.send(self.desk.person, proposal, draft))

    def _drop(self, *drafts: DraftRemark) -> None:
        gone = {one.id for one in drafts}
        if self.reading is not None:
            left = tuple(one for one in self.reading.drafts if one.id not in gone)
            self.reading = replace(self.reading, drafts=left)

    async def _forget(self, proposal: str, draft: DraftRemark) -> None:
        self._drop(draft)
        with telling(self.banner.tell):
            self.kept.drop(proposal, draft.id)
            async with self._in_turn:
                if self.desk.seconds_left > 0:
                    await in_thread(lambda: self.desk.person.drop_draft(proposal, draft.id))
            self.banner.say("Forgotten.")
        self.load_around()

    async def _publish(self, proposal: str, drafts: list[DraftRemark]) -> None:
        """Publish drafts: the service has them first, so a lost answer says nothing twice."""

        def publish() -> ReviewState:
            person = self.desk.person
            for one in drafts:
                self.kept.send(person, proposal, one)
            return person.publish_drafts(proposal, [one.id for one in drafts])

        with telling(self._not_published):
            async with self._in_turn:
                await in_thread(publish)
                for one in drafts:
                    self.kept.drop(proposal, one.id)
            self._drop(*drafts)
            said = "Said." if len(drafts) == 1 else f"{counted(len(drafts), 'remark')} published."
            self.done(said)

    def _not_published(self, trouble: Trouble) -> None:
        self.banner.say(f"It is kept as a draft, and was not published. {trouble}", tone="bad")
        self.load_around()

    @work
    async def action_publish(self) -> None:
        """Publish every draft about this proposal, without deciding anything."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            drafts = [*self.unsent()]
            if not free or not drafts:
                self.banner.say("You have no drafts about it.", tone="unsure")
                return
            if await self.is_unlocked():
                await self._publish(self.proposal, drafts)

    def hold(self, decision: Decision) -> bool:
        """Hold a decision; the remarks that go out with it are at the service by then."""
        is_held = super().hold(decision)
        if is_held and (drafts := self.unsent()):
            # At the app: the screen may be gone before they are sent.
            self.host.run_worker(self._deliver(self.proposal, drafts), group="drafts")
        return is_held

    async def _deliver(self, proposal: str, drafts: Sequence[DraftRemark]) -> None:
        with telling(lambda _: None):  # they are sent once more with the decision
            async with self._in_turn:
                for one in drafts:
                    await in_thread(
                        lambda draft=one: self.kept.send(self.desk.person, proposal, draft)
                    )

    # --- threads ------------------------------------------------------------------------------

    @work
    async def action_settle(self) -> None:
        """Resolve the thread under the cursor, or open it again."""
        found = self._thread(self._subject().thread)
        if found is None:
            self.banner.say("The cursor is in no thread.", tone="unsure")
            return
        if found.resolved:
            await self._as_person(lambda: self.desk.person.reopen(found.id), "It is open again.")
        else:
            await self._as_person(lambda: self.desk.person.resolve(found.id), "Resolved.")

    @work
    async def action_lift(self) -> None:
        """Take one's own word against back."""
        state, proposal = self.reading.state if self.reading else None, self.proposal
        with telling(self.banner.tell):
            owner = await in_thread(self.desk.owner)
            mine = [
                one
                for one in (state.objections if state else ())
                if one.lifted_at is None and one.person_id == owner.principal
            ]
            if not mine:
                self.banner.say("No word of yours stands against it.", tone="unsure")
                return
            await self._as_person(lambda: self.desk.person.lift(proposal), "Your word is lifted.")

    async def _as_person(self, act: Callable[[], ReviewState], said: str) -> None:
        with self.one_at_a_time() as free, telling(self.banner.tell):
            if free and await self.is_unlocked():
                await in_thread(act)
                self.done(said)

    # --- trying it ----------------------------------------------------------------------------

    def action_try(self) -> None:
        """Run the shown revision with one's own arguments, in the sandbox, against fakes."""
        if self.reading is not None:
            self.host.push_screen(TryScreen(self.seat, self.reading), self._tried)

    def _tried(self, kept: object) -> None:
        if kept:
            self.done("Kept: each later revision is run on it.")

    @work
    async def action_case(self) -> None:
        """Offer a failing case as a test, in words to its author; the next one each time."""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            cases = case_tests(self.review.view.evidence) if self.review is not None else ()
            if not free or not cases:
                self.banner.say("No check found a failing case here.", tone="unsure")
                return
            place = self._next_case % len(cases)
            self._next_case += 1
            title = f"Case {place + 1} of {len(cases)} as a test, to its author"
            proposal = self.proposal
            words = await self.ask(WordsDialog(title, "send", cases[place].words))
            if words is not None and await self.is_unlocked():
                await self._publish(proposal, [replace(begun(Anchor()), text=words)])

    def on_paper_place(self, message: Paper.Place) -> None:
        """Go to a place in the code."""
        if self.code.open(message.path, message.line):
            self.show_pane("code")
        else:
            self.banner.say(f"There is no file {message.path} in this bundle.", tone="unsure")


def _before(found: ThreadView | None, lines: str | None) -> list[Block]:
    """Show what is answered, or the lines it is about."""
    if found is not None:
        return list(written(found))
    if not lines:
        return []
    return [Block("\n".join(visible(one) for one in lines.split("\n")), "lines", "quiet")]
