"""Sending what was held long enough: at the app, so that no screen that closes takes it along.

One decision after the other, in the order they were made. Before each the proposal is looked at
once more; done is only what the service answered.
"""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual.app import App
from textual.timer import Timer

from toolvet.errors import ToolvetError, UnreachableError
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import STATES
from toolvet_tui.errands import Trouble, in_thread, telling
from toolvet_tui.held import Decision
from toolvet_tui.outcome import matter
from toolvet_tui.seat import Seat

TICK_S = 0.25
"""How often the countdown is drawn."""


class ChangedError(ToolvetError):
    """What was decided on is not what was shown any more; nothing was signed."""

    code: ClassVar[str] = "tui.changed"
    hint = "Look at it again, then decide."


class Sender:
    """Counts down, looks once more, sends.

    Args:
        app: Whose loop it runs in.
        seat: Whose decisions.
        became: Is called when something became of a decision.
        changed: Is called whenever the strip may say something else.
    """

    def __init__(
        self,
        app: App[None],
        seat: Seat,
        became: Callable[[Decision], None],
        changed: Callable[[], None],
    ) -> None:
        self._app = app
        self._seat = seat
        self._became = became
        self._changed = changed
        self._timer: Timer | None = None
        self._in_turn = asyncio.Lock()

    def wake(self) -> None:
        """Start to count: something is held."""
        if self._timer is None:
            self._timer = self._app.set_interval(TICK_S, self.tick)
        self._timer.resume()
        self.tick()

    def tick(self) -> None:
        """Send what is due, and draw."""
        held = self._seat.held
        for decision in held.due():
            self._app.run_worker(self._send(decision), group="sending")
        if held.is_still and self._timer is not None:
            self._timer.pause()
        self._changed()

    async def check(self) -> None:
        """Let go of held decisions whose proposal is not what was shown any more."""
        for decision in self._seat.held.waiting:
            with telling(lambda _: None):  # it is looked at again before it is sent
                why = await self._is_other(decision)
                if why and self._seat.held.drop(decision, why):
                    self._became(decision)
        self._changed()

    async def _send(self, decision: Decision) -> None:
        async with self._in_turn:
            with telling(lambda trouble: self._failed(decision, trouble)):
                said = await self._carry_out(decision)
                self._seat.held.answered(decision, said)
                self._seat.settled.update(decision.proposals)
                for one in decision.proposals:
                    self._seat.forget_words(one)
        self._became(decision)
        self.wake()

    def _failed(self, decision: Decision, trouble: Trouble) -> None:
        why = str(trouble)
        if trouble.code == UnreachableError.code:
            why = f"no answer: it may be done or not, its page will tell. {why}"
        self._seat.held.failed(decision, why)

    async def _carry_out(self, decision: Decision) -> str:
        if why := await self._is_other(decision):
            raise ChangedError(why)
        return await in_thread(decision.carry_out)

    async def _is_other(self, decision: Decision) -> str:
        """Say how it changed since it was shown; empty when it did not."""
        for proposal, about in decision.about.items():
            now = await in_thread(lambda one=proposal: self._seat.desk.look(one))
            if matter(now) != about:
                return _how(now)
        return ""


def _how(now: ProposalView) -> str:
    if now.state != "reviewing":
        return f"{now.id} changed while it was held: it is {STATES[now.state]} now"
    return f"{now.id} changed while it was held: it is at revision {now.revision} now"
