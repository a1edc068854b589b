"""Decisions between a person's word and the signature: held a while, and then sent, or taken back.

Nothing is signed while it is held, so that what is taken back was never done, and an app that ends
has done nothing that was still held. Pure; the clock comes from outside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from toolvet_reviews.words import one_line

HOLD_S = 5.0
"""How long a decision can be taken back."""
SAID_S = 8.0
"""How long it is said that something was done."""
MOST_TROUBLES = 20

Answer = Callable[[], str]
"""Signs and sends; blocks; gives the sentence that says what the service made of it."""


@dataclass(frozen=True)
class Decision:
    """What a person decided on what was shown."""

    proposals: tuple[str, ...]
    """`P-<n>`; several for a batch that is signed with one word."""
    words: str
    """What it does, in words: `approve P-12 invoices/send_reminders`."""
    carry_out: Answer
    about: Mapping[str, tuple[object, ...]] = field(default_factory=dict[str, tuple[object, ...]])
    """What each was when it was shown (`outcome.matter`): looked at once more before it is sent.
    Empty for a batch: there the service leaves out what changed, and names it."""

    @property
    def proposal(self) -> str:
        """The one it is about, or the first of them."""
        return self.proposals[0]


@dataclass(frozen=True)
class HeldLine:
    """One line of the strip."""

    text: str
    tone: Literal["held", "sent", "good", "bad"]


@dataclass(frozen=True)
class _Waiting:
    decision: Decision
    until: float


class Held:
    """What is held, what is on its way, and what went wrong and was not looked at yet.

    Args:
        clock: Seconds that only go forward.
        hold_s: How long a decision is held.
    """

    def __init__(self, clock: Callable[[], float], hold_s: float = HOLD_S) -> None:
        self._clock = clock
        self._hold_s = hold_s
        self._waiting: list[_Waiting] = []
        self._sent: list[Decision] = []
        self._troubles: list[tuple[Decision, str]] = []
        self._said: list[tuple[str, float]] = []

    # --- a decision's way ---------------------------------------------------------------------

    def hold(self, decision: Decision) -> bool:
        """Hold a decision; False when there is one about the same proposal already."""
        if any(self.has(one) for one in decision.proposals):
            return False
        self._forget(decision)
        self._waiting.append(_Waiting(decision, self._clock() + self._hold_s))
        return True

    def take_back(self) -> Decision | None:
        """Take back the newest decision that is still held."""
        return self._waiting.pop().decision if self._waiting else None

    def drop(self, decision: Decision, why: str) -> bool:
        """Let go of a held decision, and say why; False when it is held no more."""
        left = [one for one in self._waiting if one.decision is not decision]
        if len(left) == len(self._waiting):
            return False
        self._waiting = left
        self._trouble(decision, why)
        return True

    def due(self) -> list[Decision]:
        """Give what was held long enough, the oldest first; from now on it is on its way."""
        now = self._clock()
        over = [one.decision for one in self._waiting if one.until <= now]
        self._waiting = [one for one in self._waiting if one.until > now]
        self._sent += over
        return over

    def answered(self, decision: Decision, said: str) -> None:
        """Note what the service made of it."""
        self._sent = [one for one in self._sent if one is not decision]
        self._said.append((said, self._clock() + SAID_S))

    def failed(self, decision: Decision, why: str) -> None:
        """Note that it was not done, or that nobody knows; it is shown until it is put away."""
        self._sent = [one for one in self._sent if one is not decision]
        self._trouble(decision, why)

    def put_away(self) -> bool:
        """Forget what went wrong; False when there was nothing."""
        had, self._troubles = bool(self._troubles), []
        return had

    # --- how it stands ------------------------------------------------------------------------

    @property
    def waiting(self) -> tuple[Decision, ...]:
        """What can be taken back, the oldest first."""
        return tuple(one.decision for one in self._waiting)

    @property
    def on_the_way(self) -> int:
        """How many wait for the service's answer."""
        return len(self._sent)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held and nothing on its way."""
        return not self._waiting and not self._sent

    @property
    def is_still(self) -> bool:
        """Whether the strip says the same until something happens."""
        now = self._clock()
        return self.is_idle and not any(until > now for _, until in self._said)

    @property
    def has_troubles(self) -> bool:
        """Whether something went wrong that was not put away yet."""
        return bool(self._troubles)

    def has(self, proposal: str) -> bool:
        """Tell whether a decision about a proposal is held or on its way."""
        return any(proposal in one.proposals for one in (*self.waiting, *self._sent))

    def lines(self) -> list[HeldLine]:
        """Write the strip: what went wrong, what is on its way, what can be taken back."""
        now = self._clock()
        self._said = [one for one in self._said if one[1] > now]
        lines = [
            HeldLine(f"not done: {one.words}: {why}", "bad") for one, why in self._troubles[-2:]
        ]
        lines += [HeldLine(said, "good") for said, _ in self._said[-2:]]
        lines += [HeldLine(f"waiting for the service: {one.words}", "sent") for one in self._sent]
        lines += [
            HeldLine(f"{max(1, round(one.until - now + 0.49))} s  {one.decision.words}", "held")
            for one in self._waiting
        ]
        return lines

    def _trouble(self, decision: Decision, why: str) -> None:
        self._forget(decision)
        self._troubles.append((decision, one_line(why, 400)))
        self._troubles = self._troubles[-MOST_TROUBLES:]

    def _forget(self, decision: Decision) -> None:
        self._troubles = [
            one for one in self._troubles if not set(one[0].proposals) & set(decision.proposals)
        ]
