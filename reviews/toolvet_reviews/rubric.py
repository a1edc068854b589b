"""The rubric: six criteria, each concluded from evidence and linked to it. Pure; no I/O.

What a line asks depends on the effect kind, and the platform supplies what it can prove itself.
Whatever is missing, unknown or crashed is never `met`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from toolvet_reviews.findings import Evidence, blocking
from toolvet_reviews.policy import CRITERIA, Policy
from toolvet_reviews.values import EffectKind
from toolvet_reviews.views import Mark, RubricLine

__all__ = ["CRITERIA", "blocks", "conclude", "marks", "verdict"]

_CORRECTNESS = ("interface", "examples", "tests")
_SAFETY = ("intake", "environment", "ruff", "mypy", "semgrep", "effects")
_QUIET: tuple[EffectKind, ...] = ("pure", "read")
"""Kinds that change nothing outside: the platform proves more for them."""


def conclude(
    policy: Policy,
    kind: EffectKind,
    evidence: Sequence[Evidence],
    *,
    waived: frozenset[str] = frozenset(),
) -> tuple[RubricLine, ...]:
    """Conclude the six lines.

    Args:
        policy: Says which checks and which lines this kind requires.
        kind: Declared effect kind.
        evidence: Of one revision. Of several of one check the worst counts.
        waived: Fingerprints that people overruled.
    """
    case = _Case(policy, kind, _by_check(policy, evidence, waived))
    required = policy.required_rubric[kind]
    lines: list[RubricLine] = []
    for criterion in CRITERIA:
        said = _CONCLUSIONS[criterion](case)
        lines.append(
            RubricLine(criterion, said.mark, criterion in required, said.why, said.evidence)
        )
    return tuple(lines)


def blocks(lines: Iterable[RubricLine]) -> list[str]:
    """Name the criteria that forbid an approval: unmet ones, and unknown ones that are required."""
    return [
        line.criterion
        for line in lines
        if line.mark == "unmet" or (line.required and line.mark == "unknown")
    ]


def verdict(
    policy: Policy,
    kind: EffectKind,
    evidence: Sequence[Evidence],
    *,
    waived: frozenset[str] = frozenset(),
) -> tuple[Literal["passed", "failed"], list[str]]:
    """Give the machine's verdict and, when it failed, the reasons; it is never a vote."""
    case = _Case(policy, kind, _by_check(policy, evidence, waived))
    reasons = [
        result.why
        for result in map(case.check, policy.required_checks[kind])
        if result.mark != "met"
    ]
    lines = conclude(policy, kind, evidence, waived=waived)
    blocked = set(blocks(lines))
    said = "; ".join(reasons)
    reasons += [
        f"{line.criterion}: {line.why}"
        for line in lines
        if line.criterion in blocked and line.why not in said
    ]
    unique = list(dict.fromkeys(reasons))
    return ("failed", unique) if unique else ("passed", [])


def marks(lines: Iterable[RubricLine]) -> str:
    """Write the marks in six characters: `+` met, `-` unmet, `?` unknown."""
    signs: dict[Mark, str] = {"met": "+", "unmet": "-", "unknown": "?"}
    return "".join(signs[line.mark] for line in lines)


@dataclass(frozen=True)
class _Said:
    mark: Mark
    why: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Case:
    """The evidence of one revision under one policy."""

    policy: Policy
    kind: EffectKind
    found: Mapping[str, tuple[Evidence, str]]
    """Check to its evidence and the status after waivers."""

    def check(self, name: str) -> _Said:
        """Mark one check."""
        if name not in self.found:
            return _Said("unknown", f"{name} did not run", (name,))
        evidence, status = self.found[name]
        if status in ("passed", "warned"):
            return _Said("met", f"{name} {status}", (name,))
        if status == "skipped" and name == "tests" and self.kind == "pure":
            return _Said("met", "a pure tool may do with examples", (name,))
        if status in ("failed", "skipped"):
            return _Said("unmet", _because(name, status, evidence), (name,))
        return _Said("unknown", _because(name, "unknown", evidence), (name,))

    def checks(self, names: Sequence[str]) -> list[_Said]:
        """Mark those of the checks that the policy requires."""
        required = self.policy.required_checks[self.kind]
        return [self.check(name) for name in names if name in required]

    def measured(self, check: str, name: str) -> object:
        """Find a measurement; None when there is none to believe."""
        if check not in self.found:
            return None
        evidence, status = self.found[check]
        believed = status in ("passed", "warned", "failed")
        return evidence.measurements.get(name) if believed else None


def _because(name: str, status: str, evidence: Evidence) -> str:
    words = "is unknown" if status == "unknown" else status if status == "failed" else "was skipped"
    return f"{name} {words}: {evidence.summary}" if evidence.summary else f"{name} {words}"


def _by_check(
    policy: Policy, evidence: Sequence[Evidence], waived: frozenset[str]
) -> dict[str, tuple[Evidence, str]]:
    order = ("passed", "warned", "skipped", "unknown", "failed")
    found: dict[str, tuple[Evidence, str]] = {}
    for one in evidence:
        status = _status(policy, one, waived)
        before = found.get(one.check)
        if before is None or order.index(status) > order.index(before[1]):
            found[one.check] = (one, status)
    return found


def _status(policy: Policy, evidence: Evidence, waived: frozenset[str]) -> str:
    """Give the status after waivers; an error that stands fails whatever the check says."""
    errors = [finding for finding in evidence.findings if finding.severity == "error"]
    if blocking(evidence.findings, waived, never=policy.never_waive):
        return "unknown" if evidence.status == "unknown" else "failed"
    if evidence.status == "failed" and errors:
        return "warned"
    return evidence.status if evidence.status in _STATUSES else "unknown"


_STATUSES = ("passed", "failed", "warned", "unknown", "skipped")


def _worst(parts: Sequence[_Said], good: str) -> _Said:
    """Join parts: one unmet makes it unmet, else one unknown makes it unknown."""
    names = tuple(dict.fromkeys(name for part in parts for name in part.evidence))
    for mark in ("unmet", "unknown"):
        bad = [part.why for part in parts if part.mark == mark]
        if bad:
            return _Said(mark, "; ".join(bad), names)
    if not parts:
        return _Said("unknown", "the policy requires no check that could tell")
    return _Said("met", good, names)


def _correctness(case: _Case) -> _Said:
    return _worst(case.checks(_CORRECTNESS), "interface, examples and tests hold")


def _safety(case: _Case) -> _Said:
    parts = case.checks(_SAFETY)
    if "effects" not in case.policy.required_checks[case.kind]:
        parts += _undeclared(case)
    if case.kind == "pure":
        parts.append(_walls(case))
    return _worst(parts, "nothing stands against it")


def _undeclared(case: _Case) -> list[_Said]:
    """An undeclared effect is unsafe, also under a policy that is older than the check."""
    said = case.check("effects") if "effects" in case.found else None
    return [said] if said is not None and said.mark == "unmet" else []


def _walls(case: _Case) -> _Said:
    """A pure tool is safe because it ran where nothing could be reached."""
    if "examples" not in case.found:
        return _Said("unknown", "it did not run in the sandbox", ("examples",))
    tier = case.found["examples"][0].tier
    if tier in (None, "none"):
        return _Said("unknown", "it did not run in the sandbox", ("examples",))
    return _Said("met", f"ran in tier {tier}", ("examples",))


def _idempotency(case: _Case) -> _Said:
    equal = case.measured("examples", "repeat_equal")
    if equal is True:
        return _Said("met", "each example run twice gave the same", ("examples",))
    if equal is False:
        return _Said("unmet", "an example run twice did not give the same", ("examples",))
    return _Said("unknown", "no example was run twice", ("examples",))


def _observability(case: _Case) -> _Said:
    if case.kind in _QUIET:
        return _Said("met", "the platform records every call")
    events = case.measured("examples", "log_events")
    if type(events) is not int:
        return _Said("unknown", "nobody counted what it logs", ("examples",))
    if events > 0:
        return _Said("met", f"{events} log events in the examples", ("examples",))
    return _Said("unmet", "it logs nothing", ("examples",))


def _rollback(case: _Case) -> _Said:
    if case.kind in _QUIET:
        return _Said("met", "withdrawn at any time: it changes nothing")
    found = [(name, case.measured(name, "rollback_rehearsed")) for name in case.found]
    if any(value is False for _, value in found):
        return _Said("unmet", "a rollback was rehearsed and failed", _names(found))
    if any(value is True for _, value in found):
        return _Said("met", "a rollback was rehearsed", _names(found))
    return _Said("unknown", "no rollback was rehearsed")


def _names(found: Sequence[tuple[str, object]]) -> tuple[str, ...]:
    return tuple(name for name, value in found if value is not None)


def _cost(case: _Case) -> _Said:
    found = [(name, case.measured(name, "break_even_calls")) for name in case.found]
    for _, value in found:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _Said("met", f"pays after {value} calls", _names(found))
    return _Said("unknown", "no break-even was measured")


_CONCLUSIONS: dict[str, Callable[[_Case], _Said]] = {
    "correctness": _correctness,
    "safety": _safety,
    "idempotency": _idempotency,
    "observability": _observability,
    "rollback": _rollback,
    "cost": _cost,
}
