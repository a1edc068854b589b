"""Declared transient errors, tried again: exponential backoff, full jitter, a cap, one deadline.

Only what the approved manifest names in `retry.on` is tried again, by the type or the code of the
error; a crash, a timeout or a wrong result never is. All attempts and the pauses between them share
the wall time of the call, so that a caller waits, and a key is held, no longer than without retries.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from toolvet.sandbox import Outcome
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.values import JsonObject
from toolvet_reviews.words import visible

BASE_S = 0.25
"""Longest pause before the second attempt; it doubles with every attempt."""
CAP_S = 15.0
"""Longest pause before any attempt."""
LEAST_S = 0.05
"""Less than this of the wall time is not worth another attempt."""
_MESSAGE = 500

Attempt = Callable[[int, float], Awaitable[Outcome]]
"""Runs once: the number of the attempt from 1, and the seconds that are left for it."""


@dataclass(frozen=True)
class Rule:
    """What is tried again, and how often."""

    on: frozenset[str] = frozenset()
    """Names of error types, or error codes."""
    attempts: int = 1

    def covers(self, outcome: Outcome) -> bool:
        """Tell whether a failure was declared to be transient."""
        error = outcome.error
        if outcome.status != "raised" or error is None:
            return False
        return error.type in self.on or (bool(error.code) and error.code in self.on)


@dataclass(frozen=True)
class Tried:
    """How a call ended, after however many attempts."""

    outcome: Outcome
    """Of the last attempt."""
    attempts: int = 1
    exhausted: bool = False
    """The last failure was transient too, and no attempt or no time was left: a dead letter, written
    with the record of the call (`letters.of_call`, `letters.add`)."""
    history: tuple[JsonObject, ...] = ()
    """Of each failed attempt before the last: error, milliseconds, and the pause after it."""


def rule_of(release: Manifest) -> Rule:
    """Read the rule out of an approved manifest.

    A name may be qualified (`clients.RateLimited`): what comes out of the sandbox is the bare type.
    """
    on, attempts = release.retry.get("on"), release.retry.get("attempts")
    if not isinstance(on, list) or not on or not isinstance(attempts, int):
        return Rule()
    said = {str(name) for name in on}
    return Rule(frozenset(said | {name.rpartition(".")[2] for name in said}), attempts)


def pause_s(attempt: int, draw: float) -> float:
    """Say how long to wait after a failed attempt.

    Args:
        attempt: Its number, from 1.
        draw: Uniform in [0, 1): full jitter, so that callers who failed together come back apart.

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return draw * min(CAP_S, BASE_S * 2.0 ** (attempt - 1))


async def run(
    rule: Rule,
    attempt: Attempt,
    *,
    wall_s: float,
    draw: Callable[[], float] = random.random,
) -> Tried:
    """Run a call, and again while its failures are declared transient.

    Args:
        attempt: What runs it once; whatever it raises ends the call.
        wall_s: Seconds for everything together, from now.
        draw: Gives the jitter.

    Returns:
        The last outcome; `exhausted` when it is still a transient failure.
    """
    if rule.attempts <= 1:
        return Tried(await attempt(1, wall_s))
    ends = time.monotonic() + wall_s
    history: list[JsonObject] = []
    number = 0
    while True:
        number += 1
        outcome = await attempt(number, ends - time.monotonic())
        if not rule.covers(outcome):
            return Tried(outcome, number, exhausted=False, history=tuple(history))
        pause = pause_s(number, draw())
        is_last = number >= rule.attempts or time.monotonic() + pause + LEAST_S > ends
        if is_last:
            return Tried(outcome, number, exhausted=True, history=tuple(history))
        history.append(_failure(outcome, pause))
        await asyncio.sleep(pause)


def _failure(outcome: Outcome, pause: float) -> JsonObject:
    error = outcome.error
    return {
        "type": visible(error.type[:100]) if error else "",
        "code": visible(error.code[:100]) if error else "",
        "message": visible(error.message[:_MESSAGE]) if error else "",
        "wall_ms": round(outcome.wall_ms, 3),
        "pause_ms": round(pause * 1000, 3),
    }
