"""What one call may leave behind, all its attempts together, beside its records: counted and capped."""

import json
from typing import ClassVar

from toolvet.engine import artifacts
from toolvet.errors import ToolvetError
from toolvet_reviews.values import Json

DEAD_LETTERS = 20_000
"""As many as the largest batch of the gallery has items. Each is an entry of the log, too."""
DEAD_BYTES = 16 * 1024 * 1024
ARTIFACTS = 1000
ARTIFACT_BYTES = 4 * artifacts.LARGEST
STEPS = 100_000
STEP_BYTES = 64 * 1024 * 1024
EACH_BYTES = 256 * 1024
"""Of one record, one item of a dead letter, or one outcome of a step."""

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class DeadLettersError(ToolvetError):
    """A call puts aside more than one call may."""

    code: ClassVar[str] = "context.dead_letters"
    hint = (
        "Put the number that identifies an item aside, not all of it; ask for fewer items a call."
    )


class ArtifactsError(ToolvetError):
    """A call makes more files, or larger ones, than one call may."""

    code: ClassVar[str] = "context.artifacts"
    hint = "Put what belongs together into one file; ask for less in one call."


class StepsError(ToolvetError):
    """A call begins more steps with `ctx.once`, or keeps larger outcomes, than one call may."""

    code: ClassVar[str] = "context.once"
    hint = "Keep an id as the outcome, and large results as files; ask for fewer steps a call."


def size_of(value: Json) -> int:
    """Measure a value that was parsed strictly: bytes of its JSON."""
    return len(_write(value).encode())


class Allowance:
    """How much of one kind is left for a call."""

    def __init__(self, error: type[ToolvetError], count: int, size: int, each: int) -> None:
        """Begin with everything.

        Args:
            error: Raised beyond it.
            count: How many.
            size: Bytes of all together.
            each: Bytes of one.
        """
        self._error = error
        self._count = count
        self._size = size
        self._each = each

    def take(self, size: int, count: int = 1) -> None:
        """Use some of it up.

        Raises:
            ToolvetError: Less is left; nothing was used up.
        """
        if size > self._each:
            raise self._error(f"{size} bytes at once; at most {self._each} are taken")
        if count > self._count:
            raise self._error("one call leaves no more of them behind")
        if size > self._size:
            raise self._error("one call leaves no more bytes of them behind")
        self._count -= count
        self._size -= size


def dead_letters() -> Allowance:
    """Give what one call may put aside."""
    return Allowance(DeadLettersError, DEAD_LETTERS, DEAD_BYTES, EACH_BYTES)


def files() -> Allowance:
    """Give how many files one call may make."""
    return Allowance(ArtifactsError, ARTIFACTS, ARTIFACT_BYTES, artifacts.LARGEST)


def steps() -> Allowance:
    """Give how many steps one call may take."""
    return Allowance(StepsError, STEPS, STEP_BYTES, EACH_BYTES)
