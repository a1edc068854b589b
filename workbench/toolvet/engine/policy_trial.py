"""A policy tried on the past: what each decision would have come to, from its own evidence and votes.

Nothing is applied and nothing is run again. What a new policy asks for and nobody measured then is
`unknown`, and unknown blocks: exactly what would happen to the same evidence tomorrow.
"""

from dataclasses import dataclass

from toolvet.audit.entries import Entry, parse_entry
from toolvet.audit.ledger import Ledger
from toolvet.client.review_shapes import PolicyDifference, PolicyTrial
from toolvet.engine.audit import may_audit
from toolvet.engine.counting import approval_of
from toolvet.engine.decision import evidence_of
from toolvet.engine.services import Services
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Evidence
from toolvet_reviews.policy import CountedVote, Policy, parse_policy
from toolvet_reviews.policy_outcome import Outcome, conclude
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest

MOST = 2_000
"""Newest proposals that are tried."""


@dataclass(frozen=True)
class _Past:
    """A proposal as it was decided."""

    row: ProposalRow
    verdict: Entry
    evidence: list[Evidence]


async def try_policy(services: Services, caller: Caller, text: str) -> PolicyTrial:
    """Tell which past decisions would have gone otherwise.

    Raises:
        PolicyError: The text is no policy.
        ForbiddenError: The caller may not read the log.
    """
    may_audit(caller)
    policy = parse_policy(text)
    return await services.store.query(lambda view: _trial(services, view, policy))


def _trial(services: Services, view: View, policy: Policy) -> PolicyTrial:
    ledger = services.standing.ledger
    differences: list[PolicyDifference] = []
    tried = lost = 0
    for row in _newest(view):
        verdict = _verdict(view, row)
        if verdict is None:
            continue
        found = [one for _, one in evidence_of(view, verdict)]
        evidence = [one for one in found if one is not None]
        if len(evidence) < len(found):
            lost += 1
            continue
        tried += 1
        outcome = _outcome(ledger, policy, _Past(row, verdict, evidence))
        if _differs(row, outcome):
            differences.append(_difference(row, outcome))
    return PolicyTrial(policy.digest, tried, tuple(differences), lost)


def _newest(view: View) -> list[ProposalRow]:
    return view.proposals.list(limit=1_000_000)[::-1][:MOST]


def _verdict(view: View, row: ProposalRow) -> Entry | None:
    """Find the newest verdict on the revision that was decided."""
    found = view.entries_about(f"P-{row.number}", (Verb.REVISION_VERIFY,))
    for one in reversed(found):
        entry = parse_entry(one.leaf)
        if entry.facts.get("revision") == row.revision:
            return entry
    return None


def _outcome(ledger: Ledger, policy: Policy, past: _Past) -> Outcome:
    waived = past.verdict.facts.get("waived")
    release = past.verdict.digest or Digest("")
    return conclude(
        policy,
        past.row.kind or "destructive",
        past.evidence,
        _votes(ledger, past.row, release),
        release,
        waived=frozenset(waived) if isinstance(waived, list) else frozenset(),
    )


def _votes(ledger: Ledger, row: ProposalRow, release: Digest) -> list[CountedVote]:
    """Count the votes of then with the roles held now: roles of then would need a fold a decision."""
    voters = dict.fromkeys(
        vote.voter for vote in ledger.votes(release) if vote.proposal == f"P-{row.number}"
    )
    return [
        approval_of(person, row, release)
        for voter in voters
        if (person := ledger.principals.get(voter)) is not None
    ]


def _differs(row: ProposalRow, outcome: Outcome) -> bool:
    """Tell whether the machine or the votes would say other; what people refused stays refused."""
    if row.state == "published":
        return outcome.word != "publishes"
    if row.state == "reviewing":
        return outcome.word != "waits"
    return row.state == "changes_wanted" and not outcome.reasons


def _difference(row: ProposalRow, outcome: Outcome) -> PolicyDifference:
    return PolicyDifference(
        proposal=f"P-{row.number}",
        tool=f"{row.toolset}/{row.tool}",
        kind=row.kind or "",
        revision=row.revision,
        then=row.state,
        now=outcome.word,
        why=outcome.reasons,
    )
