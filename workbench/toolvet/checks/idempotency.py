"""The check `idempotency`: whether a writing tool does its work once, whatever happens meanwhile.

Its examples are run against fakes and a scratch store: twice under the same key, ended after each
effect that they were seen to have and run again, overtaken by another run, with replies that were
lost, and with arguments that grew. What all runs of an operation left is held against what one
undisturbed run leaves. An effect twice, or one that is missing and named nowhere, is an error;
one that the tool names as uncertain is what it should do.
"""

import asyncio
import time
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field

from toolvet.checks.base import (
    RUN,
    Check,
    CheckContext,
    Inputs,
    conclude,
    not_applicable,
    unknown,
)
from toolvet.checks.fakes import Fakes, fakes
from toolvet.checks.interface import Interface, example_arguments, interface_of
from toolvet.checks.probing import fresh, plan, telling
from toolvet.checks.probing.plan import Point
from toolvet.checks.probing.player import Player
from toolvet.checks.probing.trials import Calm, Trial, Trials
from toolvet.checks.schemas import compile_schema, problems
from toolvet.checks.seeding import seed_of
from toolvet_reviews.bundle import Idempotency
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json
from toolvet_reviews.words import counted

NAME = "idempotency"
MOST_EXAMPLES = 8
MOST_LOST = 4
MOST_AT_ONCE = 2
MOST_GROWN = 2
BUDGET_S = 8.0
"""For the trials of one revision; a slow tool is disturbed less often."""
FEWEST = 3
"""Points that are tried however slow the tool is."""
TIMEOUT_S = 60.0
PATIENCE_S = 4.0
PATIENCE = 10
"""How much longer than undisturbed a disturbed run may take, beside so many seconds."""
_RUNS_OF_TRIAL = 3
_PER_ATTEMPT = frozenset({
    "attempt", "nonce", "now", "random", "run_id", "seed", "timestamp", "trace_id", "uuid",
})  # fmt: skip


@dataclass
class _Looked:
    """What the trials of all examples showed."""

    calm: list[Calm] = field(default_factory=list[Calm])
    trials: list[Trial] = field(default_factory=list[Trial])
    reasons: list[str] = field(default_factory=list[str])
    unlooked: list[str] = field(default_factory=list[str])
    kills: int = 0
    runs: int = 0


async def run(context: CheckContext) -> Evidence:
    """Disturb the examples of a writing tool, and compare what is left."""
    spec = context.bundle.spec
    if not spec.effects.writes:
        why = "it changes nothing: that the same call gives the same is seen elsewhere"
        return not_applicable(NAME, why)
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    if not spec.examples or spec.idempotency is None:
        return unknown(NAME, "not run: it has no example, or names no key")
    with fakes(context.bundle) as made:
        player = Player(context, made)
        looked = await _look(context, player, interface, spec.idempotency)
        findings = await telling.findings(context.bundle, player, looked.calm, looked.trials)
        looked.runs = player.runs
    keys = await fresh.read(context)
    looked.reasons += [keys.doubt] if keys.doubt else []
    findings += [*fresh.findings(context.bundle, looked.calm, keys), *_untried(context, looked)]
    findings += _of_key(spec.idempotency, interface)
    return _evidence(context, looked, findings, made)


CHECK = Check(
    NAME,
    run,
    Inputs(
        "tool",
        ("python", "platform"),
        runs=True,
        inert=True,
        spec=RUN,
        asked=("thresholds",),
    ),
    needs=("intake", "environment", "interface"),
    timeout_s=TIMEOUT_S,
)


async def _look(
    context: CheckContext, player: Player, interface: Interface, rule: Idempotency
) -> _Looked:
    looked, trials = _Looked(), Trials(player)
    ends = time.monotonic() + TIMEOUT_S / 2
    for calm in await _calm(context, trials, looked):
        looked.calm.append(calm)
        looked.trials.append(calm.again)
    chosen, left_out = _chosen(context, looked.calm)
    looked.unlooked += [f"{counted(left_out, 'further point')} to be disturbed"] if left_out else []
    player.patience_s = PATIENCE_S + PATIENCE * max((one.seconds for one in looked.calm), default=0)
    by_example = {calm.example: calm for calm in looked.calm}
    found = await asyncio.gather(
        *(_in_time(trials, by_example[one.example], one, ends) for one in chosen),
        *_grown(trials, interface, rule, looked.calm),
    )
    for one in found:
        if isinstance(one, str):
            looked.unlooked.append(f"for want of time: {one}")
        elif one is not None:
            looked.trials.append(one)
    looked.kills = trials.kills
    if any(one.probe == "killed" for one in chosen) and not looked.kills:
        looked.reasons.append("it could not be killed at any point")
    return looked


async def _calm(context: CheckContext, trials: Trials, looked: _Looked) -> list[Calm]:
    """Run the examples undisturbed; keep those that had an effect."""
    examples = context.bundle.spec.examples
    looked.unlooked += [f"example {n}" for n in range(MOST_EXAMPLES + 1, len(examples) + 1)]
    numbered = list(enumerate(examples[:MOST_EXAMPLES], 1))
    found = await asyncio.gather(
        *(trials.calm(n, example_arguments(context.bundle, one)) for n, one in numbered)
    )
    kept: list[Calm] = []
    for (number, example), calm in zip(numbered, found, strict=True):
        if calm.first.is_cut:
            looked.reasons.append(f"example {number} had more effects than can be compared")
        elif calm.first.failed and not example.raises:
            looked.reasons.append(f"example {number} did not give its result: {calm.first.failed}")
        elif calm.wrote_files or any(one.kind != "word" for one in calm.happened):
            kept.append(calm)
    return kept


def _chosen(context: CheckContext, calm: Sequence[Calm]) -> tuple[list[Point], int]:
    """Choose points of all examples: kills as the policy says, a few of the others."""
    found = [point for one in calm for point in plan.points(one.example, one.happened)]
    seed = seed_of(context, "tool")
    slowest = max((one.seconds for one in calm), default=0.0)
    room = max(FEWEST, int(BUDGET_S / max(slowest * _RUNS_OF_TRIAL, 0.001)))
    kills = min(context.asked.thresholds.kills, room)
    few = max(1, room // 2)
    most = {
        "killed": kills,
        "reply lost": min(MOST_LOST, few),
        "two at once": min(MOST_AT_ONCE, few),
    }
    chosen: list[Point] = []
    for probe, number in most.items():
        of_probe = [point for point in found if point.probe == probe]
        chosen += plan.chosen(of_probe, number, f"{seed} {probe}")
    killable = sum(point.probe == "killed" for point in found)
    return chosen, max(0, killable - kills)


async def _in_time(trials: Trials, calm: Calm, point: Point, ends: float) -> Trial | str | None:
    """Disturb an operation at a point; a text when there is no time left for it."""
    if time.monotonic() > ends:
        return point.words
    return await trials.disturbed(calm, point)


def _grown(
    trials: Trials, interface: Interface, rule: Idempotency, calm: Iterable[Calm]
) -> list[Awaitable[Trial]]:
    """Deliver operations first with a part of what may grow."""
    schema = compile_schema(interface.input_schema)
    found: list[Awaitable[Trial]] = []
    for one in calm:
        before = plan.shorter(rule, one.arguments)
        if before is not None and not problems(schema, before) and len(found) < MOST_GROWN:
            words = "first with half of what may grow"
            found.append(trials.grown(one, before, "grown", words))
    return found


def _of_key(rule: Idempotency, interface: Interface) -> list[Finding]:
    """Tell of declared keys that do not name an operation."""
    required = interface.input_schema.get("required")
    always = required if isinstance(required, list) else []
    found: list[Finding] = []
    for name in rule.key:
        if name.lower() in _PER_ATTEMPT:
            message = f"The key `{name}` sounds like another one at each attempt."
            fix = "Name the arguments that are the same when the same thing is asked for again."
            found.append(telling.finding("key-per-attempt", "warning", message, fix=fix))
        elif name not in always:
            message = f"The key `{name}` may be left out: then all such calls are one operation."
            fix = "Give it no default, or take it out of the key."
            found.append(telling.finding("key-optional", "warning", message, fix=fix))
    return found


def _untried(context: CheckContext, looked: _Looked) -> list[Finding]:
    """Tell of what nothing could be tried of."""
    if looked.calm or looked.reasons:
        return []
    network = context.bundle.spec.effects.network
    unfaked = [rule.host for rule in network if rule.protocol == "tcp"]
    if unfaked:
        message = f"Nothing stands in for {unfaked[0]}, so that what it writes there is not tried."
        fix = "A reviewer has to judge it, and may waive this; other protocols have fakes."
    else:
        message = "No example had an effect, so that nothing could be tried."
        fix = "Add an example that writes, with what it reads in cassettes or in its arguments."
    return [telling.finding("untried", "error", message, fix=fix)]


def _evidence(
    context: CheckContext, looked: _Looked, findings: list[Finding], made: Fakes
) -> Evidence:
    is_bad = any(finding.severity == "error" for finding in findings)
    probes: list[Json] = [telling.probe_to_json(trial) for trial in looked.trials]
    probes += telling.refused(context.bundle.spec.idempotency, looked.calm)
    if made.takes_turns:
        looked.unlooked.append("moments between two writes into a folder")
    return conclude(
        NAME,
        findings,
        looked.reasons,
        measurements={
            "proved": bool(looked.kills) and not is_bad and not looked.reasons,
            "probes": probes,
            "kills": looked.kills,
            "runs": looked.runs,
            "uncertain": sum(trial.verdict.word == "uncertain" for trial in looked.trials),
        },
        not_looked_at=looked.unlooked,
        tools={"python": context.tools.versions["python"]},
        raw="\n".join(telling.lines(looked.trials)),
        tier=context.tier,
        nothing=telling.summary(looked.trials, looked.kills),
    )
