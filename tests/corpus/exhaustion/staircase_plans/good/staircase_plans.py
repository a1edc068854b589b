"""Count the ways to roll out a change in steps."""

from typing import Annotated

from toolvet.sdk import Ge, Le


def staircase_plans(servers: Annotated[int, Ge(0), Le(60)], largest_step: Annotated[int, Ge(1), Le(3)] = 2) -> int:
    """Count the orders in which servers can be upgraded in small steps.

    Args:
        servers: How many servers there are.
        largest_step: How many are upgraded at once, at most.

    Returns:
        The number of different plans.
    """
    ways = [1]
    for upgraded in range(1, servers + 1):
        ways.append(sum(ways[max(0, upgraded - largest_step) :]))
    return ways[servers]
