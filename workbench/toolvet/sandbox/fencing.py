"""Tool versions that crash again and again are left alone, ever longer, and tried again singly.

A crash is a process that ended without an answer, or a zygote that died or would not start. What
the tool says itself, an exception or a result nobody can read, is no crash, and neither is running
out of time.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from toolvet.sandbox.errors import ToolFencedError

_log = logging.getLogger(__name__)

CRASHES = 5
"""In a row, each within `WINDOW_S` of the one before, until a version is fenced off."""
WINDOW_S = 300.0
FIRST_S, LAST_S = 15.0, 900.0
"""How long a version is left alone the first time, and at most; it doubles each time."""
_KEPT = 4096
"""Versions remembered; the one that crashed longest ago is forgotten first."""


@dataclass
class _Record:
    label: str
    crashes: int = 0
    fences: int = 0
    last: float = 0.0
    until: float = 0.0
    """End of the fence; 0 when there is none."""
    reason: str = ""
    is_tried: bool = False
    """One call is let through after the fence; the others wait for what becomes of it."""


@dataclass(frozen=True)
class Fenced:
    """A version that is left alone, as an operator reads it."""

    label: str
    crashes: int
    """In a row."""
    reason: str
    left_s: float
    """Until it is tried again; 0 while it is."""


class Fences:
    """Counts the crashes of tool versions. Belongs to one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing fenced off.

        Args:
            clock: Seconds, rising.
        """
        self._clock = clock
        self._records: OrderedDict[Hashable, _Record] = OrderedDict()

    def check(self, key: Hashable) -> None:
        """Refuse a call of a version that is left alone; let one through when its time is over.

        Raises:
            ToolFencedError: It crashed too often.
        """
        record = self._records.get(key)
        if record is None or not record.until:
            return
        left = record.until - self._clock()
        if left > 0 or record.is_tried:
            message = f"it crashed {record.crashes} times in a row and is left alone"
            raise ToolFencedError(message, retry_after_s=round(max(left, 1.0), 1))
        record.is_tried = True

    def undecided(self, key: Hashable) -> None:
        """Note that a call ended without telling anything, such as one that was cancelled."""
        record = self._records.get(key)
        if record is not None:
            record.is_tried = False

    def answered(self, key: Hashable) -> None:
        """Note that a version answered: whatever was before is over."""
        if self._records and (record := self._records.pop(key, None)) and record.until:
            _log.warning("%s answers again", record.label)

    def crashed(self, key: Hashable, label: str, reason: str) -> None:
        """Note a crash.

        Args:
            label: What operators know the version by.
            reason: What was seen of it.
        """
        now = self._clock()
        record = self._records.setdefault(key, _Record(label))
        self._records.move_to_end(key)
        while len(self._records) > _KEPT:
            self._records.popitem(last=False)
        if not record.until and now - record.last > WINDOW_S:
            record.crashes = 0
        record.crashes += 1
        record.last, record.reason = now, reason[:200]
        if record.is_tried or (record.crashes >= CRASHES and record.until <= now):
            self._fence(record, now)

    def fenced(self) -> list[Fenced]:
        """List what is left alone now."""
        now = self._clock()
        return [
            Fenced(one.label, one.crashes, one.reason, round(max(one.until - now, 0.0), 1))
            for one in self._records.values()
            if one.until
        ]

    def _fence(self, record: _Record, now: float) -> None:
        pause = min(FIRST_S * 2**record.fences, LAST_S)
        record.fences += 1
        record.until, record.is_tried = now + pause, False
        _log.error(
            "%s is fenced off for %d s after %d crashes: %s",
            record.label,
            pause,
            record.crashes,
            record.reason,
        )
