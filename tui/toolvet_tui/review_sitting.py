"""What is on the screen, and for how long: told to the service so that it need not be guessed.

Only while the person's key is open, only pane names and paths, and only seconds in which the person
did something: a screen that was left alone was not read. Pure but for the clock that is given.
"""

from collections.abc import Callable
from dataclasses import dataclass

IDLE_S = 90.0
"""After so long without a key nobody reads any more."""
TELL_S = 15.0
"""How often it is told."""
MOST_PARTS = 100


@dataclass(frozen=True)
class Told:
    """What is to be told."""

    looked_s: float
    parts: tuple[str, ...]


class Sitting:
    """Counts one look at one revision.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = self._touched = clock()
        self._looked_s = 0.0
        self._parts: dict[str, None] = {}
        self.id: str | None = None
        """As the service named it; None before it was told anything."""

    def touch(self) -> None:
        """Note that the person did something."""
        self._count()
        self._touched = self._clock()

    def shows(self, part: str) -> None:
        """Note what is on the screen now."""
        self.touch()
        if len(self._parts) < MOST_PARTS:
            self._parts.setdefault(part[:300], None)

    def take(self) -> Told:
        """Give what was not told yet, and begin anew."""
        self._count()
        told = Told(round(self._looked_s, 1), tuple(self._parts))
        self._looked_s = 0.0
        return told

    def give_back(self, told: Told) -> None:
        """Count what could not be told once more."""
        self._looked_s += told.looked_s

    def _count(self) -> None:
        now = self._clock()
        until = min(now, self._touched + IDLE_S)
        self._looked_s += max(0.0, until - self._since)
        self._since = now
