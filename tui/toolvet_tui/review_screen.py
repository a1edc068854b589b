"""One proposal on one page: a summary, its differences, what was found and tried, what was said.

Each pane answers one question; `n` goes through what needs attention over all of them.
"""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import ContentSwitcher

from toolvet_reviews.words import STATES
from toolvet_tui import pages, threads_pane
from toolvet_tui.bars import Banner, Bar, KeyLine, Tabs
from toolvet_tui.code_notes import beside
from toolvet_tui.code_pane import CodePane
from toolvet_tui.paper import Block, Paper, blocks_of
from toolvet_tui.plain import qualified
from toolvet_tui.review_against import PUBLISHED
from toolvet_tui.review_glance import glance
from toolvet_tui.review_loading import LOOK_AGAIN_S
from toolvet_tui.review_looking import PANES
from toolvet_tui.review_past import past
from toolvet_tui.review_reading import Reading
from toolvet_tui.review_talking import Talking
from toolvet_tui.review_terms import against_words, terms
from toolvet_tui.review_tried import effects, tests
from toolvet_tui.screens import Left
from toolvet_tui.viewed import progress

__all__ = ["PANES", "ReviewScreen"]

WIDE = 130
"""Cells from which the summary stays beside the other panes."""
FETCHING = "Fetching it, and checking every byte …"

_PAGES: dict[str, Callable[[Reading], list[Block]]] = {
    "brief": lambda reading: [*glance(reading), *blocks_of(reading.review.sections)],
    "findings": lambda reading: pages.findings(reading.view),
    "spec": terms,
    "tests": tests,
    "effects": effects,
    "rubric": lambda reading: pages.rubric(reading.view),
    "talk": threads_pane.talk,
    "history": past,
}


class ReviewScreen(Talking):
    """The screen decisions are made on.

    Args:
        proposal: `P-<n>`.
        act: What to ask as soon as everything is shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "mode", "Diff", id="review.mode"),
        Binding("tab", "pane(1)", "Pane", id="review.pane"),
        Binding("shift+tab", "pane(-1)", "Previous pane", show=False, id="review.pane_back"),
        Binding("1", "show('brief')", "Summary", show=False, id="review.pane1"),
        Binding("2", "show('code')", "Diff", show=False, id="review.pane2"),
        Binding("3", "show('findings')", "Findings", show=False, id="review.pane3"),
        Binding("4", "show('spec')", "Specification", show=False, id="review.pane4"),
        Binding("5", "show('tests')", "Tests", show=False, id="review.pane5"),
        Binding("6", "show('effects')", "Effects", show=False, id="review.pane6"),
        Binding("7", "show('rubric')", "Rubric", show=False, id="review.pane7"),
        Binding("8", "show('talk')", "Threads", show=False, id="review.pane8"),
        Binding("9", "show('history')", "History of it", show=False, id="review.pane9"),
        Binding("greater_than_sign", "file(1)", "Next file", show=False, id="review.file"),
        Binding("less_than_sign", "file(-1)", "Previous file", show=False, id="review.file_back"),
        Binding("N", "go(1)", "Next proposal", show=False, id="review.next"),
        Binding("P", "go(-1)", "Previous proposal", show=False, id="review.previous"),
        Binding("q,escape", "back", "Back", id="review.back"),
    ]

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Bar(id="bar")
        yield Tabs(id="tabs")
        with Horizontal(id="body"):
            yield Paper(id="brief")
            with ContentSwitcher(id="side", initial="code"):
                yield CodePane(id="code")
                for pane in PANES[2:]:
                    yield Paper(id=pane)
        yield Banner(id="banner")
        yield KeyLine(id="keyline")

    def on_mount(self) -> None:
        """Fetch it."""
        self.show_pane("brief")
        self.bar.say(left=self.proposal)
        self.banner.say(FETCHING)
        self.load()
        self.set_interval(LOOK_AGAIN_S, self.follow_checks)

    # --- showing ------------------------------------------------------------------------------

    def show(self, reading: Reading, *, anew: bool) -> None:
        """Show a reading; what is read stays where it was unless it is another proposal."""
        view = reading.view
        name = qualified(view.toolset, view.tool)
        against = (
            "" if reading.against == PUBLISHED else f" · against {against_words(reading.against)}"
        )
        self.bar.say(
            left=f"{view.id} {name} · {view.kind or 'kind unknown'} · {STATES[view.state]}{against}"
        )
        self.pages = {pane: write(reading) for pane, write in _PAGES.items()}
        for pane, blocks in self.pages.items():
            self.paper(pane).show(blocks, anew=anew)
        self.beside = beside(view.evidence, reading.state, reading.drafts)
        self.code.show(
            reading.files,
            self.beside,
            viewed=self.viewed.files(reading),
            progress=progress(reading, self.viewed),
            moved=reading.moved,
        )
        self._name_tabs(reading)
        if anew:
            self.begin_sitting()
            self.resume()

    def _name_tabs(self, reading: Reading | None = None) -> None:
        names = ["Summary", "Diff", "Findings", "Spec", "Tests", "Effects", "Rubric", "Threads",
                 "History"]  # fmt: skip
        reading = reading or self.reading
        if reading is not None:
            view, state = reading.view, reading.state
            touched = sum(change.status != "same" for change in reading.files)
            found = sum(len(check.findings) for check in view.evidence)
            said = len(view.comments) if state is None or not state.threads else state.open_threads
            counts = {1: touched, 2: found, 7: said + len(reading.drafts)}
            names = [f"{name} {counts[at]}" if counts.get(at) else name
                     for at, name in enumerate(names)]  # fmt: skip
        self.query_one("#tabs", Tabs).show(names, PANES.index(self.pane))

    def on_resize(self) -> None:
        """Put the summary beside the rest where there is room."""
        is_wide = self.size.width >= WIDE
        self.set_class(is_wide, "-both")
        if is_wide and self.pane == "brief":
            self.query_one(ContentSwitcher).current = "code"

    def show_pane(self, pane: str) -> None:
        """Show a pane, and read on in it."""
        self.pane = pane
        self.set_class(pane == "brief", "-brief")
        if pane != "brief":
            self.query_one(ContentSwitcher).current = pane
        self._name_tabs()
        if pane == "code":
            self.code.take_focus()
        else:
            self.paper(pane).focus()
        if self.reading is not None:
            self.call_after_refresh(self.reads_on)

    def action_show(self, pane: str) -> None:
        """Show a pane."""
        self.show_pane(pane)

    def action_pane(self, by: int) -> None:
        """Go to the next pane."""
        self.show_pane(PANES[(PANES.index(self.pane) + by) % len(PANES)])

    def action_mode(self) -> None:
        """Show the differences in another way."""
        if self.pane == "code" or self.has_class("-both"):
            self.code.next_mode()
        else:
            self.show_pane("code")

    def action_file(self, by: int) -> None:
        """Go to another file."""
        self.code.next_file(by)
        if self.pane != "code":
            self.show_pane("code")

    # --- going --------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Go back to the queue."""
        self._leave()
        self.dismiss(Left(self.proposal, self.said))

    def action_go(self, by: int) -> None:
        """Go to the next or previous proposal of the queue."""
        found = self.seat.after(self.proposal, by)
        if found and found != self.proposal:
            self.turn_to(found)
        else:
            self.banner.say("That was the last one." if by > 0 else "That was the first one.")

    def turn_to(self, proposal: str, *, said: str = "") -> None:
        """Show another proposal."""
        self._leave()
        self.proposal = proposal
        self.forget()
        self.bar.say(left=proposal)
        self.show_pane("brief")
        self.banner.say(said or FETCHING, tone="good")
        self.load(said=said)

    def _leave(self) -> None:
        self.keep_place()
        self.tell_sitting()
