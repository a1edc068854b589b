"""Evidence as it is shown: to an author what helps to mend, to somebody who decides all of it. Pure.

An organisation's own rules and cases are worth something only while authors do not know them, and
what recorded calls showed is production data. So an author's evidence is made anew (`told`) and
everything an author reads is written from that: findings, summaries, the rubric's words, reasons.
"""

from collections.abc import Sequence
from dataclasses import replace

from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import EvidenceView, FindingView, RubricLine

ORGANISATION = "organisation"
"""The one rule an author is named for every remark of the organisation's own."""
LIMITED = "verify.limited"
REVIEWERS_ONLY = frozenset({"behaviour"})
"""Checks of which an author learns nothing: what they find is found in recorded calls."""

_OWN = frozenset({"held_out"})
"""Checks that look at nothing but the organisation's own."""
_REQUESTED = "held_out.kept-"
"""Beginning of the rules of what reviewers of the proposal ask for: its author is to know."""
_SECRET = "one of this organisation's own checks objects"  # noqa: S105 - words, no password
_FOR_REVIEWERS = "what this check finds is for reviewers only"
_DECIDED = "what decided this is for reviewers only"

_SHOWN = frozenset({
    "files", "rules", "written", "ran", "passed", "examples", "runs", "repeat_equal", "log_events", "interface",
    "ledger", "packages", "not_applicable",
})  # fmt: skip
_SHOWN_OF: dict[str, frozenset[str]] = {
    "tests": frozenset({"order_seed"}),
    "strength": frozenset({
        "mutants", "killed", "score", "survivors", "not_swapped", "canaries", "branch_coverage",
        "uncovered", "repeats", "flaky", "weak",
    }),
    "properties": frozenset({"generated", "distinct_results", "cases", "invariants"}),
    "hostile": frozenset({"tried", "peak_memory_mib", "slowest_ms", "limits"}),
    "idempotency": frozenset({"proved", "probes", "kills"}),
    "observability": frozenset({"progress_events", "adds_up", "results"}),
    "rollback": frozenset({"rollback_rehearsed", "store_readable"}),
    "cost": frozenset({
        "break_even_calls", "pays", "tokens_in", "tokens_out", "tokens_by", "time_ms", "memory_mib",
        "saved_tokens_per_month", "saved_s_per_month", "review_minutes",
    }),
}  # fmt: skip
_PROGRAMS = frozenset(
    {"ruff", "mypy", "pytest", "uv", "semgrep", "python", "platform", "hypothesis"}
)


def author_view(evidence: Evidence, *, digest: str = "") -> EvidenceView:
    """Show evidence to an author: no raw output, and only measurements that help to mend."""
    return _view(told(evidence), "" if _is_for_reviewers(evidence) else digest)


def reviewer_view(evidence: Evidence, *, digest: str = "") -> EvidenceView:
    """Show all of the evidence, to somebody who decides."""
    return _view(evidence, digest)


def told(evidence: Evidence) -> Evidence:
    """Make the evidence that an author may know."""
    if _is_for_reviewers(evidence):
        return Evidence(
            evidence.check, "skipped", _FOR_REVIEWERS, measurements={"not_applicable": True}
        )
    is_own = _is_own(evidence)
    hides = is_own or any(finding.hidden for finding in evidence.findings)
    return replace(
        evidence,
        summary=_summary(evidence) if hides else evidence.summary,
        findings=tuple(
            _told_finding(one) if one.hidden or (is_own and not _is_requested(one)) else one
            for one in evidence.findings
        ),
        measurements=_told_measurements(evidence),
        tools={name: said for name, said in evidence.tools.items() if name in _PROGRAMS},
        not_looked_at=() if is_own else evidence.not_looked_at,
        raw="",
    )


def holds_back(evidence: Evidence) -> bool:
    """Tell whether something was found that an author must not know."""
    if evidence.check in REVIEWERS_ONLY | _OWN:
        if evidence.findings:
            return not all(map(_is_requested, evidence.findings))
        return evidence.status not in ("passed", "skipped")
    return any(finding.hidden for finding in evidence.findings)


def _is_requested(finding: Finding) -> bool:
    return finding.rule.startswith(_REQUESTED) and not finding.hidden


def _is_for_reviewers(evidence: Evidence) -> bool:
    return evidence.check in REVIEWERS_ONLY and not _is_not_applicable(evidence)


def _is_own(evidence: Evidence) -> bool:
    return evidence.check in _OWN and not _is_not_applicable(evidence)


def _is_not_applicable(evidence: Evidence) -> bool:
    """Tell whether there was nothing to look at: no case, no version before. That is no secret."""
    is_said = evidence.measurements.get("not_applicable") is True
    return is_said and evidence.status == "skipped" and not evidence.findings


def _told_finding(finding: Finding) -> Finding:
    return Finding(
        rule=ORGANISATION,
        severity=finding.severity,
        message=_SECRET,
        path=finding.path,
        line=finding.line,
        fix=finding.fix,
        category=finding.category,
        hidden=True,
    )


def _summary(evidence: Evidence) -> str:
    """Count instead of quoting: a summary begins with the words of the worst finding."""
    if evidence.status == "unknown":
        return "it is not known: not everything could be looked at"
    if evidence.status in ("passed", "skipped"):
        return evidence.status if _is_own(evidence) else evidence.summary
    counts = [
        f"{number} {word}{'' if number == 1 else 's'}"
        for word in ("error", "warning", "note")
        if (number := sum(one.severity == word for one in evidence.findings))
    ]
    return ", ".join(counts)


def _told_measurements(evidence: Evidence) -> JsonObject:
    if _is_own(evidence):
        return {}
    shown = _SHOWN | _SHOWN_OF.get(evidence.check, frozenset())
    return {name: said for name, said in evidence.measurements.items() if name in shown}


def author_rubric(
    lines: Sequence[RubricLine], said: Sequence[RubricLine]
) -> tuple[RubricLine, ...]:
    """Give an author the rubric's marks with words that hold nothing back they should not.

    Args:
        lines: Concluded from all of the evidence.
        said: Concluded from what an author may know; its words are used where the marks agree.
    """
    return tuple(
        other if line.mark == other.mark else replace(line, why=_DECIDED)
        for line, other in zip(lines, said, strict=True)
    )


def author_reason(
    reason: str, evidence: Sequence[Evidence], whole: Sequence[str], said: Sequence[str]
) -> str:
    """Give an author the reason of a verdict without what is held back; a person's words stay.

    Args:
        reason: As it was written.
        evidence: That the verdict was made of, all of it.
        whole: The reasons of a verdict on all of it.
        said: The reasons of a verdict on what an author may know.
    """
    secrets = [one for one in whole if one not in said]
    secrets += [one.summary for one in evidence if holds_back(one)]
    secrets += [
        finding.message
        for one in evidence
        for finding in one.findings
        if finding.hidden or (one.check in REVIEWERS_ONLY | _OWN and not _is_requested(finding))
    ]
    if not any(secret and secret[:_TELLING] in reason for secret in secrets):
        return reason
    return "; ".join(said)[:2000] or _DECIDED


_TELLING = 40
"""Characters of a text that are enough to know it by: a reason may be cut short."""


def limited(view: EvidenceView, wait_s: float) -> EvidenceView:
    """Hold remarks of the organisation's own back, and say for how long."""
    hidden = [one for one in view.findings if one.hidden]
    if not hidden:
        return view
    notice = FindingView(
        rule=LIMITED,
        severity="error" if any(one.severity == "error" for one in hidden) else "warning",
        category="limited",
        message=f"{len(hidden)} more of this organisation's own checks object; which, is held back",
        fix=f"Look again in {round(wait_s)} s: so many verdicts are explained in an hour.",
        hidden=True,
    )
    return replace(view, findings=(*(one for one in view.findings if not one.hidden), notice))


def _view(evidence: Evidence, digest: str) -> EvidenceView:
    measurements: dict[str, Json] = dict(evidence.measurements)
    return EvidenceView(
        check=evidence.check,
        status=evidence.status,
        summary=evidence.summary,
        digest=digest,
        duration_ms=evidence.duration_ms,
        findings=tuple(finding_view(finding) for finding in evidence.findings),
        measurements=measurements,
        tools=evidence.tools,
        not_looked_at=evidence.not_looked_at,
        tier=evidence.tier,
    )


def finding_view(finding: Finding) -> FindingView:
    """Show one finding."""
    return FindingView(
        rule=finding.rule,
        severity=finding.severity,
        category=finding.category,
        message=finding.message,
        path=finding.path,
        line=finding.line,
        end_line=finding.end_line,
        snippet=finding.snippet,
        why=finding.why,
        fix=finding.fix,
        cwe=finding.cwe,
        fingerprint="" if finding.rule == ORGANISATION else finding.fingerprint,
        hidden=finding.hidden,
    )
