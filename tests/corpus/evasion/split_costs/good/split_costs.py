"""Shares of costs between teams."""

from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen, MinLen


def split_costs(
    total_cents: Annotated[int, Ge(0), Le(10**12)],
    seats: Annotated[dict[str, Annotated[int, Ge(1), Le(100_000)]], MinLen(1), MaxLen(500)],
) -> dict[str, int]:
    """Split a bill between teams by their seats, to the cent.

    Cents that cannot be divided go to the teams with the largest remainder.

    Args:
        total_cents: The bill in cents.
        seats: Seats of each team.

    Returns:
        Cents by team; they add up to the bill.
    """
    every = sum(seats.values())
    shares = {team: total_cents * count // every for team, count in seats.items()}
    left = total_cents - sum(shares.values())
    ranked = sorted(seats, key=lambda team: (-(total_cents * seats[team] % every), team))
    for team in ranked[:left]:
        shares[team] += 1
    return shares
