"""How many children to keep forked for a tool: as many as its calls come, none for a cold one."""

import math
import time
from collections.abc import Callable

MEMORY_S = 10.0
"""How far back arrivals are felt: one this long ago weighs a third of one now."""
REFILL_S = 0.05
"""How long it takes, on a busy machine, until a spare that was used is replaced."""
MOST = 8
"""A burst longer than this waits for its forks; each holds about 3 MiB of its own."""
_LEAST_S = 0.25
"""A rate is not told from less."""
COLD_S = 45.0
"""Without a call for this long, spares are given back."""


class Arrivals:
    """Rate of the calls of one tool, as an exponentially weighted average."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without any.

        Args:
            clock: Seconds, rising.
        """
        self._clock = clock
        self._weight = 0.0
        self._first = self._last = clock()
        self._count = 0

    @property
    def last(self) -> float:
        """When the last call came, by the clock."""
        return self._last

    def note(self) -> None:
        """Count a call that came now."""
        now = self._clock()
        self._weight = self._weight * math.exp((self._last - now) / MEMORY_S) + 1.0
        self._last = now
        self._count += 1

    def rate(self) -> float:
        """Calls in a second, lately; of a tool that is new, since its first."""
        now = self._clock()
        felt = 1.0 - math.exp(-max(now - self._first, _LEAST_S) / MEMORY_S)
        return self._weight * math.exp((self._last - now) / MEMORY_S) / (MEMORY_S * felt)

    def spares(self, most: int = MOST) -> int:
        """Say how many children to keep ready.

        The first call of a tool leaves none behind: of hundreds of tools most are called once.
        """
        if self._count < 2 or self._clock() - self._last > COLD_S:
            return 0
        return min(most, max(1, math.ceil(self.rate() * REFILL_S)))
