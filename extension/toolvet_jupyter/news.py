"""News of the service on Jupyter's own event stream: that the log grew, never what is in it.

Every subscriber of that stream sees every event, kernels too. Pages read again what they show.
"""

import dataclasses
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from toolvet.config import Settings
from toolvet_jupyter.following import Follower
from toolvet_jupyter.names import EVENTS

if TYPE_CHECKING:
    from toolvet_jupyter.wire import LogGrew

TOGETHER_S = 0.05
"""News that come this close to each other are told as one."""

_QUIET = frozenset({"call:run", "refusals:aggregate"})
"""Entries that change nothing a page shows; of calls there may be thousands a second."""

SCHEMA: dict[str, Any] = {
    "$id": EVENTS,
    "version": "1",
    "title": "The log of a Toolvet service grew",
    "type": "object",
    "required": ["index", "connected", "kinds", "catalogue"],
    "additionalProperties": False,
    "properties": {
        "index": {"type": "integer"},
        "connected": {"type": "boolean"},
        "kinds": {"type": "array", "items": {"type": "string"}},
        "catalogue": {"type": "boolean"},
    },
}

Later = Callable[[float, Callable[[], None]], None]
"""Calls something on the event loop after some seconds; may be called in any thread."""


class News:
    """Tells what a follower hears, on the event loop and not too often.

    Args:
        settings: Which service.
        emit: Jupyter's event logger; takes `schema_id` and `data`.
        later: Into the server's event loop.
    """

    def __init__(self, settings: Settings, emit: Callable[..., object], later: Later) -> None:
        self._emit = emit
        self._later = later
        self._turn = threading.Lock()
        self._pending: LogGrew | None = None
        self._follower = Follower(settings, self.hear)

    def wake(self) -> None:
        """Follow the service from now on; a server that no page uses follows nothing."""
        self._follower.start()

    def stop(self) -> None:
        """Follow it no more."""
        self._follower.stop()

    def hear(self, news: "LogGrew") -> None:
        """Take news from the follower's thread."""
        if news.kinds and not news.catalogue and _QUIET.issuperset(news.kinds):
            return
        with self._turn:
            before = self._pending
            self._pending = news if before is None else _together(before, news)
        if before is None:
            self._later(TOGETHER_S, self._tell)

    def _tell(self) -> None:
        with self._turn:
            news, self._pending = self._pending, None
        if news is not None:
            data = {**dataclasses.asdict(news), "kinds": list(news.kinds)}
            self._emit(schema_id=EVENTS, data=data)


def _together(first: "LogGrew", second: "LogGrew") -> "LogGrew":
    # No kinds means that anything may have happened: that stays true.
    every = bool(first.kinds and second.kinds)
    return dataclasses.replace(
        second,
        kinds=tuple(sorted({*first.kinds, *second.kinds})) if every else (),
        catalogue=first.catalogue or second.catalogue,
    )
