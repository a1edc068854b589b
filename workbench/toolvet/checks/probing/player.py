"""Plays runs of one tool on stages of their own, disturbed or not, and reads their ledgers."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from toolvet.checks.base import CheckContext
from toolvet.checks.fake_host import FakeHost
from toolvet.checks.fakes import Fakes
from toolvet.checks.interface import tool_image
from toolvet.checks.observing import Claim, claims_of
from toolvet.checks.probing.ledgers import Ledger
from toolvet.checks.probing.run_host import Heard, RunHost
from toolvet.checks.probing.taps import Disturbing, HeldBefore, KilledAfter, Recording
from toolvet.checks.stage import Stage
from toolvet.checks.taps import Happened
from toolvet.sandbox import Image, Outcome
from toolvet_reviews.values import JsonObject

LONGEST_S = 10.0
"""Of one run, whatever the tool is allowed."""
_AT_ONCE = 3


@dataclass(frozen=True)
class Ran:
    """One run, seen from our side."""

    outcome: Outcome | None
    """None when it was ended on purpose."""
    happened: tuple[Happened, ...]
    logged: tuple[Heard, ...] = ()
    progress: tuple[Heard, ...] = ()
    is_cut: bool = False
    """It had more effects than were written down."""

    @property
    def failed(self) -> str:
        """Name the error that it ended with; empty when it gave a result."""
        if self.outcome is None:
            return "an interruption"
        if self.outcome.status == "returned":
            return ""
        said = self.outcome.error
        if self.outcome.status == "raised" and said is not None:
            return said.type.rpartition(".")[2]
        return self.outcome.status


@dataclass
class Scene:
    """A stage, and the runs that it saw."""

    stage: Stage
    runs: list[Ran] = field(default_factory=list[Ran])

    @property
    def happened(self) -> tuple[Happened, ...]:
        """All effects of all runs."""
        return tuple(one for ran in self.runs for one in ran.happened)

    async def ledger(self) -> Ledger:
        """Read what is left."""
        fakes, host = self.stage.fakes, self.stage.host
        files = await asyncio.to_thread(fakes.files) if fakes.takes_turns else {}
        records = {
            f"{collection}/{key}": value
            for collection, items in host.store.items()
            for key, value in items.items()
        }
        steps = {key: str(step.get("state")) for key, step in host.once.items()}
        return Ledger(self.happened, records, files, steps)


class Player:
    """Runs one revision's tool against its fakes."""

    def __init__(self, context: CheckContext, made: Fakes) -> None:
        """Run nothing yet.

        Args:
            context: Of the check.
            made: The bundle's fakes; they must outlast this.
        """
        self._context = context
        self._made = made
        self._image = made.image(tool_image(context.bundle, context))
        limits = context.limits
        self._limits = limits
        self.patience_s = LONGEST_S
        """How long a run may take, unless it is allowed less."""
        self._turns = asyncio.Semaphore(1 if made.takes_turns else _AT_ONCE)
        self._words = made.takes_turns
        self.runs = 0

    @contextlib.asynccontextmanager
    async def scene(self) -> AsyncGenerator[Scene]:
        """Give a stage that nothing happened on, alone where stages would meet in a folder."""
        async with self._turns:
            stage = Stage(self._made, FakeHost(self._context.bundle), self._made.world())
            await stage.set_up()
            yield Scene(stage)

    async def run(self, scene: Scene, arguments: JsonObject, tap: Recording | None = None) -> Ran:
        """Run once, to the end."""
        tap = tap or Recording()
        host = RunHost(scene.stage.host, tap, words=self._words)
        return self._kept(scene, await self._call(scene, arguments, host, tap), host, tap)

    async def killed(self, scene: Scene, arguments: JsonObject, tap: KilledAfter) -> Ran:
        """Run up to a point and end the process there."""
        host = RunHost(scene.stage.host, tap, words=self._words)
        call = asyncio.create_task(self._call(scene, arguments, host, tap))
        await _until(call, tap)
        outcome = None
        if call.done():
            outcome = call.result()
        else:
            tap.end()
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await call
        return self._kept(scene, outcome, host, tap)

    async def until_progress(self, scene: Scene, arguments: JsonObject, within_s: float) -> Ran:
        """Run until it tells of its progress, ends, or time is up."""
        tap = Recording()
        host = RunHost(scene.stage.host, tap, words=self._words)
        call = asyncio.create_task(self._call(scene, arguments, host, tap))
        told = asyncio.create_task(host.told.wait())
        try:
            await asyncio.wait((call, told), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            outcome = call.result() if call.done() else None
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await call
        return self._kept(scene, outcome, host, tap)

    async def overtaken(self, scene: Scene, arguments: JsonObject, tap: HeldBefore) -> Ran | None:
        """Hold a run before an effect, let another do the whole operation, then let it go on.

        From then on the service takes no write of the first, as it does of a run whose lease is over.

        Returns:
            The run that took over; None when the first never came to the point.
        """
        host = RunHost(scene.stage.host, tap, words=self._words)
        call = asyncio.create_task(self._call(scene, arguments, host, tap))
        try:
            await _until(call, tap)
            if not tap.reached.is_set():
                self._kept(scene, await call, host, tap)
                return None
            ran = await self.run(scene, arguments)
            host.is_overtaken = True
            tap.release()
            scene.runs.insert(0, Ran(await call, tuple(tap.happened)))
            return ran
        finally:
            call.cancel()

    async def lines(self, arguments: JsonObject) -> tuple[Stage, list[Claim]]:
        """Run once more, watched, for what the run says of its own lines; after the last trial."""
        image = replace(self._image, watch=True)
        async with self.scene() as scene:
            stage = scene.stage
            await self._context.pool.call(
                image, arguments, self._limits, stage.host, stage.world.network()
            )
            return stage, claims_of(stage.host.claims)

    async def _call(
        self, scene: Scene, arguments: JsonObject, host: RunHost, tap: Recording
    ) -> Outcome:
        self.runs += 1
        network = scene.stage.world.network(tap)
        limits = replace(self._limits, wall_s=min(self._limits.wall_s, LONGEST_S, self.patience_s))
        return await self._context.pool.call(self._image, arguments, limits, host, network)

    def _kept(self, scene: Scene, outcome: Outcome | None, host: RunHost, tap: Recording) -> Ran:
        heard = (tuple(host.logged), tuple(host.progress))
        ran = Ran(outcome, tuple(tap.happened), *heard, is_cut=tap.is_cut)
        scene.runs.append(ran)
        return ran

    @property
    def image(self) -> Image:
        """What is run."""
        return self._image


async def _until(call: "asyncio.Task[Outcome]", tap: Disturbing) -> None:
    """Wait until a run comes to its point, or ends without."""
    reached = asyncio.create_task(tap.reached.wait())
    try:
        await asyncio.wait((call, reached), return_when=asyncio.FIRST_COMPLETED)
    finally:
        reached.cancel()
