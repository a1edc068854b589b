"""The machine's verdict on one revision, as far as the one who looks may know it."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolvet.checks import NAMES
from toolvet.engine.services import Services
from toolvet.storage.rows import ProposalRow, RevisionRow
from toolvet_reviews import rubric
from toolvet_reviews.evidence_views import (
    REVIEWERS_ONLY,
    author_reason,
    author_rubric,
    author_view,
    limited,
    reviewer_view,
    told,
)
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import Policy
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest
from toolvet_reviews.views import EvidenceView, RubricLine


@dataclass(frozen=True)
class ShownVerdict:
    """What is shown of a verdict."""

    evidence: tuple[EvidenceView, ...]
    rubric: tuple[RubricLine, ...]
    summary: str
    reason: str
    awaiting: tuple[str, ...] = ()
    retry_after_s: float | None = None


def sees_hidden(caller: Caller) -> bool:
    """Tell whether somebody sees what the organisation's own rules and recorded calls brought.

    No agent does, whatever its roles, and no person who only writes tools.
    """
    is_person = caller.principal.kind == "human" and caller.principal.active
    return is_person and caller.has("reviewer", "auditor", "operator")


def in_order(evidence: Sequence[tuple[Evidence, Digest]]) -> list[tuple[Evidence, Digest]]:
    """Put evidence into the order of the checks; what no check brings any more comes last."""
    places = {name: place for place, name in enumerate(NAMES)}
    return sorted(evidence, key=lambda one: places.get(one[0].check, len(places)))


def shown_verdict(
    services: Services,
    caller: Caller,
    row: ProposalRow,
    revision: RevisionRow,
    loaded: Sequence[tuple[Evidence, Digest]],
    policy: Policy,
    *,
    waived: frozenset[str] = frozenset(),
) -> ShownVerdict:
    """Write what a caller is shown of the verdict on a revision.

    Args:
        loaded: Its evidence so far, with digests.
        waived: Fingerprints of findings that people overruled.
    """
    loaded = in_order(loaded)
    evidence = [found for found, _ in loaded]
    awaiting = _awaiting(evidence) if revision.state == "verifying" else ()
    if sees_hidden(caller):
        return ShownVerdict(
            tuple(reviewer_view(found, digest=digest) for found, digest in loaded),
            _rubric(policy, row, revision, evidence, waived, for_reviewers=True),
            summary(evidence),
            row.reason,
            awaiting,
        )
    views = tuple(author_view(found, digest=digest) for found, digest in loaded)
    wait_s = None
    if any(finding.hidden for view in views for finding in view.findings):
        wait_s = services.verdict_rate.wait_s(row.author, revision.digest, services.clock)
    if wait_s is not None:
        views = tuple(limited(view, wait_s) for view in views)
    known = [told(found) for found in evidence]
    return ShownVerdict(
        views,
        author_rubric(
            _rubric(policy, row, revision, evidence, waived),
            _rubric(policy, row, revision, known, waived),
        ),
        summary([found for found in known if found.check not in REVIEWERS_ONLY]),
        _reason(policy, row, evidence, known, waived),
        awaiting,
        wait_s,
    )


def summary(evidence: Sequence[Evidence]) -> str:
    """Say in a few words what the checks say."""
    bad = [found.check for found in evidence if found.status in ("failed", "unknown")]
    if not evidence:
        return ""
    return f"stopped by {', '.join(bad)}" if bad else f"{len(evidence)} checks, none objects"


def counted(evidence: Sequence[Evidence], caller: Caller) -> tuple[int, int]:
    """Count errors and warnings, those of which a caller may know."""
    known = evidence if sees_hidden(caller) else _told(evidence)
    severities = [found.severity for check in known for found in check.findings]
    return severities.count("error"), severities.count("warning")


def _told(evidence: Sequence[Evidence]) -> list[Evidence]:
    return [told(found) for found in evidence if found.check not in REVIEWERS_ONLY]


def _awaiting(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    there = {found.check for found in evidence}
    return tuple(name for name in NAMES if name not in there)


def _rubric(
    policy: Policy,
    row: ProposalRow,
    revision: RevisionRow,
    evidence: Sequence[Evidence],
    waived: frozenset[str],
    *,
    for_reviewers: bool = False,
) -> tuple[RubricLine, ...]:
    if row.kind is None or revision.state == "verifying":
        return ()
    return rubric.conclude(policy, row.kind, evidence, waived=waived, for_reviewers=for_reviewers)


def _reason(
    policy: Policy,
    row: ProposalRow,
    evidence: Sequence[Evidence],
    known: Sequence[Evidence],
    waived: frozenset[str],
) -> str:
    if row.kind is None or not row.reason:
        return row.reason
    whole = rubric.verdict(policy, row.kind, evidence, waived=waived)[1]
    said = rubric.verdict(policy, row.kind, known, waived=waived)[1]
    return author_reason(row.reason, evidence, whole, said)
