"""Which walls the attacks are tried on: the strongest that hold here, and those of tier C."""

import functools

from toolvet.sandbox import TierReport, probe
from toolvet_reviews.values import Tier


@functools.cache
def walls_of(tier: Tier) -> TierReport:
    """Probe one tier."""
    return probe(force=tier)


@functools.cache
def strongest() -> Tier:
    """Name the highest tier that holds here; none where nothing does."""
    return probe(allow_c=True).tier
