"""Sizes of cohorts."""

from typing import Annotated

from toolvet.sdk import MaxLen, Pattern

Month = Annotated[str, Pattern(r"^20[0-9][0-9]-(0[1-9]|1[0-2])$")]


def cohort_sizes(
    joined: Annotated[dict[str, Month], MaxLen(10_000)],
    active: Annotated[list[str], MaxLen(10_000)],
) -> dict[str, list[int]]:
    """Count, for each month of joining, everybody who joined and those who are still active.

    Use it for a retention table. Active users who never joined are left out.

    Args:
        joined: Month of joining by user, such as `2026-03`.
        active: Users who are still active.

    Returns:
        By month, in order: how many joined, and how many of them are active.
    """
    still = set(active)
    sizes: dict[str, list[int]] = {}
    for user, month in joined.items():
        counted = sizes.setdefault(month, [0, 0])
        counted[0] += 1
        if user in still:
            counted[1] += 1
    return dict(sorted(sizes.items()))
