"""Reading a proposal: what needs attention next, what was viewed, what it is compared with, for how long.

Marks are a person's own word, so the service takes them from their open key only; until then they
last as long as the screen.
"""

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from toolvet_reviews.review_views import SeenMark
from toolvet_tui.code_canvas import CodeCanvas
from toolvet_tui.code_notes import Beside
from toolvet_tui.code_pane import CodePane
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.paper import Block, Paper
from toolvet_tui.review_against import choices
from toolvet_tui.review_loading import Loading
from toolvet_tui.review_places import LastPlace, Places
from toolvet_tui.review_sitting import TELL_S, Sitting
from toolvet_tui.review_stops import Spot, following, stops
from toolvet_tui.review_terms import against_words
from toolvet_tui.rows import Rows
from toolvet_tui.screens import Act
from toolvet_tui.seat import Seat
from toolvet_tui.viewed import file_marks, page_marks, progress

PANES = (
    "brief", "code", "findings", "spec", "tests", "effects", "rubric", "talk", "history",
)  # fmt: skip
"""In the order of their keys; the one of the files is `code`."""
_PARTS = {"brief": "brief", "talk": "threads"}
"""What the service calls a pane, where it has another name."""


class Looking(Loading):
    """A screen that is read, pane by pane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "attend(1)", "Next", id="review.attend"),
        Binding("p", "attend(-1)", "Previous", show=False, id="review.attend_back"),
        Binding("v", "viewed", "Viewed", id="review.viewed"),
        Binding("b", "against", "Compare with", show=False, id="review.against"),
    ]

    def __init__(self, seat: Seat, proposal: str, act: Act = "") -> None:
        super().__init__(seat, proposal, act)
        self.pane = "brief"
        self.beside = Beside()
        self.pages: Mapping[str, Sequence[Block]] = {}
        self._places = Places(seat.options.config_dir, seat.desk.where)
        self._sitting = Sitting(time.monotonic)
        self._asked_for_key = False

    def show_pane(self, pane: str) -> None:
        """Show a pane."""
        raise NotImplementedError

    @property
    def code(self) -> CodePane:
        """The pane of the files."""
        return self.query_one(CodePane)

    def paper(self, pane: str) -> Paper:
        """A pane of text."""
        return self.query_one(f"#{pane}", Paper)

    def on_mount(self) -> None:
        """Tell now and then what is on the screen."""
        self.set_interval(TELL_S, self.tell_sitting)

    # --- what needs attention -----------------------------------------------------------------

    def action_attend(self, by: int) -> None:
        """Go to the next or previous thing that needs attention, over all panes and files."""
        if self.reading is None:
            return
        viewed = self.viewed.files(self.reading)
        done = [pane for pane in PANES if self._is_viewed(page_marks(self.reading, pane))]
        found = stops(PANES, self.pages, self.reading.files, self.beside, viewed=viewed, done=done)
        stop = following(found, self._here(), by)
        if stop is None:
            self._say_no_more(len(found), by)
            return
        self.show_pane(stop.pane)
        if stop.pane == "code":
            self.code.open(stop.path, stop.line, stop.side)
        else:
            self.paper(stop.pane).go_to(stop.spot.at)
        number = found.index(stop) + 1
        self.banner.say(f"{number} of {len(found)} things to look at.")

    def _say_no_more(self, count: int, by: int) -> None:
        if not count:
            self.banner.say("Nothing needs attention any more.", tone="good")
        elif by > 0:
            self.banner.say(f"Nothing further down; {count} before it.", tone="unsure")
        else:
            self.banner.say(f"Nothing further up; {count} after it.", tone="unsure")

    def _here(self) -> Spot:
        number = PANES.index(self.pane)
        if self.pane == "code":
            return Spot(number, *self.code.at)
        return Spot(number, 0, self.paper(self.pane).at)

    def _is_viewed(self, marks: Sequence[SeenMark]) -> bool:
        return bool(marks) and all(map(self.viewed.holds, marks))

    # --- what was viewed ----------------------------------------------------------------------

    @work
    async def action_viewed(self) -> None:
        """Mark what is shown as viewed, or take the mark back; then go on to the next file."""
        reading = self.reading
        if reading is None:
            return
        marks = self._marks_here()
        if not marks:
            self.banner.say("There is nothing to mark on this page.", tone="unsure")
            return
        off = self._is_viewed(marks)
        self.viewed.note(marks, off=off)
        if self.pane == "code" and not off:
            self.show(reading, anew=False)
            self.code.next_unviewed()
        self.show(reading, anew=False)
        done = progress(reading, self.viewed)
        self.banner.say(f"{'No longer marked' if off else 'Viewed'}. {done}".rstrip(), tone="good")
        await self._send_marks(marks, off=off)

    def _marks_here(self) -> list[SeenMark]:
        if self.reading is None:
            return []
        if self.pane != "code":
            return page_marks(self.reading, self.pane)
        mark = file_marks(self.reading).get(self.code.path)
        return [mark] if mark is not None else []

    async def _send_marks(self, marks: Sequence[SeenMark], *, off: bool) -> None:
        with telling(self._only_here):
            if self.desk.seconds_left <= 0:
                if self._asked_for_key:
                    return
                self._asked_for_key = True
                if not await self.is_unlocked():
                    self.banner.say("Marked on this screen only: your key is locked.")
                    return
            proposal = self.proposal
            known = list(marks) if off else [*self.viewed.unsent(self._every_mark())] or [*marks]
            sent = await in_thread(lambda: self.desk.person.mark_seen(proposal, known, off=off))
            self.viewed.sent = tuple(sent)

    def _every_mark(self) -> list[SeenMark]:
        """Give the marks of everything there is: those made before the key was open go along."""
        if self.reading is None:
            return []
        pages = [mark for pane in PANES for mark in page_marks(self.reading, pane)]
        return [*file_marks(self.reading).values(), *pages]

    def _only_here(self, trouble: Trouble) -> None:
        self.banner.say(f"Marked on this screen only. {trouble}", tone="unsure")

    # --- what it is compared with -------------------------------------------------------------

    def action_against(self) -> None:
        """Compare with something else: what is published, my last look, an earlier revision."""
        if self.reading is None:
            return
        found = choices(self.reading.view, self.viewed.sent)
        if len(found) == 1:
            self.banner.say("There is only the published release to compare with.", tone="unsure")
            return
        at = found.index(self.against) if self.against in found else -1
        self.against = found[(at + 1) % len(found)]
        self.banner.say(f"Comparing with {against_words(self.against)} …")
        self.load_around()

    # --- where one was, and for how long ------------------------------------------------------

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """Note that somebody reads."""
        self.reads_on()

    def on_code_canvas_moved(self, message: CodeCanvas.Moved) -> None:
        """Note that somebody reads."""
        self.reads_on()

    def reads_on(self) -> None:
        """Note what is on the screen now, and that somebody reads it."""
        part = f"diff:{self.code.path}" if self.pane == "code" else _PARTS.get(self.pane, self.pane)
        self._sitting.shows(part)

    def keep_place(self) -> None:
        """Remember where one stopped."""
        if self.reading is None:
            return
        path, line = self.code.place
        place = LastPlace(self.reading.view.revision_digest, self.pane, path, line)
        self._places.keep(self.reading.view.id, place)

    def resume(self) -> None:
        """Go to where one stopped the last time, in the same revision."""
        if self.reading is None:
            return
        view = self.reading.view
        place = self._places.of(view.id, view.revision_digest)
        if place is None or place.pane not in PANES:
            return
        if place.path:
            self.code.open(place.path, place.line)
        if place.pane != self.pane:
            self.show_pane(place.pane)
            self.hint = "Here is where you stopped; `1` is the summary."

    @work(group="sitting")
    async def tell_sitting(self) -> None:
        """Tell the service what was on the screen; while the key is locked nothing is told."""
        review, sitting = self.review, self._sitting
        if review is None or self.desk.seconds_left <= 0:
            return
        told = sitting.take()
        if not told.parts or (told.looked_s <= 0 and sitting.id is not None):
            sitting.give_back(told)
            return
        proposal, revision = review.view.id, review.view.revision
        with telling(lambda _: sitting.give_back(told)):
            answered = await in_thread(
                lambda: self.desk.person.sit(
                    proposal, revision, sitting=sitting.id, looked_s=told.looked_s,
                    parts=told.parts,
                )
            )  # fmt: skip
            sitting.id = answered.id

    def begin_sitting(self) -> None:
        """Begin to count anew: another proposal, or another revision."""
        self.tell_sitting()
        self._sitting = Sitting(time.monotonic)
        self.call_after_refresh(self.reads_on)
