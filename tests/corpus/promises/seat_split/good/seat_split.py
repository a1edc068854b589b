"""Split the seats of a licence among departments."""

from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen

People = Annotated[int, Ge(0), Le(100_000)]


def seat_split(
    seats: Annotated[int, Ge(0), Le(100_000)],
    headcounts: Annotated[dict[str, People], MaxLen(200)],
) -> dict[str, int]:
    """Split paid licence seats among departments by their headcount.

    Args:
        seats: Seats that were paid for.
        headcounts: People of each department.

    Returns:
        Seats of each department.
    """
    people = sum(headcounts.values())
    if not headcounts:
        return {}
    if people == 0:
        first = min(headcounts)
        return {name: seats if name == first else 0 for name in headcounts}
    given = {name: seats * count // people for name, count in headcounts.items()}
    left = seats - sum(given.values())
    neediest = sorted(headcounts, key=lambda name: (-(seats * headcounts[name] % people), name))
    for name in neediest[:left]:
        given[name] += 1
    return given
