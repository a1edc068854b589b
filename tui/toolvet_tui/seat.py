"""What every screen shares: the desk, the options, and the queue as it was seen last."""

from dataclasses import dataclass, field

from toolvet_reviews.views import QueueItem
from toolvet_tui.desk import Desk
from toolvet_tui.options import Options


@dataclass
class Seat:
    """One person's sitting."""

    desk: Desk
    options: Options
    order: list[QueueItem] = field(default_factory=list[QueueItem])
    """The queue in the order it is shown."""

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
        waiting = {item.id for item in self.order if item.state == "reviewing"}
        while found and found not in waiting:
            found = self.after(found)
        return found
