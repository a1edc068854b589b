"""Cast a vote: a person's signed word on one release digest. This is where a tool is decided."""

from dataclasses import dataclass

from toolvet.config import stamp
from toolvet.engine import acts, entry, look, stored, waivers
from toolvet.engine.publish import publish
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, SignatureError
from toolvet.storage import Unit
from toolvet.storage.rows import ProposalRow, VoteRow
from toolvet_reviews import digests, moves, rubric
from toolvet_reviews.errors import StaleVoteError, UnmetError
from toolvet_reviews.events import Verb
from toolvet_reviews.policy import tally
from toolvet_reviews.principals import Caller
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import Digest, Json
from toolvet_reviews.views import ProposalView
from toolvet_reviews.waivers import WaiverError, until


@dataclass(frozen=True)
class Note:
    """A reviewer's words beside a signed act; the act names their salted commitment."""

    salt: str
    """32 random bytes in hexadecimal."""
    text: str

    @property
    def commitment(self) -> Digest:
        """What the statement must name."""
        return digests.commit(bytes.fromhex(self.salt), self.text.encode())


async def vote(
    services: Services, caller: Caller, proposal: str, envelope: bytes, note: Note | None = None
) -> ProposalView:
    """Count a signed approval, and publish in the same transaction when the policy is met.

    Args:
        caller: Whoever carried the envelope here; the vote is the signer's.

    Raises:
        SignatureError: The envelope does not hold.
        StaleVoteError: It is about a revision that is no longer the newest.
        OwnWorkError: The signer wrote this.
        UnmetError: The rubric does not allow an approval.
        MoveRefusedError: The proposal is not up for review.
    """
    target = ("proposal", proposal)
    with services.refusals.recorded(caller, Verb.VOTE_APPROVE, target):
        await services.store.write(
            lambda unit: _cast(services, unit, caller, proposal, envelope, note)
        )
    return await look.show(services, caller, proposal)


def _cast(
    services: Services,
    unit: Unit,
    caller: Caller,
    proposal: str,
    envelope: bytes,
    note: Note | None,
) -> None:
    row = stored.find(unit, caller, proposal)
    if row.release_digest is None:
        raise StaleVoteError(f"{proposal} has no verified release to vote on")
    release = Digest(row.release_digest)
    accepted = acts.accept(
        services,
        unit,
        envelope,
        verb=Verb.VOTE_APPROVE,
        target=("proposal", proposal),
        subject=release,
        seat=caller.seat,
    )
    _check_shown(services, unit, row, accepted.statement, note)
    moves.apply(stored.facts(row), "approve", accepted.actor.principal, release_digest=release)
    _enter(services, unit, row, accepted, note)
    policy = look.policy_in_force(services)
    votes = look.counted_votes(services, unit, row, release)
    result = tally(policy, moves.kind_of(stored.facts(row)), votes, release)
    if result.met:
        publish(services, unit, row, result)


def _check_shown(
    services: Services, unit: Unit, row: ProposalRow, statement: Statement, note: Note | None
) -> None:
    """Hold what the person was shown against what would be published."""
    revision = unit.proposals.revision(row.number, row.revision)
    waived = waivers.leaned_on(unit, revision.dossier if revision else None)
    _check_waivers(services, unit, row, statement, waived)
    lines = rubric.conclude(
        look.policy_in_force(services),
        moves.kind_of(stored.facts(row)),
        [found for found, _ in stored.load_evidence(unit, row.number, row.revision)],
        waived=frozenset(waived),
    )
    served = unit.releases.channel(row.toolset, row.tool, "stable")
    base = served.release_digest if served else None
    if base != row.base_release:
        raise ConflictError(
            "the published release changed since this was verified",
            hint="The author revises it against the new one.",
        )
    shown = {
        "proposal": (statement.proposal, f"P-{row.number}"),
        "base": (statement.base, row.base_release),
        "channel": (statement.channel, "stable"),
        "verdict": (statement.verdict, "approve"),
        "dossier": (statement.dossier, revision.dossier if revision else None),
        "tier": (statement.tier, services.tier.tier),
        "rubric": (statement.rubric, {line.criterion: line.mark for line in lines}),
        "note": (statement.note, note.commitment if note else None),
        "waiver": (set(statement.waivers), set(waived)),
    }
    for word, (said, meant) in shown.items():
        if said != meant:
            raise SignatureError(f"the vote was shown another {word}: {said!r}, now {meant!r}")
    blocked = rubric.blocks(lines)
    if blocked:
        raise UnmetError("; ".join(blocked))


def _check_waivers(
    services: Services, unit: Unit, row: ProposalRow, statement: Statement, waived: tuple[str, ...]
) -> None:
    """Check that enough people stand behind every finding that was overruled, now.

    Raises:
        WaiverError: A waiver ran out, or needs one more person.
    """
    if not waived:
        return
    people = look.policy_in_force(services).waiver_people
    given = waivers.counting(services.standing.ledger, unit, row, statement.subject)
    now, hint = stamp(services.clock()), f"Somebody else: toolvet waive P-{row.number}"
    for fingerprint in waived:
        if until(given, fingerprint, (), 1) <= now:
            raise WaiverError(f"no waiver of the finding {fingerprint} stands any more", hint=hint)
        if until(given, fingerprint, (statement.actor,), people) <= now:
            why = f"the waiver of {fingerprint} needs {people} people, the voter included"
            raise WaiverError(why, hint=hint)


def _enter(
    services: Services, unit: Unit, row: ProposalRow, accepted: acts.Accepted, note: Note | None
) -> None:
    actor = accepted.actor
    release = Digest(row.release_digest or "")
    payloads: dict[str, Json] = {"note": {"salt": note.salt, "text": note.text}} if note else {}
    as_sponsor = actor.id == row.sponsor
    index = unit.append(
        entry.by(
            actor,
            Verb.VOTE_APPROVE,
            ("proposal", f"P-{row.number}"),
            digest=release,
            policy=services.standing.policy,
            tier=services.tier.tier,
            act=accepted.envelope,
            facts={
                "proposal": f"P-{row.number}",
                "revision": row.revision,
                "as_sponsor": as_sponsor,
            },
            payloads=payloads,
        )
    )
    unit.proposals.add_vote(
        VoteRow(
            entry=index,
            proposal=row.number,
            release_digest=release,
            voter=actor.id,
            verdict="approve",
            envelope=accepted.envelope,
            time=stamp(services.clock()),
            as_sponsor=as_sponsor,
            revoked=False,
        )
    )
