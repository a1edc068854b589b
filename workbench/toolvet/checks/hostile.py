"""The check `hostile`: arguments as an attacker would give them, and how far they get.

Texts that inject into queries, shells, templates, paths, headers and logs, oversized and odd ones,
numbers at their limits: each put into arguments that the schema accepts, each in a process of its
own against fakes. What counts is what our side of the wall saw: a header, a path, a file, a computed
sum. Meanwhile the tool has to stay within its limits.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from toolvet.checks.base import (
    RUN,
    Check,
    CheckContext,
    Inputs,
    conclude,
    not_applicable,
    snippet,
    unknown,
)
from toolvet.checks.fakes import Fakes, fakes
from toolvet.checks.generating.contents import with_contents
from toolvet.checks.generating.generator import generate, given_by, normalised, version
from toolvet.checks.generating.judging import Judge, Wrong
from toolvet.checks.generating.payloads import Attempt, injections, oversized
from toolvet.checks.generating.reached import Reached, reached_by
from toolvet.checks.generating.rounds import Ran, Rounds
from toolvet.checks.interface import Interface, interface_of
from toolvet.checks.schemas import compile_schema, problems
from toolvet_reviews import canonical
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import counted, one_line

NAME = "hostile"
_INJECTIONS, _OVERSIZED = 64, 28
_INJECTIONS_OF_EFFECTS, _OVERSIZED_OF_EFFECTS = 40, 10
_WATCHED = 4
"""Runs that are observed from outside: each costs tenths of a second."""
_BUDGET_S, _BUDGET_OF_EFFECTS_S = 20.0, 10.0
_WALL_S = 2.5
_SMALL = 1024
"""Bytes of arguments that must never exhaust a tool."""
_SHARE = 0.8


@dataclass
class _Looked:
    findings: dict[str, Finding] = field(default_factory=dict[str, Finding])
    tried: Counter[str] = field(default_factory=Counter[str])
    not_looked_at: list[str] = field(default_factory=list[str])
    cut: list[Attempt] = field(default_factory=list[Attempt])
    """Runs of a tool that computes, cut off by us."""
    heaviest: Ran | None = None
    memory_share: float = 1.0
    largest_result: int = 0
    largest_output: int = 0

    def add(self, finding: Finding) -> None:
        """Take a finding, once for each weakness, or for each rule and place."""
        name = finding.cwe or f"{finding.rule} {finding.path}:{finding.line}"
        known = self.findings.get(name)
        if known is None or (known.severity != "error" and finding.severity == "error"):
            self.findings[name] = finding


async def run(context: CheckContext) -> Evidence:
    """Attack the tool through its arguments."""
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    if not interface.parameters:
        return not_applicable(NAME, "the tool takes no arguments")
    with fakes(context.bundle) as made:
        return await _Look(context, interface, made).evidence()


CHECK = Check(
    NAME,
    run,
    Inputs(
        "tool", ("python", "platform", "hypothesis"), runs=True, inert=True, spec=RUN, raises=True
    ),
    needs=("intake", "environment", "interface"),
)


class _Look:
    """One look at one tool."""

    def __init__(self, context: CheckContext, interface: Interface, made: Fakes) -> None:
        self._is_pure = context.bundle.spec.effects.kind == "pure"
        self._context = context
        self._bundle = context.bundle
        self._interface = interface
        self._fakes = made
        self._input = compile_schema(interface.input_schema)
        self._judge = Judge(context.bundle, interface, compile_schema(interface.output_schema))
        budget = _BUDGET_S if self._is_pure else _BUDGET_OF_EFFECTS_S
        self._rounds = Rounds(context, made, budget_s=budget, wall_s=_WALL_S)
        self._found = _Looked()

    async def evidence(self) -> Evidence:
        """Look, and say what was found."""
        ordinary = await self._ordinary()
        if ordinary is None:
            return unknown(NAME, "no arguments were found that the schema accepts")
        base = self._complete(ordinary.arguments)
        injected, large = self._attempts(base)
        watched = [one for one in injected if self._is_watched(one)][:_WATCHED]
        await self._try([one for one in injected if one not in watched], ordinary)
        await self._try_watched(watched, base)
        await self._try(large, ordinary)
        await self._tell_of_slowness()
        await self._try_less_memory()
        self._tell_of_sizes()
        return self._conclude()

    async def _ordinary(self) -> Ran | None:
        """Run the tool on arguments it was made for; on others that fit, if there are none."""
        examples = given_by(self._bundle)
        best: Ran | None = None
        for arguments in examples[:3]:
            ran = await self._rounds.one(arguments)
            if ran.outcome.status == "returned":
                return ran
            best = best or ran
        made = await generate(self._context, self._interface.input_schema, 8, examples)
        for arguments in made.cases[:4]:
            ran = await self._rounds.one(with_contents(self._bundle, arguments))
            if ran.outcome.status == "returned":
                return ran
            best = best or ran
        return best

    def _complete(self, arguments: JsonObject) -> JsonObject:
        """Give every argument that has a default a value, so that it can be attacked too."""
        properties = self._interface.input_schema.get("properties")
        named = properties if isinstance(properties, dict) else {}
        whole = dict(arguments)
        for name, schema in named.items():
            if name not in whole and isinstance(schema, dict):
                default = schema.get("default")
                for value in (default if default is not None else "text", "text"):
                    filled = normalised({**whole, name: value})
                    if filled is not None and not problems(self._input, filled, most=1):
                        whole = filled
                        break
        return whole

    def _attempts(self, base: JsonObject) -> tuple[list[Attempt], list[Attempt]]:
        many, large = (
            (_INJECTIONS, _OVERSIZED) if self._is_pure
            else (_INJECTIONS_OF_EFFECTS, _OVERSIZED_OF_EFFECTS)
        )  # fmt: skip
        made = list(islice(injections(base, self._input, is_pure=self._is_pure), many))
        return made, list(islice(oversized(base, self._input), large))

    def _is_watched(self, attempt: Attempt) -> bool:
        return attempt.family == "traversal" and bool(self._bundle.spec.effects.files)

    async def _try(self, attempts: Sequence[Attempt], ordinary: Ran) -> None:
        ran = await self._rounds.all([one.arguments for one in attempts])
        by_arguments = {canonical.dumps(one.arguments): one for one in ran}
        left = 0
        for attempt in attempts:
            found = by_arguments.get(canonical.dumps(attempt.arguments))
            if found is None:
                left += 1
                continue
            self._look_at(attempt, found, ordinary)
        if left:
            self._found.not_looked_at.append(f"{left} hostile arguments: out of time")

    async def _try_watched(self, attempts: Sequence[Attempt], base: JsonObject) -> None:
        if not attempts:
            return
        self._rounds.extend(4.0)
        ordinary = await self._rounds.one(base, watch=True)
        for attempt in attempts:
            if self._rounds.is_over:
                self._found.not_looked_at.append("paths out of the tool's folders: out of time")
                return
            ran = await self._rounds.one(attempt.arguments, watch=True)
            self._look_at(attempt, ran, ordinary)

    def _look_at(self, attempt: Attempt, ran: Ran, ordinary: Ran) -> None:
        found = self._found
        found.tried[attempt.family] += 1
        self._measure(ran)
        reached = reached_by(attempt, ran, ordinary, self._fakes)
        if reached is not None:
            found.add(self._of_reached(attempt, ran, reached))
        elif ran.is_cut and self._is_pure:
            found.cut.append(attempt)
        elif ran.is_cut:
            found.not_looked_at.append(f"the end of a slow run ({attempt.family})")
        elif (wrong := self._judge.wrong_with(ran)) is not None and wrong.kind in {
            "crash",
            "limit",
        }:
            found.add(self._of_wrong(attempt, wrong))

    def _measure(self, ran: Ran) -> None:
        found = self._found
        heaviest = found.heaviest
        if heaviest is None or ran.outcome.wall_ms > heaviest.outcome.wall_ms:
            found.heaviest = ran
        if ran.outcome.status == "returned":
            found.largest_result = max(
                found.largest_result, len(canonical.dumps(ran.outcome.value))
            )
        found.largest_output = max(found.largest_output, len(ran.outcome.output))

    # --- findings ----------------------------------------------------------------------------

    def _of_reached(self, attempt: Attempt, ran: Ran, reached: Reached) -> Finding:
        fault = ran.outcome.error
        path, line = (
            (fault.path, fault.line) if fault and fault.path in self._bundle.files else ("", 0)
        )
        payload = one_line(ascii(attempt.payload)[1:-1], 120)
        message = f"The text {payload} in {attempt.place} reached {reached.what}."
        return Finding(
            f"{NAME}.{attempt.family}", reached.severity, message[:800], path, line, line,
            snippet(self._bundle, path, line), category="injection", cwe=reached.cwe,
            why="Whoever chooses this argument chooses what happens there; a model passes on what it read.",
            fix=reached.fix,
        )  # fmt: skip

    def _of_wrong(self, attempt: Attempt, wrong: Wrong) -> Finding:
        severity: Severity = "warning"
        if wrong.kind == "limit" and len(canonical.dumps(attempt.arguments)) <= _SMALL:
            severity = "error"
        path = wrong.path if wrong.path in self._bundle.files else ""
        line = wrong.line if path else 0
        return Finding(
            f"{NAME}.{wrong.kind}", severity,
            f"The tool {wrong.said} on {_described(attempt)} in {attempt.place}."[:800], path, line, line,
            snippet(self._bundle, path, line),
            category="exhaustion" if wrong.kind == "limit" else "input",
            why="Arguments come from a model, and whoever writes what it reads chooses them.",
            fix="Bound the argument in its annotation (MaxLen, Pattern, Le), and refuse what does not fit with a ToolError.",
        )  # fmt: skip

    async def _tell_of_slowness(self) -> None:
        """Judge the smallest arguments of those whose runs were cut off."""
        if not self._found.cut:
            return
        attempt = min(self._found.cut, key=lambda one: len(canonical.dumps(one.arguments)))
        size = len(canonical.dumps(attempt.arguments))
        is_small = size <= _SMALL and await self._rounds.takes_all_its_time(attempt.arguments)
        self._found.add(
            Finding(
                f"{NAME}.slow", "error" if is_small else "warning",
                f"The tool did not end within {self._rounds.said_wall_s(whole=is_small)} s on "
                f"{_described(attempt)} in {attempt.place} ({size} bytes of arguments in all).",
                category="exhaustion", cwe="CWE-400",
                why="One short argument stops a call, and the next: a pattern that backtracks, or a loop over all pairs.",
                fix="Bound the argument (MaxLen, Le), and replace patterns that repeat a repetition.",
            )
        )  # fmt: skip

    async def _try_less_memory(self) -> None:
        """Run what took longest on four fifths of the memory; what fails there is near its limit."""
        heaviest = self._found.heaviest
        if heaviest is None or heaviest.outcome.status not in {"returned", "raised"}:
            return
        self._rounds.extend(1.0)
        again = await self._rounds.one(heaviest.arguments, memory=_SHARE)
        if again.outcome.status == heaviest.outcome.status:
            self._found.memory_share = _SHARE
            return
        said = again.outcome.error
        if again.outcome.status == "died" or (said is not None and said.type == "MemoryError"):
            limit = self._context.limits.memory_mib
            self._found.add(
                _near(
                    f"more than {round(_SHARE * limit)} of its {limit} MiB of memory", "memory_mib"
                )
            )

    def _tell_of_sizes(self) -> None:
        limits = self._context.limits
        if self._found.largest_result > _SHARE * (limits.result_kib << 10):
            self._found.add(
                _near(
                    f"more than {_SHARE:.0%} of the {limits.result_kib} KiB a result may have",
                    "result",
                )
            )
        if self._found.largest_output > _SHARE * (limits.output_kib << 10):
            self._found.add(
                _near(
                    f"more than {_SHARE:.0%} of the {limits.output_kib} KiB it may print",
                    "output_kib",
                )
            )
        if (
            self._rounds.slowest_ms > _SHARE * limits.wall_s * 1000
            and self._is_pure
            and not self._found.cut
        ):
            self._found.add(_near(f"more than {_SHARE:.0%} of its {limits.wall_s:.0f} s", "wall_s"))

    def _conclude(self) -> Evidence:
        found, limits = self._found, self._context.limits
        tried: dict[str, Json] = dict(sorted(found.tried.items()))
        many = sum(found.tried.values())
        return conclude(
            NAME,
            list(found.findings.values()),
            (),
            measurements={
                "tried": tried,
                "peak_memory_mib": round(found.memory_share * limits.memory_mib),
                "slowest_ms": round(self._rounds.slowest_ms),
                "largest_result": found.largest_result,
                "limits": {
                    "wall_s": limits.wall_s, "memory_mib": limits.memory_mib,
                    "output_kib": limits.output_kib, "result_kib": limits.result_kib,
                },
                "runs": self._rounds.runs,
            },
            tools={"hypothesis": version(), "python": self._context.tools.versions["python"]},
            not_looked_at=list(dict.fromkeys(found.not_looked_at)),
            tier=self._context.tier,
            nothing=f"{counted(many, 'hostile argument')} of {counted(len(tried), 'kind')}, none got anywhere"
            if many
            else "the schema takes nothing hostile",
        )  # fmt: skip


def _near(what: str, limit: str) -> Finding:
    return Finding(
        f"{NAME}.near-{limit}", "warning", f"Arguments that the schema accepts made it use {what}.", "tool.toml",
        category="exhaustion", why="A little more, and the call is ended.",
        fix="Bound the arguments that make it grow, or ask for more under [limits].",
    )  # fmt: skip


def _described(attempt: Attempt) -> str:
    payload = attempt.payload
    if len(payload) > 120:
        return f"a text of {len(payload)} characters ({one_line(ascii(payload[:12])[1:-1])}…)"
    return f"the {attempt.family} value {one_line(ascii(payload)[1:-1], 120)}"
