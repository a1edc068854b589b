"""What a run's own answer says became of the work: done, left over, in doubt. Pure; no I/O.

It is a claim. What it admits excuses a loss; it never excuses an effect that happened twice.
"""

import re
from dataclasses import dataclass, field

from toolvet_reviews.values import Json

ACCOUNT = ("sent", "skipped", "failed", "uncertain", "retry")
"""Fields of the SDK's `BatchResult`."""
_ADMITS = re.compile(
    r"(uncertain|unclear|doubt|unknown|pending|retry|retries|left|remaining|missing|incomplete"
    r"|fail(ed|ures?)?|errors?|rejected|rejections?|refused|unsent|not_sent|conflicts?)$",
    re.IGNORECASE,
)
_DOUBTS = re.compile(
    r"(uncertain|unclear|doubt|unknown|in_flight|pending|unconfirmed)", re.IGNORECASE
)
_DEEPEST = 4
_MOST = 2000


@dataclass
class Admitted:
    """What an answer names as not done, or not known."""

    things: int = 0
    doubts: int = 0
    """Of these: not known."""
    words: list[str] = field(default_factory=list[str])

    def beyond(self, usual: "Admitted") -> "Admitted":
        """Leave out what an undisturbed run admits as well."""
        return Admitted(
            max(0, self.things - usual.things),
            max(0, self.doubts - usual.doubts),
            [word for word in self.words if word not in usual.words],
        )


def admitted(answer: Json) -> Admitted:
    """Count what an answer names as left over or in doubt."""
    found = Admitted()
    _look(answer, found, _DEEPEST)
    return found


def _look(value: Json, found: Admitted, deepest: int) -> None:
    if not deepest or len(found.words) > _MOST:
        return
    if isinstance(value, dict):
        for name, held in list(value.items())[:_MOST]:
            doubtful = bool(_DOUBTS.search(name))
            size = _size(held) if doubtful or _ADMITS.search(name) else 0
            if size:
                found.things += size
                found.doubts += size if doubtful else 0
                found.words.append(f"{name}: {size}")
            else:
                _look(held, found, deepest - 1)
    elif isinstance(value, list):
        for held in value[:_MOST]:
            _look(held, found, deepest - 1)
    elif isinstance(value, str) and _DOUBTS.search(value[:200]):
        found.things += 1
        found.doubts += 1
        found.words.append("in words")


def _size(value: Json) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return max(value, 0)
    if isinstance(value, str | list | dict):
        return len(value) if not isinstance(value, str) else int(bool(value.strip()))
    return 0


def is_unfinished(answer: Json) -> bool:
    """Tell whether an answer leaves the operation open, so that the service runs it again."""
    if not isinstance(answer, dict) or not answer.keys() >= {"uncertain", "retry"}:
        return False
    return bool(answer["uncertain"] or answer["retry"])
