"""The trials of one example: what undisturbed runs leave, and what disturbed ones leave beside it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from toolvet.checks.probing.accounts import Admitted, admitted, is_unfinished
from toolvet.checks.probing.ledgers import Ledger, Noise, differences, noise_of, repeated
from toolvet.checks.probing.plan import Point, Probe
from toolvet.checks.probing.player import Player, Ran, Scene
from toolvet.checks.probing.taps import HeldBefore, KilledAfter, LostReply
from toolvet.checks.probing.verdicts import Verdict, judge
from toolvet.checks.taps import Happened
from toolvet_reviews.values import Json, JsonObject

MOST_RUNS = 3
"""After an interruption the operation is asked for so often at most."""


@dataclass(frozen=True)
class Trial:
    """One disturbed operation, and what came of it."""

    probe: Probe
    example: int
    point: str
    verdict: Verdict


@dataclass(frozen=True)
class Calm:
    """An example, run without being disturbed."""

    example: int
    arguments: JsonObject
    ledger: Ledger
    noise: Noise
    first: Ran
    again: Trial
    wrote_files: bool = False
    fresh: tuple[str, ...] = ()
    """Keys that were another at the second attempt, in words."""

    @property
    def happened(self) -> tuple[Happened, ...]:
        """Its effects."""
        return self.first.happened

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.first.outcome.wall_ms / 1000 if self.first.outcome else 0.0


@dataclass
class Trials:
    """Runs an example's trials."""

    player: Player
    kills: int = field(default=0)

    async def calm(self, example: int, arguments: JsonObject) -> Calm:
        """Run an example twice, each on a stage of its own, then once more on the second."""
        (first, one, wrote_files), (other, again) = await asyncio.gather(
            self._alone(arguments), self._twice(arguments)
        )
        noise = noise_of(one, other)
        found = differences(other, again[1], noise)
        verdict = judge(
            found, _said(again[0]).beyond(_said(first)), again[1].open_steps, failed=again[0].failed
        )
        trial = Trial("same key twice", example, "after it had answered", verdict)
        return Calm(
            example, arguments, one, noise, first, trial, wrote_files, fresh_keys(one, other)
        )

    async def disturbed(self, calm: Calm, point: Point) -> Trial | None:
        """Disturb an operation at a point, and ask for it again until it is settled.

        Returns:
            None when the run never came to the point.
        """
        async with self.player.scene() as scene:
            last = await self._disturb(scene, calm.arguments, point)
            if last is None:
                return None
            left = await scene.ledger()
        found = differences(calm.ledger, left, calm.noise)
        verdict = judge(
            found, _said(last).beyond(_said(calm.first)), left.open_steps, failed=last.failed
        )
        return Trial(point.probe, point.example, point.words, verdict)

    async def grown(self, calm: Calm, before: JsonObject, probe: Probe, words: str) -> Trial:
        """Run an operation with other arguments that the key allows, then as the example has it."""
        async with self.player.scene() as scene:
            await self.player.run(scene, before)
            last = await self.player.run(scene, calm.arguments)
            left = await scene.ledger()
        found = repeated(calm.ledger, left)
        verdict = judge(
            found, _said(last).beyond(_said(calm.first)), left.open_steps, failed=last.failed
        )
        return Trial(probe, calm.example, words, verdict)

    async def _alone(self, arguments: JsonObject) -> tuple[Ran, Ledger, bool]:
        async with self.player.scene() as scene:
            before = await scene.ledger()
            ran = await self.player.run(scene, arguments)
            left = await scene.ledger()
            return ran, left, left.files != before.files

    async def _twice(self, arguments: JsonObject) -> tuple[Ledger, tuple[Ran, Ledger]]:
        async with self.player.scene() as scene:
            await self.player.run(scene, arguments)
            before = await scene.ledger()
            again = await self.player.run(scene, arguments)
            return before, (again, await scene.ledger())

    async def _disturb(self, scene: Scene, arguments: JsonObject, point: Point) -> Ran | None:
        if point.probe == "two at once":
            return await self.player.overtaken(scene, arguments, HeldBefore(point.number))
        if point.probe == "killed":
            killing = KilledAfter(point.number)
            await self.player.killed(scene, arguments, killing)
            self.kills += killing.reached.is_set()
            return await self._settled(scene, arguments) if killing.reached.is_set() else None
        losing = LostReply(point.number)
        first = await self.player.run(scene, arguments, losing)
        if not losing.reached.is_set():
            return None
        if first.failed or is_unfinished(_value(first)):
            return await self._settled(scene, arguments)
        return first

    async def _settled(self, scene: Scene, arguments: JsonObject) -> Ran:
        """Ask again as the service would, until the operation is finished or does not move on."""
        for _ in range(MOST_RUNS):
            before = len(scene.happened)
            ran = await self.player.run(scene, arguments)
            if not ran.failed and not is_unfinished(_value(ran)):
                return ran
            if len(scene.happened) == before:
                return ran
        return scene.runs[-1]


def fresh_keys(one: Ledger, other: Ledger) -> tuple[str, ...]:
    """Name keys that are another at each attempt: those of steps, and those sent with requests."""
    found = [
        f"the key of ctx.once, such as {key}" for key in sorted(one.steps.keys() - other.steps)
    ]
    keys = _request_keys(other.happened)
    for name, sent in _request_keys(one.happened).items():
        if name in keys and sent.isdisjoint(keys[name]):
            found.append(f"the Idempotency-Key of {name}, such as {min(sent)}")
    return tuple(found)


def _request_keys(happened: Sequence[Happened]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in happened:
        if one.kind == "request" and one.key:
            found.setdefault(one.name, set()).add(one.key)
    return found


def _value(ran: Ran) -> Json:
    return ran.outcome.value if ran.outcome is not None else None


def _said(ran: Ran) -> Admitted:
    return admitted(_value(ran))
