"""All checks of one revision, side by side where they do not need each other.

Nothing a check does can stop the others: one that crashes or never ends has brought back the
knowledge that nothing is known.
"""

import asyncio
import dataclasses
import logging
import os
import time
from collections.abc import Awaitable, Callable

from toolvet.checks import (
    behaviour,
    cost,
    effects,
    environment,
    examples,
    held_out,
    hostile,
    idempotency,
    intake_check,
    interface,
    mypy,
    observability,
    properties,
    rollback,
    ruff,
    secrets,
    semgrep,
    strength,
    tests,
    words,
)
from toolvet.checks.base import Check, CheckContext, inputs_digest, unknown
from toolvet.errors import KNOWN, StorageError
from toolvet.sandbox.watch import observer
from toolvet_reviews.findings import Evidence
from toolvet_reviews.values import Digest

_log = logging.getLogger(__name__)

CHECKS: tuple[Check, ...] = (
    intake_check.CHECK,
    environment.CHECK,
    interface.CHECK,
    ruff.CHECK,
    mypy.CHECK,
    secrets.CHECK,
    semgrep.CHECK,
    words.CHECK,
    tests.CHECK,
    examples.CHECK,
    effects.CHECK,
    strength.CHECK,
    properties.CHECK,
    hostile.CHECK,
    held_out.CHECK,
    idempotency.CHECK,
    observability.CHECK,
    rollback.CHECK,
    behaviour.CHECK,
    cost.CHECK,
)
"""In the order in which evidence is shown."""

AT_ONCE = max(3, (os.cpu_count() or 1) + 1)
"""Checks of one revision at once. Those that come first in `CHECKS` start first: they are the
quickest, so that something is known at once."""

NAMES = tuple(check.name for check in CHECKS)

Cached = Callable[[str, Digest], Evidence | None]
Store = Callable[[Evidence], Awaitable[None]]


def nothing_cached(_check: str, _inputs: Digest) -> Evidence | None:
    """Know of no earlier evidence."""
    return None


async def keep_nothing(_evidence: Evidence) -> None:
    """Keep evidence nowhere but in the result."""


async def run_checks(
    context: CheckContext,
    *,
    cached: Cached = nothing_cached,
    store: Store = keep_nothing,
    checks: tuple[Check, ...] = CHECKS,
) -> list[Evidence]:
    """Run every check, or take its evidence from the cache.

    Args:
        context: The revision and what it is checked with.
        cached: Earlier evidence of a check with the same inputs digest; `unknown` is run again.
        store: Gets each evidence as it comes, also what came from the cache.
        checks: In an order where a check comes after those it needs.

    Returns:
        The evidence of every check, in the order of `checks`.

    Raises:
        StorageError: The disk is full or the database locked, which says nothing of the revision.
    """
    if context.bundle.spec.effects.kind != "pure":
        await asyncio.to_thread(observer)  # tried once, and known from then on
    running: dict[str, asyncio.Task[Evidence]] = {}
    gate = asyncio.Semaphore(AT_ONCE)
    try:
        async with asyncio.TaskGroup() as group:
            for check in checks:
                needed = {name: running[name] for name in check.needs}
                running[check.name] = group.create_task(
                    _one(check, context, needed, cached, store, gate)
                )
    except ExceptionGroup as failed:  # `cached` or `store`: the checks that ran were cancelled
        raise failed.exceptions[0] from None
    return [task.result() for task in running.values()]


async def _one(
    check: Check,
    context: CheckContext,
    needed: dict[str, asyncio.Task[Evidence]],
    cached: Cached,
    store: Store,
    gate: asyncio.Semaphore,
) -> Evidence:
    context = dataclasses.replace(
        context, earlier={name: await task for name, task in needed.items()}
    )
    inputs = inputs_digest(check, context)
    found = cached(check.name, inputs)
    if found is None or found.status == "unknown":
        async with gate:
            found = await _run(check, context)
    evidence = dataclasses.replace(found, inputs=inputs)
    await store(evidence)
    return evidence


async def _run(check: Check, context: CheckContext) -> Evidence:
    start = time.monotonic()
    try:
        async with asyncio.timeout(check.timeout_s):
            evidence = await check.run(context)
    except TimeoutError:
        evidence = unknown(check.name, f"{check.name} did not end within {check.timeout_s:.0f} s")
    except StorageError:
        raise
    except KNOWN as error:
        evidence = unknown(check.name, f"{error} ({error.code})")
    except Exception as error:  # noqa: BLE001 - outermost loop of one check: the others go on
        _log.exception("check %s crashed", check.name)
        evidence = unknown(check.name, f"{check.name} crashed: {type(error).__name__}")
    return dataclasses.replace(evidence, duration_ms=round((time.monotonic() - start) * 1000))
