"""Notices: what a person was told, and what of it they read."""

from collections.abc import Sequence
from datetime import timedelta

from toolvet.config import parse_stamp, stamp
from toolvet.engine.seated import need_person
from toolvet.engine.services import Services
from toolvet.storage import Unit, View
from toolvet.storage.review_rows import NoticeRow
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import NoticeView

MOST_READ = 200
"""Notices that are marked as read at once."""
KEPT = timedelta(days=90)
"""How long notices are kept that were read."""


async def notices(
    services: Services, caller: Caller, *, unread: bool = True, limit: int = 50
) -> tuple[list[NoticeView], int]:
    """List what the caller is told, newest first, and count what is unread.

    Args:
        unread: Leave out what was read.
        limit: At most this many, up to 200.
    """

    def read(view: View) -> tuple[list[NoticeView], int]:
        rows = view.notices.of(caller.id, unread=unread, limit=max(1, min(limit, 200)))
        return [_shown(view, row) for row in rows], view.notices.unread(caller.id)

    return await services.store.query(read)


def _shown(view: View, row: NoticeRow) -> NoticeView:
    about = view.proposals.get(row.proposal)
    tool = f"{about.toolset}/{about.tool}" if about else ""
    return NoticeView(row.id, f"P-{row.proposal}", tool, row.reason, row.at, row.read_at)


async def read_notices(services: Services, caller: Caller, ids: Sequence[str]) -> int:
    """Note that the caller read some of their notices; others' are left alone.

    Raises:
        PersonNeededError: The caller is no person who is signed in.
    """
    need_person(caller, "reading notices")
    moment = stamp(services.clock())
    return await services.store.write(
        lambda unit: unit.notices.read(caller.id, [*ids][:MOST_READ], moment)
    )


def forget_old(unit: Unit, now: str) -> None:
    """Forget what was read long ago, and messages that are done with."""
    before = stamp(parse_stamp(now) - KEPT)
    unit.notices.forget_read(before)
    unit.notices.forget_outgoing(before)
