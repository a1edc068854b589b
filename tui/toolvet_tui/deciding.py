"""Deciding on what is on the screen: the questions, the words, the key. Mixed into the review.

What is decided is decided about the review that was shown when the question was asked; another one
that came meanwhile is never decided on by it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from toolvet_reviews.review_views import DraftRemark
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import counted, one_line
from toolvet_tui.approval import what_is_signed
from toolvet_tui.decision_dialogs import RejectDialog, WaiveDialog
from toolvet_tui.dialogs import ApproveDialog, WordsDialog
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.held import Decision
from toolvet_tui.outcome import done, matter
from toolvet_tui.paper import Block
from toolvet_tui.plain import qualified
from toolvet_tui.screens import DeskScreen
from toolvet_tui.seat import Seat
from toolvet_tui.since import voted_for, what_changed

if TYPE_CHECKING:
    from toolvet.client.review import Review
    from toolvet.client.shown import Shown
    from toolvet_tui.overruling import Overrulable

T = TypeVar("T")


class Deciding(DeskScreen):
    """A screen that shows one proposal and decides on it.

    Screens give `load`, `turn_to` and `action_back`, set `review` to what they show, and may give
    `unsent`.

    Args:
        proposal: `P-<n>`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "Approve", id="review.approve"),
        Binding("c", "request_changes", "Changes", id="review.changes"),
        Binding("x", "reject", "Reject", id="review.reject"),
        Binding("W", "waive", "Overrule a finding", show=False, id="review.waive"),
    ]

    def __init__(self, seat: Seat, proposal: str) -> None:
        super().__init__(seat)
        self.proposal = proposal
        self.review: Review | None = None
        """What is on the screen; None until it was fetched."""
        self.said = ""
        """What was done last, for the screen that is gone back to."""
        self._question: ModalScreen[Any] | None = None

    # --- what the screen gives ----------------------------------------------------------------

    def load(self, *, said: str = "", tone: str = "good") -> object:
        """Fetch everything anew and show it, with what is to be said about it."""
        raise NotImplementedError

    def turn_to(self, proposal: str, *, said: str = "") -> None:
        """Show another proposal."""
        raise NotImplementedError

    def action_back(self) -> None:
        """Go back to the queue."""
        raise NotImplementedError

    def unsent(self) -> Sequence[DraftRemark]:
        """Give the remarks that were written and are to go out with the decision."""
        return ()

    # --- deciding -----------------------------------------------------------------------------

    @work
    async def action_approve(self) -> None:
        """Approve exactly what is shown; signed again when an earlier vote counts no more."""
        with self.one_at_a_time() as free, telling(self._refused):
            review = self._undecided() if free else None
            if review is None:
                return
            if review.withheld and self.desk.seconds_left <= 0:
                await self._open_to_see()
                return
            if review.shown is None or review.why_not:
                self.banner.say(f"It cannot be approved now: {review.why_not}", tone="bad")
                return
            title, blocks = await self._question_of(review, review.shown)
            words = await self.ask(ApproveDialog(title, blocks))
            if words is None or not await self.is_unlocked():
                self._nothing_done(review)
            elif self._is_still(review):
                self._held(review, "approve", lambda drafts: self._approve(review, words, drafts))

    @work
    async def action_request_changes(self) -> None:
        """Give it back to its author, with words."""
        with self.one_at_a_time() as free, telling(self._refused):
            review = self._undecided() if free else None
            if review is None:
                return
            asked = f"What would have to change?  {review.view.id} goes back"
            words = await self._with_words(review, asked, "request changes")
            if words is not None:
                self._held(
                    review,
                    "request changes of",
                    lambda drafts: self.desk.request_changes(review.view, words, drafts=drafts),
                )

    @work
    async def action_reject(self) -> None:
        """Close it, with words, and with the tool that should be extended instead."""
        with self.one_at_a_time() as free, telling(self._refused):
            review = self._undecided() if free else None
            if review is None:
                return
            asked = f"Why is it rejected?  {review.view.id} is closed for good"
            dialog = RejectDialog(asked, self._kept(review, "reject"))
            answer = await self.ask(dialog)
            self._keep(review, "reject", dialog.draft)
            if answer is None or not await self.is_unlocked():
                self._nothing_done(review)
            elif self._is_still(review):
                self._held(
                    review,
                    "reject",
                    lambda drafts: self.desk.reject(
                        review.view, answer.words, similar=answer.similar, drafts=drafts
                    ),
                )

    @work
    async def action_waive(self) -> None:
        """Overrule an error of what is shown, with a reason, for a while."""
        with self.one_at_a_time() as free, telling(self._refused):
            review = self._undecided() if free else None
            if review is None:
                return
            if not await self.is_unlocked():
                self._nothing_done(review)
                return
            about = await in_thread(lambda: self.desk.overrulable(review.view.id))
            if about.shown.release != review.view.release_digest:
                self._refused(Trouble("it changed while you looked", "vote.stale"))
            elif not about.findings:
                self.banner.say(_nothing_to_waive(about), tone="unsure")
            else:
                await self._overrule(review, about)

    async def _overrule(self, review: "Review", about: "Overrulable") -> None:
        from toolvet_tui.overruling import what_is_overruled  # noqa: PLC0415 - needs much more

        finding = about.findings[0]
        of = f"1 of {len(about.findings)}" if len(about.findings) > 1 else "the only one"
        title = f"Overrule this error of {review.view.id}? ({of})"
        blocks = what_is_overruled(about, finding)
        kept = self._kept(review, "waive")
        dialog = WaiveDialog(title, blocks, about.policy.waiver_days, kept)
        answer = await self.ask(dialog)
        self._keep(review, "waive", dialog.draft)
        if answer is None:
            self._nothing_done(review)
        elif self._is_still(review):
            self._held(
                review,
                f"overrule {one_line(finding.rule)} of",
                lambda _: self.desk.waive(about, finding, answer.words, answer.days),
            )

    # --- what is asked ------------------------------------------------------------------------

    async def _question_of(self, review: "Review", shown: "Shown") -> tuple[str, list[Block]]:
        """Write what an approval signs, and before it what changed since an earlier one."""
        owner = await in_thread(self.desk.owner)
        blocks = what_is_signed(shown, owner)
        if remarks := self.unsent():
            said = f"{counted(len(remarks), 'remark')} of yours, published with it"
            blocks.append(Block(said, "with it"))
        revision = voted_for(review.view, owner.principal)
        if not revision:
            return f"Approve {review.view.id}?", blocks
        since = partial(what_changed, self.desk.reader, review.view.id, revision)
        return f"Approve {review.view.id} again?", [*await in_thread(since), *blocks]

    async def _with_words(self, review: "Review", question: str, act: str) -> str | None:
        dialog = WordsDialog(question, act, self._kept(review, act))
        words = await self.ask(dialog)
        self._keep(review, act, dialog.draft)
        if words is None or not await self.is_unlocked():
            self._nothing_done(review)
            return None
        return words if self._is_still(review) else None

    async def _open_to_see(self) -> None:
        self.banner.say("Some of its evidence is for reviewers only: open your key to see it.")
        if await self.is_unlocked():
            self.load(said="Your key is open. Look at all of it, then decide.")

    async def ask(self, dialog: "ModalScreen[T | None]") -> "T | None":
        """Ask a question that is closed when another revision comes."""
        self._question = dialog
        try:
            return await self.host.push_screen_wait(dialog)
        finally:
            self._question = None

    def close_question(self) -> None:
        """Close the open question: what it is about is not on the screen any more."""
        question, self._question = self._question, None
        if question is not None and question is self.host.screen:
            question.dismiss()  # under another one it stays, and is answered in vain

    def _nothing_done(self, review: "Review") -> None:
        if self._is_still(review):
            self.banner.say("Nothing was done.")

    def _is_still(self, review: "Review") -> bool:
        """Tell whether what was asked about is what is on the screen."""
        return self.review is not None and matter(self.review.view) == matter(review.view)

    def _undecided(self) -> "Review | None":
        """Give what is shown, when it may be decided on; else say why not."""
        review = self.review
        if review is None and self.banner.has_class("-bad"):
            return None  # it could not be fetched, and why is what must stay readable
        if review is None:
            self.banner.say(f"One moment: {self.proposal} is being fetched.", tone="unsure")
        elif self.seat.held.has(review.view.id):
            said = f"{review.view.id} is decided on already; `u` takes back what is held."
            self.banner.say(said, tone="unsure")
            return None
        return review

    def _kept(self, review: "Review", act: str) -> str:
        return self.seat.words.get((review.view.id, act), "")

    def _keep(self, review: "Review", act: str, words: str) -> None:
        self.seat.words[review.view.id, act] = words

    # --- what is done -------------------------------------------------------------------------

    def _held(
        self, review: "Review", act: str, carry_out: Callable[[Sequence[str]], ProposalView]
    ) -> None:
        """Hold the decision, and go on to the next proposal meanwhile."""
        view, remarks, desk = review.view, tuple(self.unsent()), self.desk

        def answer() -> str:
            for one in remarks:
                desk.person.keep_draft(view.id, one)
            return done(carry_out([one.id for one in remarks]))

        name = f"{view.id} {qualified(view.toolset, view.tool)}"
        decision = Decision((view.id,), f"{act} {name}", answer, {view.id: matter(view)})
        if not self.hold(decision):
            return
        following = self.seat.next_to_decide(self.proposal)
        if following:
            self.turn_to(following, said=f"Held: {decision.words}. Here is {following}.")
        else:
            self.said = f"Held: {decision.words}."
            self.action_back()

    def taken_back(self, decision: Decision) -> None:
        """Show again what was decided on."""
        said = f"Taken back: {decision.words}. Nothing was signed."
        self.turn_to(decision.proposal, said=said)

    def _approve(self, review: "Review", words: str, drafts: Sequence[str]) -> ProposalView:
        return self.desk.approve(review, words, drafts=drafts)

    def _refused(self, trouble: Trouble) -> None:
        """Say why, and show how it is now."""
        self.load(said=str(trouble), tone="bad")


def _nothing_to_waive(about: "Overrulable") -> str:
    if about.never:
        rules = ", ".join(sorted({one_line(one.rule) for one in about.never}))
        return f"The policy lets nobody overrule what stands against it: {rules}."
    return "It has no error to overrule."
