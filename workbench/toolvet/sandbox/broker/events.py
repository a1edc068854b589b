"""What happened on the network of one run, as far as the trusted side saw it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from toolvet_reviews.values import JsonObject
from toolvet_reviews.words import one_line

Verdict = Literal["forwarded", "refused", "failed"]

EVENTS_MAX = 200
"""Forwarded ones that are kept of one run; the rest is counted."""
REFUSED_MAX = 100
"""Refused and failed ones, kept apart: no number of harmless requests crowds them out."""
_TEXT_MAX = 200


@dataclass(frozen=True)
class NetworkEvent:
    """One connection, or one HTTP request, and what became of it."""

    host: str
    port: int
    protocol: str
    method: str
    """Of an HTTP request, or the SMTP command that was refused; else empty."""
    path: str
    """Capped and shown; a query is replaced by `?…`: it may hold what nobody should keep."""
    verdict: Verdict
    code: str = ""
    """`network.…`, empty when it was forwarded."""
    up: int = 0
    """Bytes towards the host."""
    down: int = 0
    at_ms: int = 0
    """Since the run's network was opened."""

    def to_json(self) -> JsonObject:
        """Write it as JSON; what is empty is left out."""
        said: JsonObject = {
            "host": self.host,
            "port": self.port,
            "protocol": self.protocol,
            "method": self.method,
            "path": self.path,
            "verdict": self.verdict,
            "code": self.code,
            "up": self.up,
            "down": self.down,
            "at_ms": self.at_ms,
        }
        return {name: value for name, value in said.items() if value != ""}


def shown_path(target: str) -> str:
    """Give what of a request's target is kept: the path, capped, nothing of it invisible."""
    path, query, _ = target.partition("?")
    return one_line(path[: _TEXT_MAX + 1], _TEXT_MAX) + ("?…" if query else "")


class EventLog:
    """Collects the events of one run, in order, and tells a listener of each."""

    def __init__(self, listener: Callable[[NetworkEvent], None] | None = None) -> None:
        self._listener = listener
        self._events: list[NetworkEvent] = []
        self._room = {True: EVENTS_MAX, False: REFUSED_MAX}
        self._started = time.monotonic()
        self.missed = 0
        """How many were not kept."""

    @property
    def events(self) -> tuple[NetworkEvent, ...]:
        """Those kept so far."""
        return tuple(self._events)

    def start(self) -> None:
        """Count time from now on."""
        self._started = time.monotonic()

    def now_ms(self) -> int:
        """Give the time since the run's network was opened."""
        return round((time.monotonic() - self._started) * 1000)

    def add(self, event: NetworkEvent) -> None:
        """Keep an event, or count it."""
        is_harmless = event.verdict == "forwarded"
        if not self._room[is_harmless]:
            self.missed += 1
            return
        self._room[is_harmless] -= 1
        self._events.append(event)
        if self._listener is not None:
            self._listener(event)
