"""Fetching a proposal and what is around it, and following what others do to it.

What is decided is decided about the revision on the screen. When another one comes, every open
question about the old one is closed. What is around it (threads, turns, marks) never holds it up.
"""

from functools import partial
from typing import TYPE_CHECKING

from textual import work

from toolvet_reviews.moved_lines import moved_lines
from toolvet_reviews.review_views import DraftRemark
from toolvet_reviews.words import STATES
from toolvet_tui.deciding import Deciding
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.messages import Connected, LogGrew
from toolvet_tui.outcome import known, matter, talk
from toolvet_tui.review_against import PUBLISHED, files_against
from toolvet_tui.review_reading import Around, Reading, fetch_around
from toolvet_tui.review_remarks import RemarksKept, merged, says_something
from toolvet_tui.screens import Act
from toolvet_tui.seat import Seat
from toolvet_tui.viewed import Viewed

if TYPE_CHECKING:
    from toolvet.client.review import Review

LOOK_AGAIN_S = 1.0
"""How often a proposal that is being verified is looked at: evidence is no entry of the log."""
SETTLE_S = 0.3
"""How long it waits for more to happen before it reads anew what is said around a proposal."""


class Loading(Deciding):
    """A screen that knows one proposal, and keeps knowing it as it changes.

    Args:
        proposal: `P-<n>`.
        act: What to ask as soon as everything is shown.
    """

    def __init__(self, seat: Seat, proposal: str, act: Act = "") -> None:
        super().__init__(seat, proposal)
        self.reading: Reading | None = None
        """What is on the screen; None until it was fetched."""
        self.viewed = Viewed()
        self.against = PUBLISHED
        self.kept = RemarksKept(seat.options.config_dir, seat.desk.where)
        self.hint = ""
        """What may be said when there is nothing else to say."""
        self._act: Act = act

    # --- what the screen gives ----------------------------------------------------------------

    def show(self, reading: Reading, *, anew: bool) -> None:
        """Show a reading; `anew` when it is another proposal than before."""
        raise NotImplementedError

    # --- fetching -----------------------------------------------------------------------------

    @work(exclusive=True, group="load")
    async def load(self, *, said: str = "", tone: str = "good") -> None:
        """Fetch everything anew and show it, with what is to be said about it."""
        with telling(self.banner.tell):
            review = await in_thread(partial(self.desk.review, self.proposal))
            self._take(review)
            hint, self.hint = self.hint, ""
            self.banner.say(said or _standing(review) or hint, tone=tone if said else "plain")
            self.load_around()
            act, self._act = self._act, ""
            if act:
                await self.run_action(act)

    def done(self, said: str) -> None:
        """Say what was done, and fetch what came of it."""
        # At once: the log tells of it too, and whoever follows that keeps what is said.
        self.banner.say(said, tone="good")
        self.load(said=said)

    def _take(self, review: "Review") -> None:
        before, self.review = self.reading, review
        is_other = before is None or before.view.id != review.view.id
        is_newer = before is not None and before.view.revision != review.view.revision
        if is_other or is_newer:
            self.against = PUBLISHED
        around = before.around if before is not None and not is_other else Around()
        drafts = before.drafts if before is not None and not is_other else ()
        self.reading = Reading(review, review.files, PUBLISHED, around, drafts)
        if self.against != PUBLISHED and before is not None:
            self.reading = self.reading.with_files(self.against, before.files, before.moved)
        self.show(self.reading, anew=is_other)

    @work(exclusive=True, group="around")
    async def load_around(self) -> None:
        """Fetch what is said and seen around what is shown."""
        with telling(self._not_around):
            review, against = self.review, self.against
            if review is None:
                return
            # What is here first: what leaves for the service meanwhile is there by then.
            local = await in_thread(partial(self.kept.all, review.view.id))
            around = await in_thread(partial(fetch_around, self.desk, review.view, against))
            files = review.files
            if against != PUBLISHED:
                seen = around.seen
                client = self.desk.reader
                files = await in_thread(lambda: files_against(client, review, against, seen))
            moved = await in_thread(partial(moved_lines, files))
            if self.review is not review or self.against != against:
                return  # another one is on the screen by now
            self.viewed.sent = around.seen
            drafts = merged(around.state.drafts if around.state else (), local)
            self.reading = Reading(review, files, against, around, drafts, moved)
            self.show(self.reading, anew=False)
            for trouble in self.kept.troubles():
                self.banner.say(trouble, tone="bad")

    def _not_around(self, trouble: Trouble) -> None:
        """Go on comparing with what is on the screen."""
        self.against = self.reading.against if self.reading is not None else PUBLISHED
        self.banner.tell(trouble)

    def unsent(self) -> tuple[DraftRemark, ...]:
        """Give the remarks that were written and go out with the decision."""
        drafts = self.reading.drafts if self.reading is not None else ()
        return tuple(one for one in drafts if says_something(one))

    def forget(self) -> None:
        """Let go of everything that is known: another proposal comes."""
        self.review = self.reading = None
        self.viewed = Viewed()
        self.against = PUBLISHED

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
                self.close_question()
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
            else:
                self.set_timer(SETTLE_S, self.load_around, name="settle")

    def follow_checks(self) -> None:
        """Look again while it is being verified."""
        if self.review is not None and self.review.view.state == "verifying":
            self._look()


def _standing(review: "Review") -> str:
    return f"It cannot be approved now: {review.why_not}" if review.why_not else ""
