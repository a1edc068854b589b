"""Evidence as it is shown: to an author what helps to mend, to somebody who decides all of it. Pure."""

from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import EvidenceView, FindingView

_SHOWN = frozenset({
    "files", "rules", "written", "ran", "passed", "examples", "runs", "repeat_equal", "log_events", "interface",
    "ledger", "packages",
})  # fmt: skip


def author_view(evidence: Evidence, *, digest: str = "") -> EvidenceView:
    """Show evidence to an author: no raw output, and only measurements that help to mend."""
    measured: JsonObject = {
        name: value for name, value in evidence.measurements.items() if name in _SHOWN
    }
    return _view(evidence, measured, digest)


def reviewer_view(evidence: Evidence, *, digest: str = "") -> EvidenceView:
    """Show all of the evidence, to somebody who decides."""
    return _view(evidence, dict(evidence.measurements), digest)


def _view(evidence: Evidence, measurements: JsonObject, digest: str) -> EvidenceView:
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
        fingerprint=finding.fingerprint,
    )
