"""Find people who are in several audiences."""

from typing import Annotated

from toolvet.sdk import MaxLen, MinLen

Member = Annotated[str, MinLen(1), MaxLen(80)]


def audience_overlap(
    first: Annotated[list[Member], MaxLen(10_000)],
    second: Annotated[list[Member], MaxLen(10_000)],
    excluded: Annotated[list[Member], MaxLen(10_000)] | None = None,
) -> list[str]:
    """List the members of two campaign audiences that are in both.

    Use it before two campaigns go out on one day, to spare people the second one.

    Args:
        first: Member ids of the first audience.
        second: Member ids of the second audience.
        excluded: Member ids that are left out of the answer.

    Returns:
        Each member once, in the order of their ids.
    """
    both = set(first) & set(second)
    both -= set(excluded or [])
    return list(both)
