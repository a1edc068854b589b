"""The evidence of one revision under one policy: each check marked, after waivers. Pure; no I/O.

What stands here in words reaches authors as well: findings of an organisation's own are counted in
it and never quoted, and nothing of what `behaviour` saw is said unless it is asked for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from toolvet_reviews.findings import Evidence, Finding, blocking
from toolvet_reviews.policy import Policy
from toolvet_reviews.values import EffectKind, Json
from toolvet_reviews.views import Mark

FOR_REVIEWERS = ("behaviour",)
"""Checks of which an author is told nothing but that they are there."""

_STATUSES = ("passed", "warned", "skipped", "unknown", "failed")
"""From good to bad: of several pieces of evidence of one check the worst counts."""


@dataclass(frozen=True)
class Said:
    """A mark, the sentence that explains it, and the checks behind it, the decisive one first."""

    mark: Mark
    why: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """One check's evidence, and what is left of it after waivers."""

    evidence: Evidence
    status: str
    overruled: int = 0
    """Findings that would block, had people not overruled them."""

    @property
    def is_not_applicable(self) -> bool:
        """Tell whether the check itself has nothing to look at in such a tool."""
        return self.status == "skipped" and self.evidence.measurements.get("not_applicable") is True


@dataclass(frozen=True)
class Case:
    """The evidence of one revision under one policy."""

    policy: Policy
    kind: EffectKind
    found: Mapping[str, Found]

    def requires(self, check: str) -> bool:
        """Tell whether the policy asks for a check of this kind."""
        return check in self.policy.required_checks[self.kind]

    def check(self, name: str) -> Said:
        """Mark one check as if it were required."""
        found = self.found.get(name)
        if found is None:
            return Said("unknown", f"{name} did not run", (name,))
        if found.overruled and found.status == "warned":
            return Said("met", f"{name}: {_overruled(found.overruled)}", (name,))
        if found.status in ("passed", "warned"):
            return Said("met", f"{name} {found.status}", (name,))
        if found.is_not_applicable:
            return Said("met", f"{name} does not apply", (name,))
        if found.status == "skipped" and name == "tests" and self.kind == "pure":
            return Said("met", "a pure tool may do with examples", (name,))
        if found.status in ("failed", "skipped"):
            return Said("unmet", _because(found), (name,))
        return Said("unknown", _because(found), (name,))

    def checks(self, names: Sequence[str]) -> list[Said]:
        """Mark those the policy requires, and of the others those that know something.

        An error is an error, also under a policy that is older than the check that found it. What
        nobody asked for and nobody knows stands in no way.
        """
        said = [self.check(name) for name in names if self.requires(name) or name in self.found]
        return [
            one
            for one in said
            if one.mark == "met" or self.requires(one.evidence[0]) or self.failed(one.evidence[0])
        ]

    def failed(self, name: str) -> bool:
        """Tell whether a check failed, waivers counted."""
        found = self.found.get(name)
        return found is not None and found.status == "failed"

    def applies(self, name: str) -> bool:
        """Tell whether a check that is there had anything to look at."""
        found = self.found.get(name)
        return found is not None and not found.is_not_applicable

    def measured(self, check: str, name: str) -> Json:
        """Find a measurement; None when there is none to believe, or people overruled its check."""
        found = self.found.get(check)
        if found is None or found.overruled:
            return None
        believed = found.status in ("passed", "warned", "failed")
        return found.evidence.measurements.get(name) if believed else None

    def count(self, check: str, name: str) -> int | None:
        """Find a measurement that is a number, without its fraction."""
        value = self.measured(check, name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53:
            return int(value)
        return None

    def overruled(self, names: Collection[str]) -> str:
        """Say how many findings of some checks people overruled; empty for none."""
        return _overruled(sum(one.overruled for name, one in self.found.items() if name in names))


def case_of(
    policy: Policy, kind: EffectKind, evidence: Sequence[Evidence], waived: frozenset[str]
) -> Case:
    """Put the evidence of a revision together; of several of one check the worst counts."""
    found: dict[str, Found] = {}
    for one in evidence:
        seen = _after_waivers(policy, one, waived)
        before = found.get(one.check)
        if before is None or _STATUSES.index(seen.status) > _STATUSES.index(before.status):
            found[one.check] = seen
    return Case(policy, kind, found)


def worst(parts: Sequence[Said], good: str) -> Said:
    """Join parts: one unmet makes it unmet, else one unknown makes it unknown."""
    for mark in ("unmet", "unknown"):
        bad = [part for part in parts if part.mark == mark]
        if bad:
            names = dict.fromkeys(name for part in (*bad, *parts) for name in part.evidence)
            return Said(mark, "; ".join(part.why for part in bad), tuple(names))
    if not parts:
        return Said("unknown", "the policy requires no check that could tell")
    names = dict.fromkeys(name for part in parts for name in part.evidence)
    return Said("met", good, tuple(names))


def _after_waivers(policy: Policy, evidence: Evidence, waived: frozenset[str]) -> Found:
    """Take what people overruled away; an error that stands fails whatever the check says."""
    errors = [finding for finding in evidence.findings if finding.severity == "error"]
    stand = blocking(errors, waived, never=policy.never_waive)
    if evidence.status == "unknown" or evidence.status not in _STATUSES:
        return Found(evidence, "unknown")
    if stand:
        return Found(evidence, "failed", len(errors) - len(stand))
    if errors:
        return Found(evidence, "warned", len(errors))
    return Found(evidence, evidence.status)


def _because(found: Found) -> str:
    evidence = found.evidence
    words = {"failed": "failed", "skipped": "was skipped"}.get(found.status, "is unknown")
    said = _summary(evidence)
    return f"{evidence.check} {words}: {said}" if said else f"{evidence.check} {words}"


def _summary(evidence: Evidence) -> str:
    """Quote what a check says of itself, as far as its author may read it."""
    if evidence.check in FOR_REVIEWERS:
        return "what it found is for reviewers"
    hidden = [one for one in evidence.findings if one.hidden]
    if not hidden:
        return evidence.summary
    shown = [one for one in evidence.findings if one.severity == "error" and not one.hidden]
    return "; ".join((*_first(shown), f"{len(hidden)} by rules of the organisation's own"))


def _first(errors: Sequence[Finding]) -> tuple[str, ...]:
    if not errors:
        return ()
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    return (f"{errors[0].message[:300]}{more}",)


def _overruled(count: int) -> str:
    if not count:
        return ""
    return f"{count} finding{'' if count == 1 else 's'} overruled by people"
