"""Making failing arguments smaller while they still fail in the same way, with few runs."""

from collections.abc import Awaitable, Callable

import jsonschema_rs

from toolvet.checks.schemas import problems
from toolvet_reviews.canonical import dumps
from toolvet_reviews.cases import smaller
from toolvet_reviews.values import JsonObject

MOST_RUNS = 60


async def shrunk(
    arguments: JsonObject,
    still_fails: Callable[[JsonObject], Awaitable[bool]],
    validator: jsonschema_rs.Draft202012Validator,
    *,
    most: int = MOST_RUNS,
) -> JsonObject:
    """Give the plainest arguments found that fail in the same way.

    Args:
        arguments: That fail.
        still_fails: Runs the tool; asked at most `most` times.
        validator: Of the arguments' schema.
        most: Runs.
    """
    tried = {dumps(arguments)}
    runs = 0
    best = arguments
    is_better = True
    while is_better:
        is_better = False
        for one in smaller(best):
            if not isinstance(one, dict) or (text := dumps(one)) in tried:
                continue
            tried.add(text)
            if problems(validator, one, most=1):
                continue
            if runs >= most:
                return best
            runs += 1
            if await still_fails(one):
                best, is_better = one, True
                break
    return best
