"""Running calls in the walls: in turn, each in a process of its own, within its time."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from toolvet.sandbox import budget
from toolvet.sandbox.errors import NoWallsError, ZygoteGoneError, ZygoteStartError
from toolvet.sandbox.fencing import Fenced, Fences
from toolvet.sandbox.frames import encode
from toolvet.sandbox.model import Host, Image, Limits, Network, Outcome, Raised, TierReport
from toolvet.sandbox.running import Run
from toolvet.sandbox.shelf import Key, Shelf, key_of
from toolvet.sandbox.spares import MOST
from toolvet.sandbox.turns import Turns
from toolvet.sandbox.zygotes import Child, Zygote
from toolvet_reviews.values import JsonObject

PATIENCE_S = 30.0
"""How long a call waits for its turn and for the sandbox to start, before it is sent away."""
MAX_ZYGOTES = 512


@dataclass(frozen=True)
class PoolState:
    """What a pool holds, for those who look after it."""

    zygotes: int
    mib: float
    budget_mib: int
    waiting: int
    """Calls that wait for their turn."""
    fenced: tuple[Fenced, ...]


class Pool:
    """Runs calls in the walls of a tier. Belongs to one event loop; safe for many tasks of it."""

    def __init__(
        self,
        report: TierReport,
        *,
        spares: int = MOST,
        max_zygotes: int = MAX_ZYGOTES,
        memory_mib: int = 0,
    ) -> None:
        """Start nothing yet.

        Args:
            report: What the probes found.
            spares: Children kept forked and confined per zygote at most; how many they are follows
                how often the tool is called.
            max_zygotes: More images than this are served, by retiring the least used zygote.
            memory_mib: Budget for zygotes and their spares; 0 takes a part of the machine's.
        """
        self.report = report
        self._budget_mib = memory_mib or budget.default_mib()
        self._shelf = Shelf(
            report.tier, spares=spares, max_zygotes=max_zygotes, memory_mib=self._budget_mib
        )
        self._turns = Turns()
        self._fences = Fences()

    async def call(
        self,
        image: Image,
        arguments: JsonObject,
        limits: Limits,
        host: Host | None = None,
        network: Network | None = None,
        *,
        caller: str = "",
        fenced: bool = False,
    ) -> Outcome:
        """Run one call in a process of its own. Cancelling kills the process.

        Args:
            image: What is run.
            arguments: Of the call.
            limits: Of this run; waiting for a turn does not count.
            host: Answers the tool's context; None refuses every request.
            network: Answers on the listeners of the image's endpoints; closed when this returns.
            caller: Callers of one tool take turns.
            fenced: Leave a tool alone for a while that crashes again and again.

        Raises:
            SandboxUnavailableError: There are no walls here, or the zygote will not start.
            PoolBusyError: Too many run and wait; nothing was done.
            ToolFencedError: It crashed too often; nothing was done.
        """
        request: JsonObject = {"do": "call", "arguments": arguments}
        job = _Job(image, limits, host, network, caller, fenced)
        try:
            return await self._run(job, request)
        finally:
            if network is not None:
                await network.close()

    async def describe(self, image: Image, limits: Limits) -> Outcome:
        """Derive the tool's interface inside the walls; the value is `toolvet.sdk.schema.describe`'s.

        Raises:
            SandboxUnavailableError: There are no walls here, or the zygote will not start.
            PoolBusyError: Too many run and wait; nothing was done.
        """
        return await self._run(_Job(image, limits), {"do": "describe"})

    def state(self) -> PoolState:
        """Say what is held and what waits."""
        fenced = tuple(self._fences.fenced())
        shelf = self._shelf
        return PoolState(len(shelf), shelf.mib, self._budget_mib, self._turns.waiting, fenced)

    def forget(self, folder: Path) -> None:
        """Let go of the zygotes of a tool's folder that is about to be removed."""
        self._shelf.forget(folder)

    async def close(self) -> None:
        """End every zygote and with it every call."""
        self._shelf.close()

    async def _run(self, job: "_Job", request: JsonObject) -> Outcome:
        tier = self.report.tier
        if tier == "none":
            raise NoWallsError(self.report.reason, self.report.cure)
        frame = encode(request)
        if len(frame) > job.limits.result_kib << 10:
            error = Raised("Refused", "the arguments are too large", "call.arguments_too_large")
            return Outcome("refused", None, error, "", 0.0, tier)
        if not job.fenced:
            return (await self._in_turn(job, frame))[0]
        self._fences.check(job.tool)
        try:
            outcome, crash = await self._in_turn(job, frame)
        except ZygoteStartError as error:
            self._fences.crashed(job.tool, job.label, str(error))
            raise
        except BaseException:
            self._fences.undecided(job.tool)
            raise
        self._judge(job, crash)
        return outcome

    def _judge(self, job: "_Job", crash: str | None) -> None:
        if crash is None:
            self._fences.undecided(job.tool)
        elif crash:
            self._fences.crashed(job.tool, job.label, crash)
        else:
            self._fences.answered(job.tool)

    async def _in_turn(self, job: "_Job", frame: bytes) -> tuple[Outcome, str | None]:
        """Run a call when its turn comes; also tell of a crash, or None when that says nothing.

        A zygote that turns out to be gone before the call was given to it is no failure of the
        call: it goes to the next one.
        """
        key = key_of(job.image, job.limits)
        async with self._turns.turn(job.tool, job.caller, PATIENCE_S):
            try:
                return await self._supervise(job, key, frame)
            except ZygoteGoneError:
                self._shelf.crashed(key)
                return await self._supervise(job, key, frame)

    async def _supervise(self, job: "_Job", key: Key, frame: bytes) -> tuple[Outcome, str | None]:
        with self._shelf.use(key) as held:
            zygote = await held.up(job.ends - time.monotonic())
            child = zygote.take()
            try:
                outcome = await self._follow(job, zygote, child, frame)
            finally:
                zygote.tidy_later(child, self._shelf.spares_of(held))
        if outcome.status != "died":
            return outcome, ""
        if not await zygote.is_gone():
            return outcome, outcome.error.message if outcome.error else "it ended without a word"
        if zygote.is_mourned:
            return outcome, None
        zygote.is_mourned = True
        self._shelf.crashed(key)
        return outcome, "its zygote died"

    async def _follow(self, job: "_Job", zygote: Zygote, child: Child, frame: bytes) -> Outcome:
        run = Run(child, job.limits, job.host, self.report.tier, job.image.endpoints, job.network)
        outcome = await run.outcome(frame)
        if job.image.watch:
            return replace(outcome, watched=await zygote.watched(child))
        return outcome


@dataclass(frozen=True)
class _Job:
    """One call on its way."""

    image: Image
    limits: Limits
    host: Host | None = None
    network: Network | None = None
    caller: str = ""
    fenced: bool = False
    ends: float = field(default_factory=lambda: time.monotonic() + PATIENCE_S)
    """When it has waited long enough."""

    @property
    def tool(self) -> tuple[Path, str, str]:
        """What takes turns with other tools, and is fenced off."""
        return self.image.folder, self.image.entry, self.image.digest

    @property
    def label(self) -> str:
        """What an operator knows it by."""
        return f"{self.image.entry} of {self.image.digest or self.image.folder.name}"
