"""The check `examples`: each must give its result, and give it again.

Every run is a fresh process against fakes. A pure tool must answer twice alike. One that writes is
run again on the same store, the same mailbox and the same folders, and must leave them as the first
run did. A tool with effects is watched meanwhile: what it did is for the check `effects` to judge.
"""

import asyncio
import json
from dataclasses import dataclass, field, replace

from toolvet.checks.base import RUN, Check, CheckContext, Inputs, conclude, is_watched, unknown
from toolvet.checks.fake_host import FakeHost
from toolvet.checks.fakes import Fakes, fakes
from toolvet.checks.interface import Interface, example_arguments, interface_of, tool_image
from toolvet.checks.observing import fake_findings, measured, observe
from toolvet.checks.schemas import compile_schema, problems
from toolvet.checks.stage import Stage
from toolvet.sandbox import Outcome
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Example
from toolvet_reviews.effect_ledger import Observed
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json

NAME = "examples"
MAX_EXAMPLES = 50
_AT_ONCE = 2
_FAILURES = {
    "timed_out": "did not end in time",
    "output_limit": "printed more than is allowed",
    "died": "ended its process without an answer",
    "refused": "gave an answer that is not acceptable JSON",
}


@dataclass
class _Played:
    """What two runs of one example showed."""

    findings: list[Finding] = field(default_factory=list[Finding])
    repeat_equal: bool = True
    log_events: int = 0
    asked: dict[str, int] = field(default_factory=dict[str, int])
    output: str = ""
    slowest_ms: float = 0.0
    observed: list[Observed] = field(default_factory=list[Observed])
    is_cut: bool = False


async def run(context: CheckContext) -> Evidence:
    """Run every example twice."""
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    examples = context.bundle.spec.examples
    if not examples:
        fix = "Add [[examples]] with arguments and the result they must give."
        return conclude(NAME, [_error("missing", "There is no example.", fix=fix)])
    with fakes(context.bundle) as made:
        gate = asyncio.Semaphore(1 if made.takes_turns else _AT_ONCE)
        played = await asyncio.gather(
            *(
                _play(context, made, interface, number, example, gate)
                for number, example in enumerate(examples[:MAX_EXAMPLES], 1)
            )
        )
    asked: dict[str, Json] = {}
    for one in played:
        for operation, count in one.asked.items():
            earlier = asked.get(operation, 0)
            asked[operation] = count + (earlier if isinstance(earlier, int) else 0)
    return conclude(
        NAME,
        [*made.findings, *(finding for one in played for finding in one.findings)],
        measurements={
            **measured(
                [observed for one in played for observed in one.observed],
                runs=2 * len(played),
                is_cut=any(one.is_cut for one in played),
            ),
            "examples": len(played),
            "runs": 2 * len(played),
            "repeat_equal": all(one.repeat_equal for one in played),
            "log_events": sum(one.log_events for one in played),
            "asked": asked,
            "slowest_ms": round(max(one.slowest_ms for one in played)),
        },
        not_looked_at=[f"example {n}" for n in range(MAX_EXAMPLES + 1, len(examples) + 1)],
        tools={"python": context.tools.versions["python"]},
        raw="\n".join(one.output for one in played if one.output),
        tier=context.tier,
        nothing="1 example gave its result, twice"
        if len(played) == 1
        else f"{len(played)} examples gave their result, twice",
    )


CHECK = Check(
    NAME,
    run,
    Inputs("tool", ("python", "platform"), runs=True, inert=True, spec=RUN),
    needs=("intake", "environment", "interface"),
)


async def _play(
    context: CheckContext,
    made: Fakes,
    interface: Interface,
    number: int,
    example: Example,
    gate: asyncio.Semaphore,
) -> _Played:
    played = _Played()
    arguments = example_arguments(context.bundle, example)
    stage = Stage(made, FakeHost(context.bundle), made.world())
    image = replace(made.image(tool_image(context.bundle, context)), watch=is_watched(context))
    async with gate:
        await stage.set_up()
        first = await context.pool.call(
            image, arguments, context.limits, stage.host, stage.world.network()
        )
        left = await stage.left()
        logged = stage.host.asked["log"]
        second = await context.pool.call(
            image, arguments, context.limits, stage.host, stage.world.network()
        )
        changed = left.beside(await stage.left())
    played.asked = dict(stage.host.asked)
    played.log_events = logged
    played.output = (first.output + second.output)[-4000:]
    played.slowest_ms = max(first.wall_ms, second.wall_ms)
    runs = stage.runs(first, second)
    played.findings += _judge(interface, number, example, first)
    _compare(context, number, (first, second), played, changed, stage.sending_line(runs))
    played.observed = observe(runs)
    played.is_cut = any(watched.cut for watched in runs.watched)
    played.findings += fake_findings(NAME, runs)
    return played


def _judge(interface: Interface, number: int, example: Example, got: Outcome) -> list[Finding]:
    """Hold the first run against what the example promises."""
    if got.status in _FAILURES:
        return [_error(got.status, f"Example {number} {_FAILURES[got.status]}.")]
    if got.status == "raised":
        said = got.error
        name = said.type if said else "an error"
        if example.raises and said and example.raises in {said.type.rpartition(".")[2], said.code}:
            return []
        promised = f"instead of {example.raises}" if example.raises else "instead of its result"
        message = f"Example {number} raised {name}: {said.message if said else ''}"[:400]
        place, line = (said.path, said.line) if said else ("", 0)
        return [_error("raised", f"{message} ({promised})", place=place, line=line)]
    if example.raises:
        return [
            _error(
                "not-raised", f"Example {number} should raise {example.raises}; it gave a result."
            )
        ]
    found: list[Finding] = []
    wanted = canonical.normalise(example.result)
    if canonical.dumps(got.value) != canonical.dumps(wanted):
        place, given, said = difference(got.value, wanted)
        where = f" at {place}" if place else ""
        message = f"Example {number} gave {_short(given)}{where}; tool.toml says {_short(said)}."
        found.append(
            _error("result", message, fix="One of them is wrong: correct the code or the example.")
        )
    fits = problems(compile_schema(interface.output_schema), got.value)
    found += [
        _error("schema", f"The result of example {number} does not fit: {text}") for text in fits
    ]
    return found


def _compare(
    context: CheckContext,
    number: int,
    runs: tuple[Outcome, Outcome],
    played: _Played,
    changed: str,
    sent_at: tuple[str, int],
) -> None:
    """Hold the second run against the first.

    Args:
        context: Of the check.
        number: Of the example.
        runs: The two.
        played: Gets what is found.
        changed: What the second left otherwise than the first; empty for nothing.
        sent_at: File and line that sent something last.
    """
    first, second = runs
    writes = context.bundle.spec.effects.writes
    same_answer = first.status == second.status and (
        first.status != "returned" or canonical.dumps(first.value) == canonical.dumps(second.value)
    )
    both_ended = first.status == second.status or second.status == "returned"
    played.repeat_equal = not changed and (both_ended if writes else same_answer)
    if played.repeat_equal:
        return
    what = changed or "gave another answer"
    again = _short(second.value) if second.status == "returned" else second.status
    fix = (
        "Guard each effect with ctx.once(key) or store.add_if_absent, mails and requests too."
        if writes
        else "Take time and seeds as arguments; sort what has no order."
    )
    message = f"Example {number} {what} when it was run again ({again})."
    place, line = sent_at if changed.startswith("sent") and sent_at[0] else ("tool.toml", 0)
    played.findings.append(
        _error("repeat", message, fix=fix, category="idempotency", place=place, line=line)
    )


def difference(given: Json, said: Json, place: str = "") -> tuple[str, Json, Json]:
    """Find the first place where two values differ.

    Returns:
        A JSON pointer, and what stands there on either side; None where nothing does.
    """
    if isinstance(given, dict) and isinstance(said, dict):
        for name in sorted(given.keys() | said.keys()):
            if given.get(name) != said.get(name) or (name in given) != (name in said):
                return difference(given.get(name), said.get(name), f"{place}/{name}")
    if isinstance(given, list) and isinstance(said, list) and len(given) == len(said):
        for index, (one, other) in enumerate(zip(given, said, strict=True)):
            if one != other:
                return difference(one, other, f"{place}/{index}")
    return place, given, said


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 160 else f"{text[:157]}..."


def _error(
    rule: str, message: str, *, fix: str = "", place: str = "tool.toml", line: int = 0,
    category: str = "examples",
) -> Finding:  # fmt: skip
    return Finding(
        f"{NAME}.{rule}", "error", message[:800], place, line, line, category=category, fix=fix,
        why="An example is a promise to callers.",
    )  # fmt: skip
