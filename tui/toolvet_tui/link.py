"""Whether the service answers, on a line of its own: what is on the screen may be old, and says so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from textual.widgets import Static

from toolvet_tui.errands import Trouble

TICK_S = 1.0
"""How often the line is written anew."""
_LONG = timedelta(minutes=1)


@dataclass
class Link:
    """How things stand with the service."""

    since: datetime | None = None
    """When it was lost; None while it is there."""
    trouble: Trouble | None = None
    again_at: datetime | None = None
    """When it is tried again by itself; None: it is being tried."""

    @property
    def is_lost(self) -> bool:
        """Tell whether the service is gone."""
        return self.since is not None

    def lost(self, trouble: Trouble, now: datetime, again_at: datetime | None = None) -> None:
        """The service does not answer; the first time counts."""
        self.since = self.since or now
        self.trouble = trouble
        self.again_at = again_at

    def back(self) -> None:
        """The service answers again."""
        self.since = self.trouble = self.again_at = None

    def words(self, now: datetime) -> str:
        """Say it on one line; empty while the service is there."""
        if self.since is None:
            return ""
        left = (self.again_at - now).total_seconds() if self.again_at else 0.0
        again = f"trying again in {left:.0f} s" if left >= 1 else "trying again"
        since = f"{self.since:%H:%M}" if now - self.since >= _LONG else "just now"
        return (
            f"OFFLINE since {since} · {again} · you see what was there then · "
            "nothing is sent, what you write is kept"
        )


class LinkLine(Static):
    """Shows that the service is gone, as long as it is.

    Args:
        link: Followed.
        clock: What time it is.
    """

    DEFAULT_CSS = """
    LinkLine { display: none; height: 1; padding: 0 1; text-style: bold; }
    LinkLine { background: $error; color: $text; }
    LinkLine.-shown { display: block; }
    """

    def __init__(self, link: Link, clock: Callable[[], datetime]) -> None:
        super().__init__("", markup=False)
        self._link = link
        self._clock = clock
        self._words = ""

    def on_mount(self) -> None:
        """Count down."""
        self.follow()
        self.set_interval(TICK_S, self.follow)

    def follow(self) -> None:
        """Say how it is now."""
        words = self._link.words(self._clock())
        if words != self._words:
            self._words = words
            self.set_class(bool(words), "-shown")
            self.update(words)
