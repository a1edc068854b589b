"""Variants of a tool, run in the walls against its author's tests or examples.

Inside, a fault, a canary, a control and the tool as it is are nothing but numbered edits. Which is
which is known out here only, and the numbers are drawn anew for every run: code that wants to look
well tested has to tell a broken tool from a whole one, and that is what tests are for.
"""

import asyncio
import base64
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from toolvet.checks import reading
from toolvet.checks.base import (
    PARSER_LIMITS,
    PROGRAM_LIMITS,
    CheckContext,
    is_test,
    program_trouble,
    python_files,
)
from toolvet.checks.confinement import CONFINED, parser_image
from toolvet.checks.environment import at_hand
from toolvet.checks.fakes import fakes
from toolvet.checks.interface import example_arguments
from toolvet.checks.seeding import seed_of
from toolvet.sandbox import ProgramOutcome, run_program
from toolvet.sandbox.launch import Reach
from toolvet_reviews.values import Json, JsonObject

SECONDS = 15.0
"""How long faults are put in; those that are left then were not looked at."""
_WALL_S = 50.0
MOST_FRESH = 12
"""Faults in what runs at import, each of which takes a process that imports anew."""
_WORKERS = 2
_PLAN_LIMITS = replace(PARSER_LIMITS, result_kib=16 << 10)

Kind = Literal["probe", "repeat", "control", "canary", "mutant"]


@dataclass(frozen=True)
class Variant:
    """One variant and what it is for."""

    kind: Kind
    name: str
    """Of a canary; of a repeat, its order."""
    edits: tuple[Json, ...]
    order: str | None = None
    """Seed of the order of tests; None for the one they are written in."""
    block: int | None = None
    """Where the fault lies; None for anywhere."""
    path: str = ""
    line: int = 0
    label: str = ""
    place: str = ""
    """Name of the function the fault lies in."""


@dataclass(frozen=True)
class Plan:
    """What is run."""

    variants: tuple[Variant, ...]
    candidates: int
    """Mutants there were to pick from."""
    blocks: tuple[JsonObject, ...]
    conditions: tuple[JsonObject, ...]
    functions: int
    lines: JsonObject
    """Lines of tests, by path and name."""


@dataclass
class Ran:
    """What came of it."""

    ids: list[str] = field(default_factory=list[str])
    answers: dict[int, JsonObject] = field(default_factory=dict[int, JsonObject])
    """By the place of a variant in its plan."""
    reasons: list[str] = field(default_factory=list[str])
    raw: str = ""


async def plan(context: CheckContext, *, mutants: int, repeats: int) -> Plan | str:
    """Make the variants of a bundle in a confined child; a text says why there are none."""
    files = {path: data.decode() for path, data in python_files(context.bundle).items()}
    tool: dict[str, Json] = {path: text for path, text in files.items() if not is_test(path)}
    tests: dict[str, Json] = {path: text for path, text in files.items() if is_test(path)}
    seed = seed_of(context)
    asked: tuple[tuple[str, JsonObject], ...] = (
        ("mutants:mutants", {"files": tool, "seed": seed, "most": mutants}),
        ("variants:variants", {"files": tool, "seed": secrets.token_hex(16)}),
        ("variants:suite", {"files": tests}),
    )
    outcomes = await asyncio.gather(
        *(context.pool.call(parser_image(name), given, _PLAN_LIMITS) for name, given in asked)
    )
    values: list[JsonObject] = []
    for outcome in outcomes:
        value = reading.entry(outcome.value)
        if outcome.status != "returned" or not value or "error" in value:
            what = value.get("error") or outcome.status
            return f"no variants of the tool could be made ({what})"
        values.append(value)
    return _plan(values[0], values[1], values[2], seed, repeats)


def _plan(
    mutants: JsonObject, others: JsonObject, suite: JsonObject, seed: str, repeats: int
) -> Plan:
    blocks = tuple(reading.entries(others.get("blocks")))
    canaries = reading.entry(others.get("canaries"))
    variants = [
        Variant("probe", "", _edits(others.get("probe"))),
        *_repeats(seed, repeats),
        *(Variant("canary", name, _edits(edits)) for name, edits in canaries.items()),
    ]
    controls = others.get("controls")
    told = controls if isinstance(controls, list) else []
    variants += [Variant("control", "", _edits(edits)) for edits in told]
    variants += [_mutant(said, blocks) for said in reading.entries(mutants.get("mutants"))]
    return Plan(
        tuple(variants),
        reading.number(mutants.get("candidates")),
        blocks,
        tuple(reading.entries(others.get("conditions"))),
        len(reading.entries(others.get("functions"))),
        reading.entry(suite.get("lines")),
    )


def _repeats(seed: str, repeats: int) -> list[Variant]:
    """The tool as it is: once in the order of the files, then twice in each of some others."""
    orders = [f"{seed}-{number}" for number in range(1, max(2, repeats))]
    shuffled = [Variant("repeat", order, (), order) for order in orders for _ in range(2)]
    return [Variant("repeat", "", ()), *shuffled]


def _edits(value: Json) -> tuple[Json, ...]:
    return tuple(reading.entries(value))


def _mutant(said: JsonObject, blocks: Sequence[JsonObject]) -> Variant:
    path, start, end = reading.text(said.get("path")), said.get("start"), said.get("end")
    edit: JsonObject = {"path": path, "start": start, "end": end, "text": said.get("text")}
    return Variant(
        "mutant", "", (edit,),
        block=_block(blocks, path, reading.number(start), reading.number(end)),
        path=path,
        line=reading.number(said.get("line")),
        label=reading.text(said.get("label")),
        place=reading.text(said.get("place")),
    )  # fmt: skip


def _block(blocks: Sequence[JsonObject], path: str, start: int, end: int) -> int | None:
    """Find the innermost block that holds some bytes."""
    best: tuple[int, int] | None = None
    for number, block in enumerate(blocks):
        first, last = reading.number(block.get("start")), reading.number(block.get("end"))
        if block.get("path") == path and first <= start and end <= last:
            best = min(best or (last - first, number), (last - first, number))
    return best[1] if best else None


# --- running -------------------------------------------------------------------------------------


async def run_plan(context: CheckContext, made: Plan, *, with_tests: bool) -> Ran:
    """Run a plan in the walls."""
    numbers = [*range(len(made.variants))]
    secrets.SystemRandom().shuffle(numbers)
    tool_files = [path for path in python_files(context.bundle) if not is_test(path)]
    tests = sorted(path for path, names in made.lines.items() if names) if with_tests else []
    orders: JsonObject = {
        "modules": [*tool_files],
        "tests": [*tests],
        "examples": [] if with_tests else _examples(context),
        "entry": context.bundle.spec.entry,
        "fresh": MOST_FRESH,
        "seconds": SECONDS,
        "workers": _WORKERS,
        "jobs": [
            {
                "job": number,
                "edits": [*made.variants[place].edits],
                "order": made.variants[place].order,
                "full": made.variants[place].kind != "mutant",
                "probe": made.variants[place].kind == "probe",
                "block": made.variants[place].block,
            }
            for number, place in enumerate(numbers)
        ],
    }
    outcome = await _program(context, json.dumps(orders).encode())
    return _read(outcome, numbers)


def _examples(context: CheckContext) -> list[Json]:
    bundle = context.bundle
    return [
        {
            "arguments": example_arguments(bundle, example),
            "files": [
                [path.rpartition("/")[2], base64.b64encode(bundle.files[path]).decode()]
                for path in example.files.values()
            ],
        }
        for example in bundle.spec.examples
    ]


async def _program(context: CheckContext, orders: bytes) -> ProgramOutcome:
    tools = context.tools
    environment = await at_hand(context)
    folders = [*([environment.folder] if environment else []), tools.packages]
    runner = [str(tools.python), "-I", "-S", "-B", str(CONFINED / "mutation.py")]
    with fakes(context.bundle) as made:
        return await run_program(
            [*runner, "/tool", "/sdk", os.pathsep.join(map(str, folders))],
            folder=context.folder,
            binds=[CONFINED, *folders],
            limits=replace(PROGRAM_LIMITS, wall_s=_WALL_S, result_kib=16 << 10),
            walls=context.pool.report,
            stdin=orders,
            report=True,
            reach=Reach(mounts=made.mounts, endpoints=made.endpoints, ca=made.ca),
            network=made.world().network(),
        )


def _read(outcome: ProgramOutcome, numbers: Sequence[int]) -> Ran:
    ran = Ran(
        reasons=program_trouble("the run of variants", outcome, (0,)),
        raw=outcome.stderr.decode("utf-8", "replace"),
    )
    is_over = False
    for record in reading.lines(outcome.report):
        kind, number = record.get("kind"), record.get("job")
        if is_over:
            ran.reasons.append("the run of variants went on after its end")
        elif kind == "collected" and not ran.ids:
            ran.ids = reading.texts(record.get("ids"))
        elif kind == "trouble":
            ran.reasons.append(reading.text(record.get("text")))
        elif kind == "job" and isinstance(number, int) and 0 <= number < len(numbers):
            place = numbers[number]
            if place in ran.answers:
                ran.reasons.append("a variant was answered for twice")
            ran.answers[place] = record
        elif kind == "end":
            is_over = True
    if not is_over and not ran.reasons:
        ran.reasons.append("the run of variants did not come to its end")
    return ran


def outcomes_of(answer: JsonObject | None) -> dict[int, JsonObject]:
    """Read what became of each test, by its place among the collected ones."""
    said = reading.entry((answer or {}).get("outcomes"))
    return {
        int(number): cast("JsonObject", value)
        for number, value in said.items()
        if number.isdecimal() and len(number) < 7 and isinstance(value, dict)
    }
