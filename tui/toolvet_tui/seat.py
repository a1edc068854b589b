"""What every screen shares: the desk, the options, the queue as it was seen last, what is held."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from toolvet_reviews.views import QueueItem
from toolvet_tui.desk import Desk
from toolvet_tui.held import HOLD_S, Held
from toolvet_tui.link import Link
from toolvet_tui.options import Options

LOOK_S = 0.4
"""How long something was on the screen before a single key may agree to it: keys that repeat, or
were typed ahead, agree to nothing."""


@dataclass
class Seat:
    """One person's sitting."""

    desk: Desk
    options: Options
    ticks: Callable[[], float] = time.monotonic
    """Seconds that only go forward."""
    hold_s: float = HOLD_S
    look_s: float = LOOK_S
    order: list[QueueItem] = field(default_factory=list[QueueItem])
    """The queue in the order it is shown."""
    settled: set[str] = field(default_factory=set[str])
    """Proposals that the service answered about since the queue was read."""
    words: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """What was written and not sent, by proposal and act."""
    moved: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keys by the id of their binding, of what is not where it comes."""
    link: Link = field(default_factory=Link)
    """Whether the service answers."""
    held: Held = field(init=False)

    def __post_init__(self) -> None:
        self.held = Held(self.ticks, self.hold_s)

    def after(self, proposal: str, by: int = 1) -> str:
        """Name the proposal before or after one in the queue; empty at its ends."""
        ids = [item.id for item in self.order]
        if proposal not in ids:
            return ids[0] if ids and by > 0 else ""
        at = ids.index(proposal) + by
        return ids[at] if 0 <= at < len(ids) else ""

    def next_to_decide(self, proposal: str) -> str:
        """Name the next proposal that waits for a decision; empty when there is none below."""
        found = self.after(proposal)
        waiting = {item.id for item in self.order if self.is_open(item)}
        while found and found not in waiting:
            found = self.after(found)
        return found

    def is_open(self, item: QueueItem) -> bool:
        """Tell whether an item waits for a decision that was not made here yet."""
        is_made = item.id in self.settled or self.held.has(item.id)
        return item.state == "reviewing" and not is_made

    def forget_words(self, proposal: str) -> None:
        """Let go of what was written about a proposal: it was sent."""
        for key in [one for one in self.words if one[0] == proposal]:
            del self.words[key]
