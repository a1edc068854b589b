"""What follows from a change to a proposal: whose turn it is, its line of the queue, who is told."""

from toolvet.engine import attend, listing, stale, tell
from toolvet.storage import Unit
from toolvet_reviews.attention import Happening

_WAKES: frozenset[Happening] = frozenset({"revised", "rebased"})
"""After these it is another thing than the one that was put away."""


def happened(unit: Unit, proposal: int, what: Happening, actor: str) -> None:
    """Bring the attention set, the clock, the listing and the notices up to date.

    Every use case that changes a proposal calls this last, inside its own write. What is up for
    review and could not be applied is not left there: it is rebased, or goes back to its author.

    Args:
        unit: Of the write that made the change; sees it.
        proposal: Number.
        what: Happened.
        actor: Principal id of who did it, or the service's.
    """
    row = unit.proposals.get(proposal)
    if row is None:
        return
    now = unit.time()
    if row.state == "reviewing" and attend.is_base_stale(unit, row):
        what, actor = stale.rebase(unit, row, now), attend.service_id(unit)
        row = unit.proposals.get(proposal) or row
    if what in _WAKES:
        unit.turns.wake(proposal)
    new = attend.settle(unit, row, what, actor, now)
    listing.relist(unit, row, what, now)
    tell.tell(unit, row, new, what, actor, now)


def base_moved(unit: Unit, toolset: str, tool: str) -> None:
    """Look at the open proposals of a tool after another release of it is served, or none.

    Whatever moves a channel calls this last, inside its own write.
    """
    for row in unit.proposals.open_for(toolset, tool):
        happened(unit, row.number, "woken", attend.service_id(unit))
