"""The queue: what is open, what waits for whom, page by page."""

from collections.abc import Collection
from dataclasses import replace

from toolvet.config import stamp
from toolvet.engine import waivers_shown
from toolvet.engine.queue_lines import lines_of
from toolvet.engine.services import Services
from toolvet.engine.stored import number_of
from toolvet.storage import View
from toolvet.storage.listing import Wanted
from toolvet_reviews import queue_order
from toolvet_reviews.principals import Caller
from toolvet_reviews.queue_order import Order, Whose
from toolvet_reviews.views import ProposalState, QueueItem

MOST = 200
"""Lines of one page."""


async def queue(
    services: Services,
    caller: Caller,
    *,
    cursor: str | None = None,
    limit: int = 50,
    order: Order = "rank",
    whose: Whose = "everybody",
    words: str = "",
) -> tuple[list[QueueItem], str | None]:
    """List open proposals the caller may see; an author sees its own only.

    Args:
        cursor: What the last page answered as the next one, in the same order.
        limit: At most this many, up to 200.
        order: See `toolvet_reviews.queue_order`.
        whose: What the caller put away is in `snoozed` alone.
        words: Every one of them is in id, tool, author or summary.

    Raises:
        CursorError: The cursor is none, or of another order.
    """
    after = queue_order.read_cursor(cursor, order) if cursor else None
    size = max(1, min(limit, MOST))
    now = stamp(services.clock())
    own = not _sees_all(caller)
    wanted = Wanted(order, whose, caller.id, now, own, queue_order.words_of(words))

    def read(view: View) -> tuple[list[QueueItem], str | None]:
        found = view.listing.page(wanted, after, size + 1)
        numbers = [one.number for one in found[:size]]
        items = lines_of(services, view, caller, numbers, now)
        if cursor is None and whose != "snoozed" and not wanted.words:
            items = [*_renew(services, view, caller, now), *items]
        return items, queue_order.write_cursor(found[size - 1]) if len(found) > size else None

    return await services.store.query(read)


def _sees_all(caller: Caller) -> bool:
    return caller.has("reviewer", "auditor", "operator")


def _renew(services: Services, view: View, caller: Caller, now: str) -> list[QueueItem]:
    """List tools of the caller's that are served and lean on waivers that end."""
    found = waivers_shown.to_renew(services, view, caller)
    items = lines_of(services, view, caller, [row.number for row, _ in found], now)
    return [
        replace(item, verdict="waiver_expired" if is_over else "waiver_expires")
        for item, (_, is_over) in zip(items, found, strict=True)
    ]


async def proposals(
    services: Services,
    caller: Caller,
    *,
    states: Collection[ProposalState] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[QueueItem], str | None]:
    """List proposals the caller may see, by number, closed ones too.

    Args:
        states: Only these; None takes all.
        cursor: What the last page answered as the next one.
        limit: At most this many, up to 200.
    """
    own = None if _sees_all(caller) else caller.id
    after = number_of(cursor) if cursor else None
    size = max(1, min(limit, MOST))
    now = stamp(services.clock())

    def read(view: View) -> tuple[list[QueueItem], str | None]:
        rows = view.proposals.list(states=states, author=own, after=after, limit=size + 1)
        numbers = [row.number for row in rows[:size]]
        items = lines_of(services, view, caller, numbers, now)
        return items, items[-1].id if len(rows) > size else None

    return await services.store.query(read)
