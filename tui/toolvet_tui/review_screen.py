"""One proposal on one page: the brief in its order, then code, findings, rubric and conversation.

What is decided is decided about the revision on the screen. When another one comes, every open
question about the old one is closed.
"""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import ContentSwitcher

from toolvet.client.review import Review
from toolvet_reviews.brief_evidence import case_tests
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import STATES
from toolvet_tui import pages
from toolvet_tui.approval import what_is_signed
from toolvet_tui.bars import Banner, Bar, KeyLine, Tabs
from toolvet_tui.code import CodeView
from toolvet_tui.code_pane import CodePane
from toolvet_tui.dialogs import ApproveDialog, WordsDialog
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.messages import Connected, LogGrew
from toolvet_tui.outcome import done, known, matter, talk
from toolvet_tui.paper import Paper, blocks_of
from toolvet_tui.plain import qualified
from toolvet_tui.screens import Act, DeskScreen, Left
from toolvet_tui.seat import Seat

PANES = ("brief", "code", "findings", "rubric", "talk")
LOOK_AGAIN_S = 1.0
"""How often a proposal that is being verified is looked at: evidence is no entry of the log."""
WIDE = 130
"""Cells from which the brief stays beside the other panes."""


class ReviewScreen(DeskScreen):
    """The screen decisions are made on.

    Args:
        proposal: `P-<n>`.
        act: What to ask as soon as everything is shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "Approve", id="review.approve"),
        Binding("c", "request_changes", "Changes", id="review.changes"),
        Binding("x", "reject", "Reject", id="review.reject"),
        Binding("m", "comment", "Comment", id="review.comment"),
        Binding("t", "case", "Case to test", show=False, id="review.case"),
        Binding("d", "mode", "Diff", id="review.mode"),
        Binding("tab", "pane(1)", "Pane", id="review.pane"),
        Binding("shift+tab", "pane(-1)", "Previous pane", show=False, id="review.pane_back"),
        Binding("1", "show('brief')", "Brief", show=False, id="review.pane1"),
        Binding("2", "show('code')", "Code", show=False, id="review.pane2"),
        Binding("3", "show('findings')", "Findings", show=False, id="review.pane3"),
        Binding("4", "show('rubric')", "Rubric", show=False, id="review.pane4"),
        Binding("5", "show('talk')", "Conversation", show=False, id="review.pane5"),
        Binding("greater_than_sign", "file(1)", "Next file", show=False, id="review.file"),
        Binding("less_than_sign", "file(-1)", "Previous file", show=False, id="review.file_back"),
        Binding("N", "go(1)", "Next proposal", show=False, id="review.next"),
        Binding("P", "go(-1)", "Previous proposal", show=False, id="review.previous"),
        Binding("q,escape", "back", "Back", id="review.back"),
    ]

    def __init__(self, seat: Seat, proposal: str, act: Act = "") -> None:
        super().__init__(seat)
        self.proposal = proposal
        self.review: Review | None = None
        self.pane = "brief"
        self._act: Act = act
        self._said = ""
        self._question: ModalScreen[str | None] | None = None
        self._drafts: dict[str, str] = {}
        self._next_case = 0

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Tabs(id="tabs")
        with Horizontal(id="body"):
            yield Paper(id="brief")
            with ContentSwitcher(id="side", initial="code"):
                yield CodePane(id="code")
                yield Paper(id="findings")
                yield Paper(id="rubric")
                yield Paper(id="talk")
        yield Banner(id="banner")
        yield KeyLine(id="keyline")

    def on_mount(self) -> None:
        """Fetch it."""
        self._show_pane("brief")
        self.bar.say(left=self.proposal)
        self.banner.say("Fetching it, and checking every byte …")
        self.load()
        self.set_interval(LOOK_AGAIN_S, self._follow_checks)

    # --- showing ------------------------------------------------------------------------------

    @work(exclusive=True, group="load")
    async def load(self, *, said: str = "", tone: str = "good") -> None:
        """Fetch everything anew and show it, with what is to be said about it."""
        with telling(self.banner.tell):
            review = await in_thread(partial(self.desk.review, self.proposal))
            self._show(review)
            self.banner.say(said or self._standing(review), tone=tone if said else "plain")
            act, self._act = self._act, ""
            if act:
                await self.run_action(act)

    def _show(self, review: Review) -> None:
        before, self.review = self.review, review
        is_other = before is None or before.view.id != review.view.id
        view = review.view
        name = qualified(view.toolset, view.tool)
        self.bar.say(
            left=f"{view.id} {name} · {view.kind or 'kind unknown'} · {STATES[view.state]}"
        )
        for pane, blocks in (
            ("brief", blocks_of(review.sections)),
            ("findings", pages.findings(view)),
            ("rubric", pages.rubric(view)),
            ("talk", pages.talk(view)),
        ):
            self.query_one(f"#{pane}", Paper).show(blocks, anew=is_other)
        self.query_one(CodePane).show(review.files, view.evidence)
        self._name_tabs()

    def _standing(self, review: Review) -> str:
        if review.why_not:
            return f"It cannot be approved now: {review.why_not}"
        return ""

    def _name_tabs(self) -> None:
        names = ["Brief", "Code", "Findings", "Rubric", "Talk"]
        if self.review is not None:
            view = self.review.view
            touched = sum(change.status != "same" for change in self.review.files)
            found = sum(len(check.findings) for check in view.evidence)
            said = len(view.comments) + len(view.votes)
            names = [
                "Brief",
                f"Code {touched}",
                f"Findings {found}",
                "Rubric",
                f"Talk {said}",
            ]
        self.query_one("#tabs", Tabs).show(names, PANES.index(self.pane))

    def on_resize(self) -> None:
        """Put the brief beside the rest where there is room."""
        is_wide = self.size.width >= WIDE
        self.set_class(is_wide, "-both")
        if is_wide and self.pane == "brief":
            self.query_one(ContentSwitcher).current = "code"

    def _show_pane(self, pane: str) -> None:
        self.pane = pane
        self.set_class(pane == "brief", "-brief")
        if pane != "brief":
            self.query_one(ContentSwitcher).current = pane
        self._name_tabs()
        if pane == "code":
            self.query_one(CodePane).take_focus()
        else:
            self.query_one(f"#{pane}").focus()

    def action_show(self, pane: str) -> None:
        """Show a pane."""
        self._show_pane(pane)

    def action_pane(self, by: int) -> None:
        """Go to the next pane."""
        self._show_pane(PANES[(PANES.index(self.pane) + by) % len(PANES)])

    def action_mode(self) -> None:
        """Show the differences in another way."""
        if self.pane == "code" or self.has_class("-both"):
            self.query_one(CodePane).next_mode()
        else:
            self._show_pane("code")

    def action_file(self, by: int) -> None:
        """Go to another file."""
        self.query_one(CodePane).next_file(by)
        if self.pane != "code":
            self._show_pane("code")

    @on(Paper.Place)
    def _to_place(self, message: Paper.Place) -> None:
        if self.query_one(CodePane).open(message.path, message.line):
            self._show_pane("code")
        else:
            self.banner.say(f"There is no file {message.path} in this bundle.", tone="unsure")

    @on(CodeView.LineChosen)
    def _about_line(self) -> None:
        self.action_comment()

    # --- going --------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Go back to the queue."""
        self.dismiss(Left(self.proposal, self._said))

    def action_go(self, by: int) -> None:
        """Go to the next or previous proposal of the queue."""
        found = self.seat.after(self.proposal, by)
        if found and found != self.proposal:
            self._turn_to(found)
        else:
            self.banner.say("That was the last one." if by > 0 else "That was the first one.")

    def _turn_to(self, proposal: str, *, said: str = "") -> None:
        self.proposal = proposal
        self.review = None
        self._drafts.clear()
        self._next_case = 0
        self.bar.say(left=proposal)
        self._show_pane("brief")
        self.banner.say(said or "Fetching it, and checking every byte …", tone="good")
        self.load(said=said)

    # --- what others do -----------------------------------------------------------------------

    def action_reload(self) -> None:
        """Fetch it anew."""
        self.load()

    def connected(self, message: Connected) -> None:
        """See what was missed."""
        if self.banner.text.startswith("No connection"):
            self.banner.say("")
        self._look()

    def log_grew(self, message: LogGrew) -> None:
        """See whether it concerns this proposal."""
        self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        with telling(lambda _: None):  # the next event, or the link, will tell
            now = await in_thread(partial(self.desk.look, self.proposal))
            shown = self.review
            if shown is None or shown.view.id != now.id:
                return
            if matter(now) != matter(shown.view):
                self._close_question()
                said = f"It changed while you looked: it is {STATES[now.state]} now."
                if now.revision != shown.view.revision:
                    said = f"Revision {now.revision} came while you looked: look again."
                self.load(said=said, tone="unsure")
            elif (
                now.updated_at != shown.view.updated_at
                or talk(now) != talk(shown.view)
                or (now.state == "verifying" and known(now) != known(shown.view))
            ):
                self.load(said=self.banner.text, tone="plain")

    def _follow_checks(self) -> None:
        if self.review is not None and self.review.view.state == "verifying":
            self._look()

    def _close_question(self) -> None:
        question, self._question = self._question, None
        if question is not None and question is self.host.screen:
            question.dismiss(None)  # under another one it stays, and is answered in vain

    # --- deciding -----------------------------------------------------------------------------

    @work
    async def action_approve(self) -> None:
        """Approve exactly what is shown."""
        with self.one_at_a_time() as free, telling(self._refused):
            review = self.review
            if not free or review is None:
                return
            if review.shown is None or review.why_not:
                self.banner.say(f"It cannot be approved now: {review.why_not}", tone="bad")
                return
            owner = await in_thread(self.desk.owner)
            title = f"Approve {review.view.id}?"
            blocks = what_is_signed(review.shown, owner)
            words = await self._ask(ApproveDialog(title, blocks))
            if words is None or not await self.is_unlocked():
                self._nothing_done(review)
            elif self._is_still(review):
                await self._carry_out(lambda: self.desk.approve(review, words))

    @work
    async def action_request_changes(self) -> None:
        """Give it back to its author, with words."""
        await self._with_words(
            "What would have to change?", "request changes", self.desk.request_changes
        )

    @work
    async def action_reject(self) -> None:
        """Close it, with words."""
        await self._with_words("Why is it rejected?", "reject", self.desk.reject)

    @work
    async def action_comment(self) -> None:
        """Say something about it, or about the line the cursor is on."""
        path, line = self.query_one(CodePane).place if self.pane == "code" else ("", 0)
        where = f" about {path}:{line}" if path and line else ""
        with self.one_at_a_time() as free, telling(self.banner.tell):
            if not free or self.review is None:
                return
            dialog = WordsDialog(f"Say something{where}", "send", self._drafts.get("comment", ""))
            words = await self._ask(dialog, "comment")
            if words is None or not await self.is_unlocked():
                return
            proposal = self.proposal
            await in_thread(lambda: self.desk.comment(proposal, words, path, line))
            self._drafts.pop("comment", None)
            self.load(said="Said.")

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
            words = await self._ask(WordsDialog(title, "send", cases[place].words))
            if words is not None and await self.is_unlocked():
                await in_thread(lambda: self.desk.comment(proposal, words, "", 0))
                self.load(said="Said.")

    async def _with_words(
        self, question: str, act: str, carry_out: Callable[[ProposalView, str], ProposalView]
    ) -> None:
        with self.one_at_a_time() as free, telling(self._refused):
            review = self.review
            if not free or review is None:
                return
            asked = f"{question}  {review.view.id} goes back"
            if act == "reject":
                asked = f"{question}  {review.view.id} is closed for good"
            dialog = WordsDialog(asked, act, self._drafts.get(act, ""))
            words = await self._ask(dialog, act)
            if words is None or not await self.is_unlocked():
                self._nothing_done(review)
            elif self._is_still(review):
                await self._carry_out(lambda: carry_out(review.view, words))

    async def _ask(self, dialog: ModalScreen[str | None], draft: str = "") -> str | None:
        self._question = dialog
        try:
            return await self.host.push_screen_wait(dialog)
        finally:
            self._question = None
            if draft and isinstance(dialog, WordsDialog):
                self._drafts[draft] = dialog.draft

    def _nothing_done(self, review: Review) -> None:
        if self._is_still(review):
            self.banner.say("Nothing was done.")

    def _is_still(self, review: Review) -> bool:
        """Tell whether what was asked about is what is on the screen."""
        return self.review is not None and matter(self.review.view) == matter(review.view)

    async def _carry_out(self, act: Callable[[], ProposalView]) -> None:
        self.banner.say("Waiting for the service …")
        said = done(await in_thread(act))
        self._said = said
        following = self.seat.next_to_decide(self.proposal)
        if following:
            self._turn_to(following, said=f"{said} Here is {following}.")
        else:
            self.action_back()

    def _refused(self, trouble: Trouble) -> None:
        """Say why, and show how it is now."""
        self.load(said=str(trouble), tone="bad")
