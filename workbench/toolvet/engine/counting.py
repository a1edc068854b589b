"""Counting the words for and against a proposal as they stand now: only those that the log knows."""

from toolvet.audit.entries import parse_entry
from toolvet.audit.ledger import Ledger
from toolvet.audit.objecting import OBJECTING, Objection, Objections, holding
from toolvet.engine.services import Services
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow, VoteRow
from toolvet_reviews.events import Verb
from toolvet_reviews.policy import CountedVote, Policy, tally
from toolvet_reviews.principals import Principal
from toolvet_reviews.values import Digest


def counted_votes(
    services: Services, view: View, row: ProposalRow, release: Digest
) -> list[CountedVote]:
    """List the votes that count now: those of the log, and those this transaction is entering.

    A row that the log does not know is not a vote, however it came into the table. A vote that was
    cast on another proposal, or under another policy, base or tier, is not about what would be
    published now.
    """
    ledger = services.standing.ledger
    standing = [
        vote.voter
        for vote in ledger.votes(release)
        if vote.proposal == f"P-{row.number}"
        and vote.policy == services.standing.policy
        and vote.base == row.base_release
        and vote.tier == services.tier.tier
    ]
    entering = [
        vote.voter
        for vote in view.proposals.votes(release)
        if vote.proposal == row.number and _is_entering(ledger, view, vote)
    ]
    return [
        approval_of(person, row, release)
        for voter in dict.fromkeys((*standing, *entering))
        if (person := ledger.principals.get(voter)) is not None and person.active
    ]


def approval_of(person: Principal, row: ProposalRow, release: Digest) -> CountedVote:
    """Say of a person's approval what matters for counting it, with the roles held now."""
    return CountedVote(
        voter=person.id,
        roles=person.roles,
        is_sponsor=person.id == row.sponsor,
        is_author=person.id == row.author,
        verdict="approve",
        release_digest=release,
    )


def _is_entering(ledger: Ledger, view: View, vote: VoteRow) -> bool:
    """Tell whether a row's entry is one of this very transaction; its signature was just checked."""
    if vote.entry < ledger.size:
        return False
    row = view.entry(vote.entry)
    if row is None:
        return False
    found = parse_entry(row.leaf)
    said = (found.verb, found.actor, found.digest, found.act, found.outcome)
    return said == (Verb.VOTE_APPROVE, vote.voter, vote.release_digest, vote.envelope, "ok")


def said_against(services: Services, view: View, row: ProposalRow) -> dict[str, Objection]:
    """Name who said something against a proposal and did not lift it, by principal id.

    Some of them may not decide any more; see `objecting`.
    """
    ledger, name = services.standing.ledger, f"P-{row.number}"
    found = Objections.over(name, ledger.objections(name))
    for later in view.entries(ledger.size, verbs=OBJECTING):
        if later.target_id == name:
            found.take(name, parse_entry(later.leaf))
    return found.of(name)


def objecting(services: Services, view: View, row: ProposalRow) -> tuple[Objection, ...]:
    """List the objections that keep a proposal from being published, oldest first."""
    said = said_against(services, view, row)
    return holding(said, services.standing.ledger.principals)


def people_needed(services: Services, view: View, row: ProposalRow, policy: Policy) -> int:
    """Count how many more approving people the policy asks for."""
    if row.release_digest is None or row.kind is None or row.state != "reviewing":
        return 0
    release = Digest(row.release_digest)
    result = tally(policy, row.kind, counted_votes(services, view, row, release), release)
    return max(0, result.needed - result.have)
