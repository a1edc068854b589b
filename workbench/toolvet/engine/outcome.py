"""Waiting for people: a proposal as soon as it is decided, or when the wait is over."""

import asyncio

from toolvet.engine.look import show
from toolvet.engine.services import Services
from toolvet_reviews.principals import Caller
from toolvet_reviews.views import ProposalState, ProposalView

LONGEST_S = 50.0
_OPEN: frozenset[ProposalState] = frozenset({"verifying", "reviewing"})
_TELLING = ("proposal:", "revision:", "vote:", "release:")
"""Beginnings of the verbs after which a proposal is worth another look; calls are not among them."""


async def wait_for_decision(
    services: Services, caller: Caller, proposal: str, wait_s: float
) -> ProposalView:
    """Show a proposal when nobody but its author has to move, or after `wait_s` seconds.

    That is: when it is published, closed, stale or back with its author. A service that is
    stopping waits for nothing: the answer is the proposal as it is.

    Raises:
        ProposalNotFoundError: None such, or not the caller's.
    """
    async with services.feed.subscribe() as changes:
        found = await show(services, caller, proposal)
        try:
            async with asyncio.timeout(max(0.0, min(wait_s, LONGEST_S))):
                while found.state in _OPEN:
                    change = await anext(changes)
                    if any(kind.startswith(_TELLING) for kind in change.kinds):
                        found = await show(services, caller, proposal)
        except (TimeoutError, StopAsyncIteration):
            pass
    return found
