"""How many verdicts with remarks of the organisation's own an author has explained to it in an hour.

Whoever may ask without end finds out a hidden rule by trying. Kept in memory: who can restart the
service can read its rules, too.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

MOST_AN_HOUR = 20
"""Revisions with such remarks that one author may have explained; the same one again is free."""
_HOUR = timedelta(hours=1)
_MOST_AUTHORS = 4096


class VerdictRate:
    """Counts, for each author, the revisions whose hidden remarks were explained.

    Args:
        most: In an hour.
    """

    def __init__(self, most: int = MOST_AN_HOUR) -> None:
        self._most = most
        self._seen: OrderedDict[str, dict[str, datetime]] = OrderedDict()

    def wait_s(self, author: str, revision: str, clock: Callable[[], datetime]) -> float | None:
        """Count one look; answer how long it has to wait, or None when it may be had now.

        Args:
            author: Principal id of whose work it is.
            revision: Digest of what is looked at.
            clock: Of the service.
        """
        moment = clock()
        seen = self._of(author)
        for old in [name for name, at in seen.items() if moment - at >= _HOUR]:
            del seen[old]
        if revision in seen:
            return None
        if len(seen) < self._most:
            seen[revision] = moment
            return None
        first = min(seen.values())
        return max(1.0, (first + _HOUR - moment).total_seconds())

    def _of(self, author: str) -> dict[str, datetime]:
        seen = self._seen.setdefault(author, {})
        self._seen.move_to_end(author)
        while len(self._seen) > _MOST_AUTHORS:
            self._seen.popitem(last=False)
        return seen
