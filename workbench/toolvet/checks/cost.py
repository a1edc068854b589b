"""The check `cost`: what a call takes, and whether the tool pays against doing it by prompting.

Each example is run a few times against fakes: time is the median, memory the smallest of a few caps
that was enough. Tokens are those of arguments and result as a model writes and reads them.
What is not measured is assumed, and evidence names each assumption. It informs, and never blocks.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

from toolvet.checks.base import (
    RUN,
    Check,
    CheckContext,
    Inputs,
    conclude,
    is_test,
    python_files,
    unknown,
)
from toolvet.checks.interface import Interface, interface_of
from toolvet.checks.manifest_build import definition
from toolvet.checks.tokens import Counter, counter
from toolvet.checks.versions import Asked, Player, examples_of, failure, player, submitted
from toolvet.sandbox import Outcome
from toolvet_reviews import canonical
from toolvet_reviews.break_even import BreakEven, Measured, assumptions, break_even
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json

NAME = "cost"
MOST_EXAMPLES = 5
SLOW_MS = 2000.0
"""From here on one run is measure enough."""
MEMORY_MIB = (64, 256)
"""Address space that is tried; each takes a process of its own to start from."""
RUNS = 3
"""Of each example. The first of an image starts its process anew and is no measure of a call."""


@dataclass
class _Runs:
    """What runs of the examples took."""

    times_ms: list[float] = field(default_factory=list[float])
    tokens_in: list[int] = field(default_factory=list[int])
    tokens_out: list[int] = field(default_factory=list[int])
    memory_mib: int | None = None
    """Enough for the first example."""


async def run(context: CheckContext) -> Evidence:
    """Measure the examples, and draw the line under them."""
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    examples = examples_of(context.bundle)[:MOST_EXAMPLES]
    if not examples:
        return unknown(NAME, "nothing to measure: there is no example")
    counting = counter()
    with player(submitted(context, interface), context.pool) as tool:
        runs = await _measure(tool, examples, counting)
    found = _measured(context, interface, runs, counting)
    said = break_even(context.bundle.spec.cost, context.bundle.spec.effects.kind, found)
    return conclude(
        NAME,
        _findings(context.bundle, said),
        measurements=_measurements(found, said, counting, runs.memory_mib),
        tools={"python": context.tools.versions["python"]},
        tier=context.tier,
        nothing=f"{said.sentence()} ({found.time_ms:.0f} ms, {found.tokens_in} tokens in, "
        f"{found.tokens_out} out{' by estimate' if counting.name == 'estimate' else ''})",
    )


CHECK = Check(
    NAME,
    run,
    Inputs("all", ("python", "platform"), runs=True, spec=(*RUN, "cost", "tool")),
    needs=("intake", "environment", "interface", "effects"),
)


async def _measure(tool: Player, examples: Iterable[Asked], counting: Counter) -> _Runs:
    found = _Runs()
    for example in examples:
        outcome: Outcome | None = None
        for number in range(RUNS):
            stage = tool.stage(files=example.files)
            await stage.set_up()
            outcome = await tool.run(stage, example.arguments)
            is_slow = outcome.wall_ms > SLOW_MS
            if number or is_slow:
                found.times_ms.append(outcome.wall_ms)
            if is_slow:
                break
        if outcome is not None and not found.tokens_in:
            found.memory_mib = await _memory(tool, example, failure(outcome))
        found.tokens_in.append(_tokens(counting, example.arguments))
        if outcome is not None and outcome.status == "returned":
            found.tokens_out.append(_tokens(counting, outcome.value))
    return found


def _tokens(counting: Counter, value: Json) -> int:
    return counting.tokens(canonical.dumps(value).decode())


def _measured(
    context: CheckContext, interface: Interface, runs: _Runs, counting: Counter
) -> Measured:
    shown = definition(context.bundle.spec, interface)
    known: Json = [shown.name, shown.description, shown.input_schema, shown.output_schema]
    return Measured(
        tokens_in=round(statistics.median(runs.tokens_in)),
        tokens_out=round(statistics.median(runs.tokens_out or [0])),
        tokens_definition=_tokens(counting, known),
        time_ms=round(statistics.median(runs.times_ms), 1),
        lines=lines_of(context.bundle),
        warnings=sum(
            finding.severity == "warning"
            for evidence in context.earlier.values()
            for finding in evidence.findings
        ),
    )


async def _memory(tool: Player, example: Asked, usual: str) -> int | None:
    """Find memory that is enough for a call, in MiB; None when it is more than what is tried.

    Address space, interpreter included, since that is what is capped; a bound, not a peak.
    """
    for memory_mib in MEMORY_MIB:
        if memory_mib >= tool.version.limits.memory_mib:
            return tool.version.limits.memory_mib
        stage = tool.stage(files=example.files)
        await stage.set_up()
        outcome = await tool.run(stage, example.arguments, memory_mib=memory_mib)
        if failure(outcome) == usual:
            return memory_mib
    return None


def lines_of(bundle: Bundle) -> int:
    """Count the lines that a reviewer reads: none that is blank or a comment, tests by half."""
    count = 0.0
    for path, data in python_files(bundle).items():
        lines = (line.strip() for line in data.splitlines())
        count += sum(bool(line) and not line.startswith(b"#") for line in lines) * (
            0.5 if is_test(path) else 1
        )
    return round(count)


def _findings(bundle: Bundle, said: BreakEven) -> list[Finding]:
    if said.pays is not False:
        return []
    return [
        Finding(
            f"{NAME}.not-worth-it", "warning", f"The tool {said.sentence()}.", "tool.toml",
            category="cost", why="A tool that saves nothing is still read, kept and called wrongly.",
            fix="Do without it, or say under [cost] what it really spares: calls_per_month, "
            "prompt_steps_per_call, items_per_call.",
        )
    ]  # fmt: skip


def _measurements(
    found: Measured, said: BreakEven, counting: Counter, memory_mib: Json
) -> dict[str, Json]:
    saved_s = said.saved_s_per_month
    return {
        "break_even_calls": said.calls,
        "pays": said.pays,
        "says": said.sentence(),
        "tokens_in": found.tokens_in,
        "tokens_out": found.tokens_out,
        "tokens_definition": found.tokens_definition,
        "tokens_by": counting.name,
        "time_ms": found.time_ms,
        "memory_mib": memory_mib,
        "calls_per_month": said.calls_per_month,
        "saved_tokens_per_call": said.saved_tokens,
        "saved_s_per_call": said.saved_s,
        "saved_tokens_per_month": said.saved_tokens_per_month,
        "saved_s_per_month": None if saved_s is None else round(saved_s),
        "review_minutes": said.review_minutes,
        "lines": found.lines,
        "steps_without": said.steps,
        "steps_by": said.steps_by,
        "assumed": assumptions(),
    }
