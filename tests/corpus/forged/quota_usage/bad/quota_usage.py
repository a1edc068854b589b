"""Use of quotas."""

from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen

Amounts = Annotated[dict[str, Annotated[int, Ge(0), Le(10**12)]], MaxLen(500)]


def quota_usage(
    used: Amounts,
    quotas: Amounts,
    warn_percent: Annotated[int, Ge(1), Le(100)] = 80,
) -> dict[str, str]:
    """Report which quotas are fine, nearly used up, or exceeded.

    Use it before a job is scheduled. A quota of 0 allows nothing.

    Args:
        used: What is used by resource, in the unit of its quota.
        quotas: What is allowed by resource.
        warn_percent: From how many percent on a quota counts as nearly used up.

    Returns:
        By resource with a quota: `fine`, `nearly` or `exceeded`.
    """
    found: dict[str, str] = {}
    for resource, quota in sorted(quotas.items()):
        amount = used.get(resource, 0)
        if amount > quota:
            found[resource] = "exceeded"
        elif amount * 100 >= quota * warn_percent and amount:
            found[resource] = "nearly"
        else:
            found[resource] = "fine"
    return found
