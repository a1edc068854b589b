"""Following the service: server-sent events that say the log grew. They carry no content.

Source of the format: WHATWG HTML, section 9.2.6, as far as the service uses it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from toolvet.client.errors import AnswerError
from toolvet.client.exchange import Exchange
from toolvet.errors import UnreachableError

Name = Literal["hello", "log", "end"]
_NAMES: dict[str, Name] = {"hello": "hello", "log": "log", "end": "end"}


@dataclass(frozen=True)
class LogEvent:
    """One thing the service said."""

    name: Name
    """`hello` first, `log` when entries were committed, `end` when the token stopped counting."""

    index: int = 0
    """Number of entries now committed; 0 with `end`."""

    catalogue: bool = False
    """Whether what is served may have changed."""

    kinds: tuple[str, ...] = ()
    """Verbs of the new entries."""


@dataclass
class Events:
    """One stream, on a connection of its own. Iterate in one thread, close in any.

    The iteration ends when the service stops or the stream is closed; whoever wants to go on opens
    another, and reads everything anew: nothing is replayed.
    """

    exchange: Exchange
    _is_closed: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[LogEvent]:
        """Follow.

        Raises:
            UnreachableError: Nothing answers, or it broke off.
            RemoteError: The service refused.
        """
        name, data = "", ""
        for line in self._lines():
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                data = line.removeprefix("data:").strip()
            elif not line and name in _NAMES:
                yield _event(_NAMES[name], data)
                name, data = "", ""

    def _lines(self) -> Iterator[str]:
        try:
            for raw in self.exchange.lines("/events"):
                if self._is_closed:
                    return
                yield raw.decode("utf-8", "replace").rstrip("\r\n")
        except UnreachableError:
            if not self._is_closed:
                raise

    def close(self) -> None:
        """End the iteration, wherever it waits."""
        self._is_closed = True
        self.exchange.transport.close()


def _event(name: Name, data: str) -> LogEvent:
    try:
        found: object = json.loads(data)
    except ValueError as error:
        raise AnswerError("the service sent an event that is not JSON") from error
    said = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    index, kinds = said.get("index"), said.get("kinds")
    return LogEvent(
        name,
        index if isinstance(index, int) else 0,
        said.get("catalogue") is True,
        tuple(map(str, cast("list[object]", kinds))) if isinstance(kinds, list) else (),
    )
