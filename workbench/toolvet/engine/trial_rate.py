"""How many trials a reviewer makes in a day, and at once. Kept in memory: it keeps a slip from costing.

A trial runs the candidate on this host. A service that was started again counts anew.
"""

from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta

from toolvet.errors import BusyError

MOST_A_DAY = 200
AT_ONCE = 2
_DAY = timedelta(hours=24)
_MOST_PEOPLE = 4096


class TrialQuotaError(BusyError):
    """The reviewer has made as many trials as a day has."""

    code = "trial.quota"


class TrialBusyError(BusyError):
    """Too many trials of the reviewer run at once."""

    code = "trial.busy"
    hint = "Wait until one of them is done."


class TrialRate:
    """Counts the trials of each person.

    Args:
        most: In a day.
        at_once: That run at the same time.
    """

    def __init__(self, most: int = MOST_A_DAY, at_once: int = AT_ONCE) -> None:
        self._most = most
        self._at_once = at_once
        self._made: OrderedDict[str, list[datetime]] = OrderedDict()
        self._running: dict[str, int] = {}

    @contextmanager
    def counted(self, person: str, now: datetime) -> Generator[None]:
        """Count a trial for as long as it runs.

        Args:
            person: Principal id.
            now: The moment.

        Raises:
            TrialQuotaError: There were too many within a day.
            TrialBusyError: Too many run.
        """
        made = self._recent(person, now)
        if len(made) >= self._most:
            wait_s = (made[-self._most] + _DAY - now).total_seconds()
            raise TrialQuotaError(
                f"{self._most} trials within a day",
                hint="Keep the ones that matter as cases: they run by themselves.",
                retry_after_s=max(1.0, round(wait_s, 1)),
            )
        if self._running.get(person, 0) >= self._at_once:
            raise TrialBusyError(f"{self._at_once} trials of yours run", retry_after_s=1.0)
        made.append(now)
        self._running[person] = self._running.get(person, 0) + 1
        try:
            yield
        finally:
            self._running[person] -= 1
            if not self._running[person]:
                del self._running[person]

    def _recent(self, person: str, now: datetime) -> list[datetime]:
        made = self._made.setdefault(person, [])
        made[:] = [one for one in made if now - one < _DAY]
        self._made.move_to_end(person)
        while len(self._made) > _MOST_PEOPLE:
            self._made.popitem(last=False)
        return made
