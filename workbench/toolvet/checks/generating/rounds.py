"""Many runs of one tool, each in a process of its own, against fakes of its own, within a budget."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolvet.checks.base import CheckContext
from toolvet.checks.fakes import Fakes
from toolvet.checks.generating.contents import lay_out
from toolvet.checks.generating.noting import NotingHost, NotingWorld, world_of
from toolvet.checks.interface import tool_image
from toolvet.checks.observing import Runs, claims_of
from toolvet.sandbox import Outcome
from toolvet_reviews.values import JsonObject

_AT_ONCE_PURE = 2
_WHOLE_S = 12.0
_MOST_CUT = 4
"""Runs that did not end, before no more are begun."""
_AT_ONCE = 6
"""Runs with effects mostly wait."""


@dataclass(frozen=True)
class Ran:
    """One run, and what it met."""

    arguments: JsonObject
    outcome: Outcome
    host: NotingHost
    world: NotingWorld
    is_cut: bool
    """It was ended before its own limits would have."""

    @property
    def is_astray(self) -> bool:
        """Whether it asked a host for what nobody recorded: what came of that says nothing of it."""
        return any(seen.entry or not seen.is_faked for seen in self.world.seen)

    def seen(self, fakes: Fakes) -> Runs:
        """Give all that is known of it, to tell its effects."""
        watched = [] if self.outcome.watched is None else [self.outcome.watched]
        return Runs(fakes, self.world.seen, watched, claims_of(self.host.claims), self.host)


class Rounds:
    """Runs a tool again and again while there is time."""

    def __init__(
        self, context: CheckContext, fakes: Fakes, *, budget_s: float, wall_s: float
    ) -> None:
        """Run nothing yet.

        Args:
            context: Of the check.
            fakes: What the tool meets.
            budget_s: For all runs together; what is left then is not run.
            wall_s: For one run, if its own limit is longer.
        """
        self._context = context
        self._fakes = fakes
        self._image = fakes.image(tool_image(context.bundle, context))
        self._budget_s = budget_s
        self._ends = float("inf")
        self._is_cut_short = wall_s < context.limits.wall_s
        self._limits = replace(context.limits, wall_s=min(wall_s, context.limits.wall_s))
        pure = context.bundle.spec.effects.kind == "pure"
        self._gate = asyncio.Semaphore(
            1 if fakes.takes_turns else _AT_ONCE_PURE if pure else _AT_ONCE
        )
        self._cut = 0
        self.runs = 0
        self.slowest_ms = 0.0

    @property
    def is_over(self) -> bool:
        """Whether no run is begun any more: out of time, or too many did not end."""
        return time.monotonic() > self._ends or self._cut >= _MOST_CUT

    def extend(self, more_s: float) -> None:
        """Give it at least so much time from now on, and forgive what was slow."""
        self._cut = 0
        if self._ends < float("inf"):
            self._ends = max(self._ends, time.monotonic() + more_s)

    async def all(self, cases: Sequence[JsonObject]) -> list[Ran]:
        """Run all of them, as far as time lets; in their order, those left out missing.

        The clock starts with the first ones.
        """
        self._ends = min(self._ends, time.monotonic() + self._budget_s)
        found = await asyncio.gather(*(self._in_turn(case) for case in cases))
        return [one for one in found if one is not None]

    async def one(
        self,
        arguments: JsonObject,
        *,
        elsewhere: bool = False,
        watch: bool = False,
        whole: bool = False,
        memory: float = 1.0,
    ) -> Ran:
        """Run one set of arguments.

        Args:
            arguments: That fit the schema.
            elsewhere: In a process that is no twin of the others: sets have another order there.
            watch: Observe it from outside.
            whole: Give it all its own time, up to a dozen seconds.
            memory: Part of the memory that it may use.
        """
        image = replace(self._image, watch=watch)
        if elsewhere:
            image = replace(image, digest=f"{image.digest} again")
        wall_s = min(self._context.limits.wall_s, _WHOLE_S) if whole else self._limits.wall_s
        memory_mib = round(self._limits.memory_mib * memory)
        limits = replace(self._limits, wall_s=wall_s, memory_mib=memory_mib)
        host, world = NotingHost(self._context.bundle), world_of(self._fakes)
        if self._fakes.takes_turns:
            await asyncio.to_thread(self._fakes.refill)
        lay_out(self._context.bundle, host, arguments)
        outcome = await self._context.pool.call(image, arguments, limits, host, world.network())
        self.runs += 1
        self.slowest_ms = max(self.slowest_ms, outcome.wall_ms)
        is_cut = self._is_cut_short and not whole and outcome.status == "timed_out"
        self._cut += outcome.status == "timed_out"
        return Ran(arguments, outcome, host, world, is_cut)

    async def takes_all_its_time(self, arguments: JsonObject) -> bool:
        """Run a set that was cut off once more, with all the time that the tool has itself."""
        ran = await self.one(arguments, whole=True)
        return ran.outcome.status in {"timed_out", "died"}

    def said_wall_s(self, *, whole: bool) -> str:
        """Write the time that a run had."""
        return f"{(self._context.limits if whole else self._limits).wall_s:g}"

    async def _in_turn(self, arguments: JsonObject) -> Ran | None:
        async with self._gate:
            return None if self.is_over else await self.one(arguments)
