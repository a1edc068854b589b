"""What the parts of the app tell each other."""

from dataclasses import dataclass

from textual.message import Message

from toolvet_reviews.views import ServiceView
from toolvet_tui.errands import Trouble


@dataclass
class Connected(Message):
    """A service was reached and checked, for the first time or again."""

    service: ServiceView


@dataclass
class LinkLost(Message):
    """The service does not answer, or the log can no longer be followed."""

    trouble: Trouble
    again_s: float = 0.0
    """Until it is tried again by itself."""


@dataclass
class LogGrew(Message):
    """Something was entered into the log."""

    kinds: tuple[str, ...]
    """Verbs of the new entries; empty when it is not known what was missed."""


class ReachAgain(Message):
    """The person wants the service to be reached now."""


class HeldOne(Message):
    """What is held changed; the app counts, sends and draws."""
