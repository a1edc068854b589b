"""Groups for experiments."""

import hashlib
from typing import Annotated

from toolvet.sdk import MaxLen, MinLen


def assign_variants(
    user_ids: Annotated[list[str], MaxLen(10_000)],
    variants: Annotated[list[str], MinLen(1), MaxLen(20)],
    experiment: Annotated[str, MinLen(1), MaxLen(80)],
) -> dict[str, str]:
    """Assign users to the variants of an experiment.

    Deterministic: a user gets the same variant in every call of one experiment.

    Args:
        user_ids: Users to assign; one that is given twice counts once.
        variants: Names of the variants, with equal shares.
        experiment: Name of the experiment; another one mixes users anew.

    Returns:
        The variant of each user.
    """
    found: dict[str, str] = {}
    for user in user_ids:
        digest = hashlib.sha256(f"{experiment}:{user}".encode()).digest()
        found[user] = variants[int.from_bytes(digest[:8], "big") % len(variants)]
    return found
