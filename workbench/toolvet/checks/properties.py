"""The check `properties`: arguments made from the input schema, and what must hold for all of them.

Each set runs in a process of its own, and the judge is here: no crash outside declared errors, a
result that fits its schema, declared invariants that hold, and of a pure tool the same answer again,
in a process that is no twin of the first. A failing set is made smaller, shown with its line, and
carried as the text of a test.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from toolvet.checks.base import (
    RUN,
    Check,
    CheckContext,
    Inputs,
    conclude,
    unknown,
)
from toolvet.checks.fakes import Fakes, fakes
from toolvet.checks.generating import telling
from toolvet.checks.generating.contents import holds_file, with_contents
from toolvet.checks.generating.generator import Generated, generate, given_by, version
from toolvet.checks.generating.judging import Judge, Wrong
from toolvet.checks.generating.promises import Promise, Promises
from toolvet.checks.generating.rounds import Ran, Rounds
from toolvet.checks.generating.shrinking import shrunk
from toolvet.checks.interface import Interface, interface_of
from toolvet.checks.schemas import compile_schema
from toolvet_reviews import canonical
from toolvet_reviews.bundle import Bundle
from toolvet_reviews.cases import Case, as_test, is_ordinary
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import counted, one_line

NAME = "properties"
MAX_CASES = 10
MAX_SHRUNK = 4
"""Different failures of which a smaller case is looked for."""
MANY = 20
"""Sets of which one at least should be taken."""
FEWEST = 10
"""Sets that must have been run, if there are so many, before anything is known."""
REPEATED = 16
"""Sets that are run a second time."""
_BUDGET_S, _BUDGET_OF_EFFECTS_S = 20.0, 8.0
_WALL_S, _WALL_OF_EFFECTS_S = 2.5, 1.5
_SHRINKING_S = 2.5
_REPEATING_S = 5.0


@dataclass
class _Looked:
    """What was found."""

    findings: list[Finding] = field(default_factory=list[Finding])
    cases: list[Case] = field(default_factory=list[Case])
    reasons: list[str] = field(default_factory=list[str])
    not_looked_at: list[str] = field(default_factory=list[str])
    repeated: int = 0
    repeat_equal: bool = True


async def run(context: CheckContext) -> Evidence:
    """Make arguments, run the tool on them, and judge what comes back."""
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    count = context.asked.thresholds.properties
    if not count:
        return Evidence(NAME, "skipped", "the policy asks for no generated arguments")
    with fakes(context.bundle) as made:
        return await _Look(context, interface, made).evidence(count)


CHECK = Check(
    NAME,
    run,
    Inputs(
        "tool", ("python", "platform", "hypothesis"), runs=True, inert=True, spec=RUN,
        asked=("thresholds",), raises=True,
    ),
    needs=("intake", "environment", "interface"),
)  # fmt: skip


class _Look:
    """One look at one tool."""

    def __init__(self, context: CheckContext, interface: Interface, made: Fakes) -> None:
        is_pure = context.bundle.spec.effects.kind == "pure"
        self._context = context
        self._interface = interface
        self._bundle: Bundle = context.bundle
        self._input = compile_schema(interface.input_schema)
        self._judge = Judge(context.bundle, interface, compile_schema(interface.output_schema))
        self._rounds = Rounds(
            context,
            made,
            budget_s=_BUDGET_S if is_pure else _BUDGET_OF_EFFECTS_S,
            wall_s=_WALL_S if is_pure else _WALL_OF_EFFECTS_S,
        )
        self._promises = Promises(context)
        self._examples = given_by(context.bundle)
        self._found = _Looked()

    async def evidence(self, count: int) -> Evidence:
        """Look, and say what was found."""
        if self._bundle.spec.effects.network:
            count = max(1, count // 2)  # each run needs a network of its own
        made = await generate(self._context, self._interface.input_schema, count, self._examples)
        if made.trouble and not made.cases:
            return unknown(NAME, made.trouble)
        cases = self._cases(made, count)
        if not cases:
            return unknown(NAME, "no arguments were found that the schema accepts")
        ran = await self._rounds.all(cases)
        if len(ran) < min(FEWEST, len(cases)) and not any(
            one.outcome.status == "timed_out" for one in ran
        ):
            return unknown(NAME, f"only {len(ran)} of {len(cases)} sets of arguments ran in time")
        await self._blame(ran)
        await self._tell_of_slowness(ran)
        await self._repeat(ran)
        await self._hold_promises(ran)
        self._tell_of_refusals(ran)
        self._tell_what_was_left_out(made, ran, len(cases))
        return self._conclude(made, ran)

    def _cases(self, made: Generated, count: int) -> list[JsonObject]:
        """The examples' own arguments come first: they were thought about."""
        found = [*self._examples, *(with_contents(self._bundle, one) for one in made.cases)]
        return list({canonical.dumps(one): one for one in found}.values())[:count]

    # --- crashes, schemas, limits ------------------------------------------------------------

    async def _blame(self, ran: Sequence[Ran]) -> None:
        groups: dict[tuple[str, str, str, int], list[tuple[Ran, Wrong]]] = {}
        for one in ran:
            if (wrong := self._judge.wrong_with(one)) is not None:
                groups.setdefault(wrong.name, []).append((one, wrong))
        for number, group in enumerate(sorted(groups.values(), key=_gravity)):
            plainest, wrong = min(group, key=lambda pair: _plainness(pair[0].arguments, pair[1]))
            arguments = plainest.arguments
            if number < MAX_SHRUNK and wrong.kind != "limit":
                arguments, wrong = await self._smallest(arguments, wrong)
            self._add(wrong, arguments, len(group), len(ran))

    async def _smallest(self, arguments: JsonObject, wrong: Wrong) -> tuple[JsonObject, Wrong]:
        latest = wrong
        self._rounds.extend(_SHRINKING_S)

        async def still_fails(one: JsonObject) -> bool:
            nonlocal latest
            if self._rounds.is_over:
                return False
            found = self._judge.wrong_with(await self._rounds.one(one))
            is_same = found is not None and found.name == wrong.name
            # A smaller case that weighs less is no gain: the graver one is what has to be shown.
            if found is None or not is_same or _weighs_less(found, wrong):
                return False
            latest = found
            return True

        return await shrunk(arguments, still_fails, self._input), latest

    def _add(self, wrong: Wrong, arguments: JsonObject, many: int, of: int) -> None:
        often = f" ({many} of {of} generated sets)" if many > 1 else ""
        self._found.findings.append(telling.of_wrong(self._bundle, wrong, arguments, often))
        if wrong.kind != "refusal":
            self._found.cases.append(Case(arguments, wrong.kind, f"it {wrong.said}"))

    def _tell_of_refusals(self, ran: Sequence[Ran]) -> None:
        said_no = [one for one in ran if one.outcome.status == "raised"]
        if len(ran) >= MANY and len(said_no) == len(ran):
            self._found.findings.append(telling.of_refusals(len(ran), said_no[0].outcome.error))

    async def _tell_of_slowness(self, ran: Sequence[Ran]) -> None:
        """Give the plainest arguments that were cut off all the time that the tool has itself."""
        cut = [one for one in ran if one.is_cut and is_ordinary(one.arguments)]
        if not cut or self._bundle.spec.effects.kind != "pure":
            return
        plainest = min(cut, key=lambda one: len(canonical.dumps(one.arguments)))
        if await self._rounds.takes_all_its_time(plainest.arguments):
            said = f"did not end within {self._rounds.said_wall_s(whole=True)} s"
            self._add(Wrong("limit", "error", said), plainest.arguments, len(cut), len(ran))

    # --- the same again ----------------------------------------------------------------------

    async def _repeat(self, ran: Sequence[Ran]) -> None:
        kind = self._bundle.spec.effects.kind
        if kind not in {"pure", "read"}:
            return
        different = list(
            {_answer(one): one for one in ran if not one.is_cut and not one.is_astray}.values()
        )
        self._rounds.extend(_REPEATING_S)
        changed: list[tuple[Ran, Ran]] = []
        for one in _spread(different, REPEATED):
            if self._rounds.is_over:
                break
            again = await self._rounds.one(one.arguments, elsewhere=True)
            self._found.repeated += 1
            if not again.is_cut and _answer(again) != _answer(one):
                changed.append((one, again))
        if self._found.repeated < min(FEWEST // 2, len(different)):
            self._found.reasons.append("too few sets of arguments were run twice in time")
        if changed:
            await self._tell_of_difference(
                *min(changed, key=lambda two: len(canonical.dumps(two[0].arguments)))
            )

    async def _tell_of_difference(self, one: Ran, again: Ran) -> None:
        self._found.repeat_equal = False
        self._rounds.extend(_SHRINKING_S)

        async def still_differs(arguments: JsonObject) -> bool:
            if self._rounds.is_over:
                return False
            first = await self._rounds.one(arguments)
            other = await self._rounds.one(arguments, elsewhere=True)
            return not first.is_cut and not other.is_cut and _answer(first) != _answer(other)

        arguments = await shrunk(one.arguments, still_differs, self._input, most=24)
        is_pure = self._bundle.spec.effects.kind == "pure"
        both = _short(one), _short(again)
        self._found.findings.append(telling.of_difference(both, arguments, is_pure=is_pure))
        self._found.cases.append(
            Case(arguments, "repeat", "it gave another answer the second time", "repeats")
        )

    # --- invariants --------------------------------------------------------------------------

    async def _hold_promises(self, ran: Sequence[Ran]) -> None:
        self._rounds.extend(2.0)
        good = [one for one in ran if one.outcome.status == "returned"]
        for promise in await self._promises.look(good, lambda: self._rounds.is_over):
            if promise.verdict != "broken" or promise.arguments is None:
                continue
            await self._tell_of_promise(promise, promise.arguments)

    async def _tell_of_promise(self, promise: Promise, arguments: JsonObject) -> None:
        self._rounds.extend(_SHRINKING_S)

        async def still_broken(one: JsonObject) -> bool:
            if self._rounds.is_over:
                return False
            ran = await self._rounds.one(one)
            if ran.outcome.status != "returned":
                return False
            return await self._promises.breaks(promise.invariant, one, ran.outcome.value)

        if promise.can_shrink:
            arguments = await shrunk(arguments, still_broken, self._input, most=30)
        self._found.findings.append(telling.of_promise(promise, arguments))
        said = f"the invariant does not hold: {promise.why}"
        self._found.cases.append(
            Case(arguments, "invariant", said, "holds", promise.invariant.check)
        )

    # --- what it all comes to ----------------------------------------------------------------

    def _tell_what_was_left_out(self, made: Generated, ran: Sequence[Ran], wanted: int) -> None:
        left = self._found.not_looked_at
        if len(ran) < wanted:
            left.append(f"{wanted - len(ran)} of {wanted} sets of arguments: out of time")
        slow = sum(one.is_cut for one in ran)
        if slow:
            left.append(f"what comes after the first second or so of {counted(slow, 'slow run')}")
        astray = sum(one.is_astray for one in ran)
        if astray:
            left.append(f"{counted(astray, 'run')} that asked hosts for what no cassette holds")
        if made.trouble:
            left.append(f"further arguments: {one_line(made.trouble, 160)}")

    def _conclude(self, made: Generated, ran: Sequence[Ran]) -> Evidence:
        found = self._found
        distinct = len({_answer(one) for one in ran})
        entry = self._bundle.spec.entry
        cases: list[Json] = [
            {
                "arguments": case.arguments, "what": case.what, "message": case.message,
                "test": "" if holds_file(case.arguments) else as_test(entry, case),
            }
            for case in found.cases[:MAX_CASES]
        ]  # fmt: skip
        return conclude(
            NAME,
            found.findings,
            found.reasons,
            measurements={
                "generated": len(ran),
                "edges": made.edges,
                "accepted": sum(one.outcome.status == "returned" for one in ran),
                "distinct_results": distinct,
                "cases": cases,
                "invariants": self._promises.verdicts(),
                "repeat_equal": found.repeat_equal,
                "repeated": found.repeated,
                "runs": self._rounds.runs,
                "slowest_ms": round(self._rounds.slowest_ms),
            },
            tools={"hypothesis": version(), "python": self._context.tools.versions["python"]},
            not_looked_at=found.not_looked_at,
            tier=self._context.tier,
            nothing=self._words(len(ran), distinct),
        )

    def _words(self, many: int, distinct: int) -> str:
        held = [one for one in self._promises.verdicts().values() if one == "held"]
        words = f"{counted(many, 'generated set')} of arguments, {counted(distinct, 'different answer')}, no crash"
        if held:
            words += f", {counted(len(held), 'invariant')} held"
        return words + (
            f"; {self._found.repeated} answered alike again" if self._found.repeated else ""
        )


def _answer(ran: Ran) -> str:
    outcome = ran.outcome
    if outcome.status == "returned":
        return canonical.dumps(outcome.value).decode()
    return f"{outcome.status} {outcome.error.type if outcome.error else ''}"


def _short(ran: Ran) -> str:
    return one_line(_answer(ran), 120)


def _gravity(group: list[tuple[Ran, Wrong]]) -> int:
    return min(("error", "warning", "note").index(wrong.severity) for _, wrong in group)


def _plainness(arguments: JsonObject, wrong: Wrong) -> tuple[bool, bool, int]:
    return wrong.severity != "error", not is_ordinary(arguments), len(canonical.dumps(arguments))


def _weighs_less(found: Wrong, than: Wrong) -> bool:
    order = ("note", "warning", "error")
    return order.index(found.severity) < order.index(than.severity)


def _spread(ran: Sequence[Ran], most: int) -> list[Ran]:
    """Pick the first ones, and those with the longest answers: they show best what has no order."""
    if len(ran) <= most:
        return list(ran)
    first, rest = ran[: most // 3], ran[most // 3 :]
    longest = sorted(rest, key=lambda one: len(_answer(one)), reverse=True)
    return [*first, *longest[: most - len(first)]]
