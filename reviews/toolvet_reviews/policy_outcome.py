"""What becomes of a revision under a policy: from its evidence and its votes. Pure; no I/O.

The same functions conclude here as in the service, so that cases of a policy, and a policy that is
tried on the past, say what would happen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from toolvet_reviews import rubric
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.policy import CountedVote, Policy, tally
from toolvet_reviews.values import Digest, EffectKind, Json

Word = Literal["publishes", "waits", "blocked"]
WORDS: tuple[Word, ...] = ("publishes", "waits", "blocked")

FEWEST = 10
"""Planted faults below which a score says nothing; as the check `strength` has it."""
_BARS = ("strength.score", "strength.coverage")
"""Findings that follow from a bar of the policy, and not from the tool alone."""


@dataclass(frozen=True)
class Outcome:
    """What becomes of it."""

    word: Word
    """`publishes`; `waits` for people; `blocked` by evidence, or by a vote against."""
    reasons: tuple[str, ...] = ()
    """Why it does not publish; empty when it does."""


def conclude(
    policy: Policy,
    kind: EffectKind,
    evidence: Sequence[Evidence],
    votes: Sequence[CountedVote],
    release: Digest,
    *,
    waived: frozenset[str] = frozenset(),
) -> Outcome:
    """Conclude from evidence and votes.

    Args:
        kind: Declared effect kind.
        evidence: Of one revision, as it was measured under whatever policy.
        votes: That stand, on any release.
        release: What would be published.
        waived: Fingerprints that people overruled.
    """
    measured = [rejudged(policy, kind, one) for one in evidence]
    verdict, reasons = rubric.verdict(policy, kind, measured, waived=waived)
    if verdict == "failed":
        return Outcome("blocked", tuple(reasons))
    return of_votes(policy, kind, votes, release)


def of_votes(
    policy: Policy, kind: EffectKind, votes: Sequence[CountedVote], release: Digest
) -> Outcome:
    """Conclude from the votes alone, of something the evidence lets through."""
    result = tally(policy, kind, votes, release)
    if result.met:
        return Outcome("publishes")
    against = [vote for vote in votes if vote.verdict != "approve"]
    unopposed = [vote for vote in votes if vote.verdict == "approve"]
    counts_against = tally(policy, kind, unopposed, release).reasons != result.reasons
    stands = bool(against) and counts_against and _stands(policy, kind, against, release)
    return Outcome("blocked" if stands else "waits", result.reasons)


def _stands(
    policy: Policy, kind: EffectKind, against: Sequence[CountedVote], release: Digest
) -> bool:
    """Tell whether one of the words against would block whatever else there was."""
    rule = policy.votes[kind]
    return any(
        vote.release_digest == release and not vote.is_author and rule.role in vote.roles
        for vote in against
    )


def rejudged(policy: Policy, kind: EffectKind, evidence: Evidence) -> Evidence:
    """Hold the scores of a suite of tests against the bars of this policy instead of an older one's."""
    if evidence.check != "strength" or evidence.status not in ("passed", "warned", "failed"):
        return evidence
    kept = tuple(one for one in evidence.findings if one.rule not in _BARS)
    findings = (*kept, *_below(policy, kind, evidence.measurements))
    errors = [one.message for one in findings if one.severity == "error"]
    if errors:
        return replace(evidence, status="failed", findings=findings, summary="; ".join(errors))
    was_bars_alone = len(kept) < len(evidence.findings)
    status = "warned" if evidence.status == "failed" and was_bars_alone else evidence.status
    return replace(evidence, status=status, findings=findings)


def _below(policy: Policy, kind: EffectKind, measured: dict[str, Json]) -> list[Finding]:
    bars = policy.thresholds[kind]
    found: list[Finding] = []
    if measured.get("by") != "tests":
        return found
    score, covered = _number(measured.get("score")), _number(measured.get("branch_coverage"))
    tried = _number(measured.get("tried"))
    if score is not None and score < bars.mutation_score and (tried or 0) >= FEWEST:
        message = f"the tests notice {score} % of the small faults, asked are {bars.mutation_score}"
        found.append(Finding("strength.score", "error", message))
    if covered is not None and covered < bars.branch_coverage:
        message = f"the tests run {covered} % of the branches, asked are {bars.branch_coverage}"
        found.append(Finding("strength.coverage", "error", message))
    return found


def _number(value: Json) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
