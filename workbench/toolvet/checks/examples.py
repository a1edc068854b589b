"""The check `examples`: each must give its result, and give it again.

Every run is a fresh process against a host without effects. A pure tool must answer twice alike.
One that writes is run again on the same store, and must leave it as the first run did.
"""

import asyncio
import json
from dataclasses import dataclass, field

from toolvet.checks.base import Check, CheckContext, Inputs, conclude, unknown
from toolvet.checks.fake_host import FakeHost
from toolvet.checks.interface import Interface, example_arguments, interface_of, tool_image
from toolvet.checks.schemas import compile_schema, problems
from toolvet.sandbox import Outcome
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Example
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


async def run(context: CheckContext) -> Evidence:
    """Run every example twice."""
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    examples = context.bundle.spec.examples
    if not examples:
        fix = "Add [[examples]] with arguments and the result they must give."
        return conclude(NAME, [_error("missing", "There is no example.", fix=fix)])
    gate = asyncio.Semaphore(_AT_ONCE)
    played = await asyncio.gather(
        *(
            _play(context, interface, number, example, gate)
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
        [finding for one in played for finding in one.findings],
        measurements={
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


CHECK = Check(NAME, run, Inputs("all", ("python",), runs=True), needs=("interface",))


async def _play(
    context: CheckContext,
    interface: Interface,
    number: int,
    example: Example,
    gate: asyncio.Semaphore,
) -> _Played:
    played = _Played()
    arguments = example_arguments(context.bundle, example)
    image = tool_image(context.bundle, context)
    host = FakeHost(context.bundle)
    async with gate:
        first = await context.pool.call(image, arguments, context.limits, host)
        left = host.state()
        logged = host.asked["log"]
        second = await context.pool.call(image, arguments, context.limits, host)
    played.asked = dict(host.asked)
    played.log_events = logged
    played.output = (first.output + second.output)[-4000:]
    played.slowest_ms = max(first.wall_ms, second.wall_ms)
    played.findings += _judge(interface, number, example, first)
    _compare(context, number, (first, second), played, same_state=host.state() == left)
    played.findings += [
        _error("undeclared-effect", f"Example {number} asked for {name}, which is not declared.",
               fix="Declare it under [effects].", category="undeclared-effect")
        for name in sorted(host.undeclared)
    ]  # fmt: skip
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
    *,
    same_state: bool,
) -> None:
    """Hold the second run against the first."""
    first, second = runs
    writes = context.bundle.spec.effects.kind in {"write", "destructive"}
    same_answer = first.status == second.status and (
        first.status != "returned" or canonical.dumps(first.value) == canonical.dumps(second.value)
    )
    both_ended = first.status == second.status or second.status == "returned"
    played.repeat_equal = same_state and (both_ended if writes else same_answer)
    if played.repeat_equal:
        return
    what = "left another state behind" if not same_state else "gave another answer"
    again = _short(second.value) if second.status == "returned" else second.status
    fix = (
        "Guard each effect with ctx.once(key) or store.add_if_absent."
        if writes
        else "Take time and seeds as arguments; sort what has no order."
    )
    message = f"Example {number} {what} when it was run again ({again})."
    played.findings.append(_error("repeat", message, fix=fix, category="idempotency"))


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
