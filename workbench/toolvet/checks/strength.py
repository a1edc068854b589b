"""The check `strength`: whether the author's tests would notice if the tool were broken.

A run of tests is a claim of the code that was submitted. It is believed as far as it changes when
the tool does. The tool is broken in small ways (mutants) and altogether (canaries), and rewritten
without changing what it does (controls): tests must fail, must fail, and must pass. A pure tool
without tests is held against its examples, which are judged out here.
"""

from toolvet.checks import reading
from toolvet.checks.base import RUN, Check, CheckContext, Inputs, conclude, snippet, unknown
from toolvet.checks.interface import interface_of
from toolvet.checks.suite_scores import Coverage, Score, coverage, suite_finding
from toolvet.checks.variant_runs import Plan, Ran, outcomes_of, plan, run_plan
from toolvet_reviews import canonical
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import counted, one_line

NAME = "strength"
MOST_SURVIVORS = 60
WEAK_BELOW = 40
"""Percent of mutants."""
_FEWEST = 10
"""Mutants that have to be tried, if there are as many, before a score says anything, and that there
have to be before one stops a tool: of three faults one is a third."""
_CANARIES: dict[str, tuple[str, Severity, str]] = {
    "raises": ("forged", "error", "every function raises an error"),
    "nothing": ("vacuous", "error", "every function does nothing and gives None"),
    "input": ("echo", "warning", "every function gives back what it was given"),
}  # fmt: skip


async def run(context: CheckContext) -> Evidence:
    """Break the tool in many ways, and see who notices."""
    if interface_of(context.earlier.get("interface")) is None:
        return unknown(NAME, "not run: the interface check did not pass")
    asked, spec = context.asked.thresholds, context.bundle.spec
    made = await plan(context, mutants=asked.mutants, repeats=asked.repeats)
    if isinstance(made, str):
        return unknown(NAME, made)
    with_tests = any(made.lines.values())
    if not with_tests and not (spec.effects.kind == "pure" and spec.examples):
        return unknown(NAME, "not run: there are no tests")
    ran = await run_plan(context, made, with_tests=with_tests)
    return _Judgement(context, made, ran, with_tests=with_tests).evidence()


CHECK = Check(
    NAME,
    run,
    Inputs(
        "all", ("pytest", "python", "platform"), runs=True, inert=True, spec=RUN,
        asked=("thresholds",),
    ),
    needs=("intake", "environment", "interface"),
)  # fmt: skip


class _Judgement:
    """Everything that follows from one run."""

    def __init__(self, context: CheckContext, made: Plan, ran: Ran, *, with_tests: bool) -> None:
        self._context, self._plan, self._ran = context, made, ran
        self._with_tests, self._who = with_tests, "test" if with_tests else "example"
        self._reasons = [*ran.reasons]
        self._every = {*range(len(ran.ids))}
        """Tests, or examples, by their place."""
        self._repeats = [self._failed(place) for place in self._places("repeat")]
        self._flaky = set[int]().union(*self._repeats) if self._repeats else set[int]()
        self._failing = set[int].intersection(*self._repeats) if self._repeats else set[int]()
        """Tests that failed each time: the check `tests` tells of them."""
        self._stable = self._every - self._flaky

    def evidence(self) -> Evidence:
        """Weigh it."""
        self._must_have_run()
        findings = (
            []
            if self._reasons
            else [*self._order(), *self._none_holds(), *self._canaries(), *self._controls()]
        )
        score = self._score()
        covered = self._coverage()
        if not self._reasons and not any(f.rule in _WORTHLESS for f in findings):
            findings += self._of_score(score)
            findings += self._of_coverage(covered)
        weak = not self._with_tests or (score.percent is not None and score.percent < WEAK_BELOW)
        return conclude(
            NAME,
            findings,
            self._reasons,
            measurements={
                "mutants": score.tried,
                "candidates": self._plan.candidates,
                "killed": score.killed,
                "score": score.percent,
                "survivors": [
                    {"path": one.path, "line": one.line, "label": one.label}
                    for one in score.survivors[:MOST_SURVIVORS]
                ],
                "not_swapped": score.not_swapped,
                "canaries": self._canary_words(),
                "branch_coverage": covered.percent,
                "uncovered": {path: [*lines] for path, lines in covered.uncovered.items()},
                "repeats": len(self._repeats),
                "flaky": [self._ran.ids[n] for n in sorted(self._flaky - self._failing)],
                "weak": weak,
                "by": "tests" if self._with_tests else "examples",
            },
            tools={name: self._context.tools.versions[name] for name in ("pytest", "python")},
            not_looked_at=self._not_looked_at(score),
            raw=self._ran.raw,
            tier=self._context.tier,
            nothing=self._nothing(score),
        )

    # --- reading -------------------------------------------------------------------------------

    def _places(self, kind: str) -> list[int]:
        return [place for place, one in enumerate(self._plan.variants) if one.kind == kind]

    def _how(self, place: int) -> str:
        answer = self._ran.answers.get(place)
        return reading.text((answer or {}).get("how")) if answer else "left"

    def _failed(self, place: int) -> set[int]:
        """Name the tests that did not pass in a run of all of them."""
        said = self._outcomes(place)
        return self._every - {number for number in said if self._passed(number, said[number])}

    def _outcomes(self, place: int) -> dict[int, JsonObject]:
        found = outcomes_of(self._ran.answers.get(place))
        return {number: said for number, said in found.items() if number in self._every}

    def _passed(self, number: int, said: JsonObject) -> bool:
        if self._with_tests:
            return said.get("is") == "passed"
        example = self._context.bundle.spec.examples[number]
        if said.get("is") == "raised":
            return bool(example.raises) and example.raises in reading.texts(said.get("names"))
        if example.raises or not isinstance(result := said.get("result"), str):
            return False
        try:
            wanted = canonical.dumps(canonical.normalise(example.result))
            return canonical.dumps(reading.document(result.encode())) == wanted
        except CanonicalError:
            return False

    def _must_have_run(self) -> None:
        """Without all runs of the whole suite, and some faults, nothing is known."""
        if self._reasons:
            return
        whole = [p for kind in ("repeat", "control") for p in self._places(kind)]
        if not self._every:
            self._reasons.append("no test was collected")
        elif any(self._how(place) != "done" for place in whole):
            self._reasons.append("the tests did not come to their end on the tool as it is")
        elif any(self._how(p) in {"left", "lost", "broken", "unswappable"} for p in self._canary()):
            self._reasons.append("a canary could not be run")

    def _none_holds(self) -> list[Finding]:
        """A person may overrule this; `unknown` would be a dead end beside a failure that is told."""
        if self._stable or any(f.severity == "error" for f in self._order()):
            return []
        what = "passes" if self._failing == self._every else "passes each time"
        message = (
            f"No {self._who} {what} on the tool as it is: nobody can say what they would notice."
        )
        return [suite_finding("none-holds", "error", message, f"Make every {self._who} pass.")]

    def _canary(self) -> list[int]:
        return self._places("canary") if self._with_tests and self._stable else []

    # --- the whole suite -----------------------------------------------------------------------

    def _order(self) -> list[Finding]:
        """Tests that fail in some order, or just sometimes."""
        found: list[Finding] = []
        runs = list(zip(self._places("repeat"), self._repeats, strict=True))
        for number in sorted(self._flaky - self._failing):
            orders: dict[str, list[bool]] = {}
            for place, failed in runs:
                orders.setdefault(self._plan.variants[place].name, []).append(number in failed)
            always = {name for name, each in orders.items() if all(each)}
            never = {name for name, each in orders.items() if not any(each)}
            name = self._ran.ids[number]
            if always and never and len(always | never) == len(orders):
                message = f"{name} passes in one order of the tests and fails in another."
                found.append(self._about_test("order", "error", number, message, _ORDER))
            else:
                message = f"{name} did not pass each time it was run."
                found.append(self._about_test("flaky", "warning", number, message, _FLAKY))
        return found

    def _canaries(self) -> list[Finding]:
        found: list[Finding] = []
        for place in self._canary():
            rule, severity, what = _CANARIES[self._plan.variants[place].name]
            unnoticed = self._unnoticed(place)
            if unnoticed == self._stable:
                who = counted(len(self._stable), "test")
                message = f"Still passes when {what}: {who} that cannot tell a tool from none."
                first = min(self._stable)
                found.append(self._about_test(rule, severity, first, message, _NOTHING_CHECKED))
                if severity == "error":
                    return found
            elif rule == "forged":
                found += self._empty(unnoticed)
        return found

    def _unnoticed(self, place: int) -> set[int]:
        return self._stable - self._failed(place)

    def _empty(self, unnoticed: set[int]) -> list[Finding]:
        """Tests that pass though every function raises."""
        probed = self._outcomes(self._places("probe")[0])
        entering = {number for number in self._stable if probed.get(number, {}).get("blocks")}
        dubious = unnoticed & entering
        if len(dubious) >= 2 and 2 * len(dubious) > len(entering):
            message = (
                f"{len(dubious)} of {counted(len(entering), 'test')} that call the tool pass "
                "although every function raises an error."
            )
            first = min(dubious)
            return [self._about_test("forged", "error", first, message, _NOTHING_CHECKED)]
        return [
            self._about_test(
                "empty-test", "warning" if number in entering else "note", number,
                f"{self._ran.ids[number]} passes although every function raises an error.",
                "Let it call the tool, and compare what comes back.",
            )
            for number in sorted(unnoticed)
        ]  # fmt: skip

    def _controls(self) -> list[Finding]:
        """Tests that fail when other code does exactly the same."""
        failed = [self._failed(place) & self._stable for place in self._places("control")]
        both = set[int].intersection(*failed) if failed else set[int]()
        return [
            self._about_test(
                "reads-code", "error", number,
                f"{self._ran.ids[number]} fails when the code is written otherwise and does the same.",
                "Compare what the tool returns and does; leave out source, bytecode and line numbers.",
            )
            for number in sorted(both)
        ]  # fmt: skip

    def _canary_words(self) -> dict[str, Json]:
        if self._reasons:
            return {}
        return {
            self._plan.variants[place].name: "missed"
            if self._unnoticed(place) == self._stable
            else "caught"
            for place in self._canary()
        }

    # --- faults --------------------------------------------------------------------------------

    def _score(self) -> Score:
        score = Score()
        for place in self._places("mutant"):
            variant, how = self._plan.variants[place], self._how(place)
            if how in {"left", "lost"}:
                score.left += 1
            elif how in {"broken", "unswappable"}:
                score.not_swapped += 1
            elif how in {"died", "timeout"} or self._is_noticed(place):
                score.killed += 1
            else:
                score.survivors.append(variant)
        if score.tried < min(_FEWEST, score.tried + score.left) and not self._reasons:
            self._reasons.append("too few faults could be tried in time")
        return score

    def _is_noticed(self, place: int) -> bool:
        return any(
            number in self._stable and not self._passed(number, said)
            for number, said in self._outcomes(place).items()
        )

    def _of_score(self, score: Score) -> list[Finding]:
        percent, wanted = score.percent, self._context.asked.thresholds.mutation_score
        found: list[Finding] = []
        if percent is not None and self._with_tests:
            told = f"The tests notice {score.killed} of {score.tried} small faults ({percent} %)"
            if percent < wanted and score.tried >= _FEWEST:
                message = f"{told}; the policy asks for {wanted} %."
                found.append(suite_finding("score", "error", message, _SURVIVED))
            elif percent < max(wanted, WEAK_BELOW):
                found.append(suite_finding("weak", "warning", f"{told}.", _SURVIVED))
        return found + [
            Finding(
                f"{NAME}.survivor", "note", f"No {self._who} notices when {one_line(one.label)}.",
                one.path, one.line, one.line,
                snippet(self._context.bundle, one.path, one.line), category="tests",
                why="Either nothing checks this line, or the change makes no difference.",
                fix=_SURVIVED,
            )
            for one in score.survivors[:MOST_SURVIVORS]
        ]  # fmt: skip

    # --- coverage ------------------------------------------------------------------------------

    def _coverage(self) -> Coverage:
        [place] = self._places("probe")
        said = self._outcomes(place).values() if self._how(place) == "done" else ()
        return coverage(self._plan, said)

    def _of_coverage(self, found: Coverage) -> list[Finding]:
        wanted = self._context.asked.thresholds.branch_coverage
        if found.percent is None or found.percent >= wanted or not self._with_tests:
            return []
        path, lines = next(iter(found.uncovered.items()), ("", [0]))
        message = (
            f"The tests run {found.percent} % of the branches; the policy asks for {wanted} %."
        )
        fix = f"Never run: {path}, lines {', '.join(map(str, lines[:12]))}."
        return [suite_finding("coverage", "error", message, fix)]

    # --- words ---------------------------------------------------------------------------------

    def _nothing(self, score: Score) -> str:
        who = "the tests notice" if self._with_tests else "weak tests: the examples alone notice"
        if score.percent is None:
            return f"{counted(len(self._every), 'test')} pass in every order; nothing to break"
        return f"{who} {score.killed} of {score.tried} small faults ({score.percent} %)"

    def _not_looked_at(self, score: Score) -> list[str]:
        said = [(score.left, "for which there was no time"), (score.not_swapped, "at import time")]
        failing = [
            f"{self._ran.ids[number]}, which failed each time" for number in sorted(self._failing)
        ]
        return [f"{counted(number, 'fault')} {why}" for number, why in said if number] + failing

    def _about_test(
        self, rule: str, severity: Severity, number: int, message: str, fix: str
    ) -> Finding:
        name = self._ran.ids[number].partition("[")[0]
        path, _, test = name.partition("::")
        line = reading.number(reading.entry(self._plan.lines.get(path)).get(test))
        text = snippet(self._context.bundle, path, line)
        return suite_finding(rule, severity, message, fix, path=path, line=line, text=text)


_WORTHLESS = {f"{NAME}.forged", f"{NAME}.vacuous"}
"""With these there is nothing to say about single lines."""
_ORDER = "Give each test what it needs; leave nothing behind in modules or files."
_FLAKY = "Take time, chance and order out of the test."
_NOTHING_CHECKED = "Call the tool in each test, and compare its result with the one that is right."
_SURVIVED = "Add a test that fails when this line is wrong, or leave the line out."
