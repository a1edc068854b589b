"""The check `held_out`: examples that are not the author's, from the organisation and from reviewers.

Those of the organisation are read from a file that the policy pins by its digest; every finding about
them is hidden: an author learns that there is one, and no more. Those that reviewers of the proposal
kept are requests: their findings name case and place. All run like examples, against fakes.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from toolvet.checks import reading
from toolvet.checks.base import RUN, Check, CheckContext, Inputs, conclude, not_applicable, unknown
from toolvet.checks.examples import difference
from toolvet.checks.fakes import fakes
from toolvet.checks.generating.generator import normalised
from toolvet.checks.generating.judging import told
from toolvet.checks.generating.rounds import Ran, Rounds
from toolvet.checks.interface import interface_of
from toolvet.checks.schemas import compile_schema, problems
from toolvet_reviews import canonical, digests
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.kept import KeptCase
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import counted, one_line

NAME = "held_out"
MAX_BYTES = 256 * 1024
MAX_CASES = 200
_BUDGET_S = 20.0
_FIELDS = frozenset({"arguments", "result", "raises", "note"})


class HeldOut(NamedTuple):
    """Arguments, and what they must give."""

    number: int
    arguments: JsonObject
    result: Json
    raises: str
    note: str
    """What it is there for, in the organisation's words; the name of one that a reviewer kept."""
    is_kept: bool = False
    """A reviewer of this proposal kept it, and its author knows."""


class UnreadableError(Exception):
    """The organisation's file is not what it should be; told to reviewers."""


async def run(context: CheckContext) -> Evidence:
    """Run every case that is held out for this tool."""
    own, kept = context.asked.held_out, context.asked.kept
    if own is None and not kept:
        return not_applicable(
            NAME, "the policy holds no cases out for this tool", cases=0, passed=0
        )
    interface = interface_of(context.earlier.get("interface"))
    if interface is None:
        return unknown(NAME, "not run: the interface check did not pass")
    if own is not None and digests.sha256(own.data) != own.digest:
        return unknown(NAME, "the file of held-out cases is not the one that the policy pins")
    try:
        cases = read_cases(own.data) if own is not None else []
    except UnreadableError as error:
        return unknown(NAME, f"the file of held-out cases cannot be used: {error}")
    cases += [_kept(number, one) for number, one in enumerate(kept, len(cases) + 1)]
    fits = compile_schema(interface.input_schema)
    unfit = [case for case in cases if problems(fits, case.arguments, most=1)]
    with fakes(context.bundle) as made:
        rounds = Rounds(context, made, budget_s=_BUDGET_S, wall_s=context.limits.wall_s)
        run_of = {
            canonical.dumps(one.arguments): one
            for one in await rounds.all([case.arguments for case in cases if case not in unfit])
        }
    findings = [_unfit(case) for case in unfit]
    reasons: list[str] = []
    passed = 0
    for case in cases:
        if case in unfit:
            continue
        ran = run_of.get(canonical.dumps(case.arguments))
        if ran is None or ran.is_astray:
            reasons.append(f"{_named(case)} could not be judged")
        elif wrong := _wrong(case, ran):
            findings.append(_missed(case, wrong))
        else:
            passed += 1
    return _concluded(context, cases, findings, reasons, passed)


CHECK = Check(
    NAME,
    run,
    Inputs(
        "tool", ("python", "platform"), runs=True, inert=True, spec=RUN, asked=("held_out", "kept")
    ),
    needs=("intake", "environment", "interface"),
)


def read_cases(data: bytes) -> list[HeldOut]:
    """Read a file of held-out cases: a JSON array of objects.

    Raises:
        UnreadableError: It is not such a file, or too large.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"larger than {MAX_BYTES // 1024} KiB")
    try:
        value = canonical.parse(data.decode("utf-8"))
    except (CanonicalError, UnicodeDecodeError) as error:
        raise UnreadableError(one_line(str(error))) from error
    if not isinstance(value, list) or not value:
        raise UnreadableError("expected an array of cases")
    if len(value) > MAX_CASES:
        raise UnreadableError(f"more than {MAX_CASES} cases")
    return [_case(number, item) for number, item in enumerate(value, 1)]


def _case(number: int, item: Json) -> HeldOut:
    if not isinstance(item, dict) or item.keys() - _FIELDS:
        raise UnreadableError(f"case {number} holds other fields than {', '.join(sorted(_FIELDS))}")
    arguments = normalised(reading.entry(item.get("arguments")))
    if arguments is None or not isinstance(item.get("arguments"), dict):
        raise UnreadableError(f"case {number} has no arguments")
    if ("raises" in item) == ("result" in item):
        raise UnreadableError(f"case {number} needs a result, or raises, and not both")
    raises, note = reading.text(item.get("raises")), reading.text(item.get("note"))
    if "raises" in item and not raises:
        raise UnreadableError(f"case {number}: raises names an error")
    return HeldOut(number, arguments, item.get("result"), raises, note)


def _wrong(case: HeldOut, ran: Ran) -> str:
    """Say in what a run is not what the case asks for; empty when it is."""
    outcome = ran.outcome
    if outcome.status == "raised" and outcome.error is not None:
        names = {outcome.error.type, outcome.error.code}
        if case.is_kept:
            names.add("tool.raised")  # as a call is answered whose error has no code of its own
        if case.raises in names:
            return ""
        return f"raised {told(outcome.error)}"
    if outcome.status != "returned":
        return f"gave no answer ({outcome.status.replace('_', ' ')})"
    if case.raises:
        return f"gave a result and did not raise {one_line(case.raises, 80)}"
    if canonical.dumps(outcome.value) == canonical.dumps(case.result):
        return ""
    place, given, wanted = difference(outcome.value, case.result)
    return f"gave {_short(given)} at {place or '/'}, and not {_short(wanted)}"


def _short(value: Json) -> str:
    return one_line(canonical.dumps(value).decode(), 160)


def _kept(number: int, case: KeptCase) -> HeldOut:
    return HeldOut(number, case.given, case.result, case.code, case.name, is_kept=True)


def _named(case: HeldOut) -> str:
    if case.is_kept:
        return f"the reviewer's case {one_line(case.note, 160)!r}"
    return f"held-out case {case.number}"


def _missed(case: HeldOut, wrong: str) -> Finding:
    if case.is_kept:
        return _asked("kept-case", case, f"the tool {wrong}")
    note = f" ({one_line(case.note, 160)})" if case.note else ""
    return _hidden("missed", f"Held-out case {case.number}{note}: the tool {wrong}.")


def _unfit(case: HeldOut) -> Finding:
    if case.is_kept:
        return _asked("kept-unfit", case, "the schema does not take its arguments")
    return _hidden("unfit", f"Held-out case {case.number}: the schema does not take its arguments.")


def _asked(rule: str, case: HeldOut, wrong: str) -> Finding:
    """Tell author and reviewers alike what a reviewer's case asks for."""
    said = f"{_named(case)}: {wrong}; called with {_short(case.arguments)}."
    return Finding(
        f"{NAME}.{rule}", "error", f"{said[:1].upper()}{said[1:]}"[:800], "tool.toml",
        category="kept-case", why="A reviewer tried this, and said what is right.",
        fix="Make the tool give what the case asks for; or say in its thread why that is wrong.",
    )  # fmt: skip


def _hidden(rule: str, message: str) -> Finding:
    return Finding(
        f"{NAME}.{rule}", "error", message[:800], category="held-out", hidden=True,
        why="The organisation knows what this tool has to give there.",
        fix="Read again what the tool was asked to do, and try the cases that your examples leave out: "
        "none, one, many, the bounds, equal values, other cases and spellings.",
    )  # fmt: skip


def _concluded(
    context: CheckContext,
    cases: Sequence[HeldOut],
    findings: Sequence[Finding],
    reasons: Sequence[str],
    passed: int,
) -> Evidence:
    evidence = conclude(
        NAME,
        findings,
        reasons,
        measurements={"cases": len(cases), "passed": passed},
        tools={"python": context.tools.versions["python"]},
        tier=context.tier,
        nothing=f"{_counted(cases)}, each as expected",
    )
    if evidence.status != "failed":
        return evidence
    # The summary goes to authors as well, so it must not say what a hidden finding says.
    return dataclasses.replace(
        evidence, summary=f"{len(findings)} of {_counted(cases)} not as expected"
    )


def _counted(cases: Sequence[HeldOut]) -> str:
    kept = sum(case.is_kept for case in cases)
    parts = [counted(len(cases) - kept, "held-out case")] if len(cases) > kept else []
    parts += [counted(kept, "case") + " of reviewers"] if kept else []
    return " and ".join(parts)
