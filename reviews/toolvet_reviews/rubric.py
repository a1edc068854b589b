"""The rubric: six criteria, each concluded from evidence and linked to it. Pure; no I/O.

What a line asks depends on the effect kind, and the platform supplies what it can prove itself.
Whatever is missing, unknown or crashed is never `met`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from toolvet_reviews import rubric_words
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import CRITERIA, Policy
from toolvet_reviews.rubric_case import Case, Said, case_of, worst
from toolvet_reviews.values import EffectKind
from toolvet_reviews.views import Mark, RubricLine

__all__ = ["CRITERIA", "INFORMATIVE", "blocks", "conclude", "marks", "verdict"]

CORRECTNESS = ("interface", "tests", "examples", "properties", "strength", "held_out")
SAFETY = (
    "intake", "environment", "semgrep", "secrets", "effects", "hostile", "words", "mypy", "ruff",
)  # fmt: skip
"""Checks behind a line, those that weigh most first."""

INFORMATIVE = ("cost",)
"""Lines that say whether it is worth it: `unmet` blocks only where a policy requires the line."""

_QUIET: tuple[EffectKind, ...] = ("pure", "read")
"""Kinds that change nothing outside: the platform proves more for them."""


def conclude(
    policy: Policy,
    kind: EffectKind,
    evidence: Sequence[Evidence],
    *,
    waived: frozenset[str] = frozenset(),
    for_reviewers: bool = False,
) -> tuple[RubricLine, ...]:
    """Conclude the six lines.

    Args:
        policy: Says which checks and which lines this kind requires.
        kind: Declared effect kind.
        evidence: Of one revision. Of several of one check the worst counts.
        waived: Fingerprints that people overruled.
        for_reviewers: Say as well what no author may read; no mark depends on it.
    """
    case = case_of(policy, kind, evidence, waived)
    required = policy.required_rubric[kind]
    lines: list[RubricLine] = []
    for criterion in CRITERIA:
        said = _CONCLUSIONS[criterion](case)
        if for_reviewers and criterion == "correctness":
            said = rubric_words.with_behaviour(said, evidence)
        lines.append(
            RubricLine(criterion, said.mark, criterion in required, said.why, said.evidence)
        )
    return tuple(lines)


def blocks(lines: Iterable[RubricLine]) -> list[str]:
    """Name the criteria that forbid an approval: unmet ones, and unknown ones that are required."""
    return [
        line.criterion
        for line in lines
        if line.mark != "met"
        and (line.required or (line.mark == "unmet" and line.criterion not in INFORMATIVE))
    ]


def verdict(
    policy: Policy,
    kind: EffectKind,
    evidence: Sequence[Evidence],
    *,
    waived: frozenset[str] = frozenset(),
) -> tuple[Literal["passed", "failed"], list[str]]:
    """Give the machine's verdict and, when it failed, the reasons; it is never a vote.

    The reasons are for the author: they quote nothing that authors may not read.
    """
    case = case_of(policy, kind, evidence, waived)
    reasons = [
        result.why
        for result in map(case.check, policy.required_checks[kind])
        if result.mark != "met"
    ]
    lines = conclude(policy, kind, evidence, waived=waived)
    blocked = set(blocks(lines))
    told = "; ".join(reasons)
    for line in lines:
        if line.criterion in blocked:
            news = [part for part in line.why.split("; ") if part not in told]
            reasons += [f"{line.criterion}: {'; '.join(news)}"] if news else []
    unique = list(dict.fromkeys(reasons))
    return ("failed", unique) if unique else ("passed", [])


def marks(lines: Iterable[RubricLine]) -> str:
    """Write the marks in six characters: `+` met, `-` unmet, `?` unknown."""
    signs: dict[Mark, str] = {"met": "+", "unmet": "-", "unknown": "?"}
    return "".join(signs[line.mark] for line in lines)


def _correctness(case: Case) -> Said:
    return worst(case.checks(CORRECTNESS), rubric_words.correctness(case))


def _safety(case: Case) -> Said:
    parts = case.checks(SAFETY)
    if case.kind == "pure":
        parts.append(_walls(case))
    return worst(parts, rubric_words.safety(case, SAFETY))


def _walls(case: Case) -> Said:
    """A pure tool is safe because it ran where nothing could be reached."""
    tier = case.found["examples"].evidence.tier if "examples" in case.found else None
    if tier in (None, "none"):
        return Said("unknown", "it did not run in the sandbox", ("examples",))
    return Said("met", f"ran in tier {tier}", ("examples",))


def _idempotency(case: Case) -> Said:
    if case.kind in _QUIET:
        return _same_in_same_out(case)
    if not (case.requires("idempotency") or case.failed("idempotency")):
        return _repeated(case)
    probed = case.check("idempotency")
    proved = case.measured("idempotency", "proved")
    if probed.mark == "met" and proved is False:
        return Said("unmet", "the probes of the platform did not hold", ("idempotency",))
    repeated = _repeated(case)
    parts = [probed, repeated] if repeated.mark == "unmet" else [probed]
    return worst(parts, rubric_words.idempotency(case))


def _same_in_same_out(case: Case) -> Said:
    """What changes nothing outside is idempotent when it answers alike, and did change nothing."""
    parts = [_repeated(case)]
    if case.measured("properties", "repeat_equal") is False:
        parts.append(Said("unmet", "a generated input gave two answers", ("properties",)))
    parts += case.checks(("effects",))
    return worst(parts, rubric_words.repeated(case))


def _repeated(case: Case) -> Said:
    """What the second run of the examples showed; overruled by people, it counts no more."""
    found = case.found.get("examples")
    if found is not None and found.overruled and found.status == "warned":
        return Said("met", case.overruled(("examples",)), ("examples",))
    equal = case.measured("examples", "repeat_equal")
    if equal is True:
        return Said("met", "each example run twice gave the same", ("examples",))
    if equal is False:
        return Said("unmet", "an example run twice did not give the same", ("examples",))
    return Said("unknown", "no example was run twice", ("examples",))


def _observability(case: Case) -> Said:
    if case.kind in _QUIET:
        return Said("met", "the platform records every call")
    if not (case.requires("observability") or case.failed("observability")):
        return _logged(case, "examples")
    watched = case.check("observability")
    if watched.mark != "met" or not case.applies("observability"):
        return watched
    if case.overruled(("observability",)):
        return watched
    if case.measured("observability", "adds_up") is False:
        why = "its summary does not add up with what it did"
        return Said("unmet", why, ("observability",))
    return _logged(case, "observability")


def _logged(case: Case, check: str) -> Said:
    events = case.count(check, "log_events")
    if events is None:
        return Said("unknown", "nobody counted what it logs", (check,))
    if events > 0:
        return Said("met", rubric_words.logged(case, check, events), (check,))
    return Said("unmet", "it logs nothing", (check,))


def _rollback(case: Case) -> Said:
    found = case.check("rollback")
    if found.mark == "unmet" or (found.mark == "unknown" and case.requires("rollback")):
        return found
    if case.overruled(("rollback",)) or (found.mark == "met" and not case.applies("rollback")):
        return found
    rehearsed = case.measured("rollback", "rollback_rehearsed")
    if rehearsed is False:
        return Said("unmet", "a rollback was rehearsed and failed", ("rollback",))
    if rehearsed is True:
        return Said("met", rubric_words.rolled_back(case), ("rollback",))
    if case.kind in _QUIET and not case.requires("rollback"):
        return Said("met", "withdrawn at any time: it changes nothing")
    return Said("unknown", "no rollback was rehearsed", ("rollback",))


def _cost(case: Case) -> Said:
    calls, pays = case.count("cost", "break_even_calls"), case.measured("cost", "pays")
    if pays is False:
        return Said("unmet", rubric_words.does_not_pay(case, calls), ("cost",))
    if calls is not None:
        return Said("met", rubric_words.pays(case, calls), ("cost",))
    return Said("unknown", "no break-even was measured", ("cost",))


_CONCLUSIONS: dict[str, Callable[[Case], Said]] = {
    "correctness": _correctness,
    "safety": _safety,
    "idempotency": _idempotency,
    "observability": _observability,
    "rollback": _rollback,
    "cost": _cost,
}
