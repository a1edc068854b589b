"""A comparison as a patch that applies to the byte."""

import asyncio

from toolvet.engine.compare import gather
from toolvet.engine.services import Services
from toolvet_reviews import patches
from toolvet_reviews.principals import Caller


async def patch(
    services: Services,
    caller: Caller,
    proposal: str,
    from_: str = "published",
    to: int | None = None,
) -> bytes:
    """Write the difference as a patch; it was applied again before it is given out.

    Args:
        from_: `published`, `seen`, or a revision's number.
        to: A revision; None is the newest.

    Raises:
        ExportError: It would not apply to the byte.
    """
    found = await gather(services, caller, proposal, from_, to)
    return await asyncio.to_thread(patches.export, found.old_files, found.new_files)
