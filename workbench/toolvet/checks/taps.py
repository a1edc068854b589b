"""What runs against the fakes changed, as our side of the wall saw it, and who may hold it up.

A tap is told of every effect of one run, before it takes place and after it did. It may wait, so that
the run is ended in between, or break the connection off, so that the reply is lost.
"""

from dataclasses import dataclass
from typing import Literal

from toolvet_reviews.values import Json

HappenedKind = Literal["mail", "request", "record", "step", "letter", "word"]
"""A `word` is what a run tells of itself: no effect, but a moment that our side knows of."""

OUTSIDE: frozenset[HappenedKind] = frozenset({"mail", "request"})
"""What leaves the service and cannot be taken back."""


@dataclass(frozen=True)
class Happened:
    """One effect of a run."""

    kind: HappenedKind
    name: str
    """What it was done to: recipients, method and address, collection and key."""
    what: str = ""
    """Digest of its content, or what a step is told: `begun`, `ended`."""
    targets: tuple[str, ...] = ()
    """Recipients of a mail, keys of records."""
    key: str = ""
    """By which the other side itself keeps it from happening twice; empty for none."""
    repeats: bool = False
    """Doing it again changes nothing more, by the rules of its protocol (PUT, DELETE)."""
    lengths: tuple[int, ...] = ()
    """How many things it may be about, by the lists in it."""

    @property
    def words(self) -> str:
        """Name it for people; hostile text, not yet made harmless."""
        match self.kind:
            case "mail":
                return f"the mail to {self.name}"
            case "request":
                return f"{self.name}"
            case "record":
                return f"the record {self.name}"
            case "step":
                return f"the step {self.name} {self.what}"
            case "word":
                return f"it told of {self.name}"
            case "letter":
                return "the dead letter"


class Tap:
    """Lets everything pass, and tells nobody."""

    async def before(self, happening: Happened) -> None:
        """Hear of an effect that is about to take place.

        Raises:
            ConnectionError: It does not take place, and the connection is gone.
        """

    async def after(self, happened: Happened) -> None:
        """Hear of an effect that took place; the run does not know yet.

        Raises:
            ConnectionError: The connection is gone, and the reply with it.
        """


OPEN = Tap()

_DEEPEST = 4
_MOST_LENGTHS = 20


def lengths(value: Json, deepest: int = _DEEPEST) -> tuple[int, ...]:
    """Collect the lengths of the lists and objects in a value: how many things it may be about."""
    found: list[int] = []
    if isinstance(value, dict):
        found = [len(value), *_within(list(value.values()), deepest)]
    elif isinstance(value, list):
        found = [len(value), *_within(value, deepest)]
    return tuple(found[:_MOST_LENGTHS])


def _within(values: list[Json], deepest: int) -> list[int]:
    if not deepest:
        return []
    return [size for value in values[:_MOST_LENGTHS] for size in lengths(value, deepest - 1)]
