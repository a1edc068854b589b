"""Cast a vote: a person's signed word on one release digest. This is where a tool is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolvet.audit import envelopes
from toolvet.config import stamp
from toolvet.engine import (
    acts,
    after,
    attend,
    entry,
    look,
    publish,
    reading,
    remark_drafts,
    sittings,
    stored,
    waivers,
)
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, SignatureError
from toolvet.storage import Unit
from toolvet.storage.rows import ProposalRow, VoteRow
from toolvet_reviews import digests, moves, rubric, statements
from toolvet_reviews.errors import StaleVoteError, UnmetError
from toolvet_reviews.events import Fact, Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.reading_pace import Load
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


@dataclass(frozen=True)
class Ballot:
    """A signed vote as it is handed in, and what goes with it."""

    envelope: bytes
    note: Note | None = None
    drafts: Sequence[str] = ()
    """Remarks of the signer's that are published with it, or not at all."""
    shown: str | None = None
    """The release digest that was on the screen, where the carrier says it."""
    batch: str | None = None
    """Id of the bulk that it is part of."""


async def vote(
    services: Services,
    caller: Caller,
    proposal: str,
    envelope: bytes,
    note: Note | None = None,
    *,
    drafts: Sequence[str] = (),
) -> ProposalView:
    """Count a signed approval, and publish in the same transaction when nothing else is waited for.

    Whoever objected and now approves objects no more.

    Args:
        caller: Whoever carried the envelope here; the vote is the signer's.
        drafts: Remarks to publish with it; the carrier has to be the signer, signed in.

    Raises:
        SignatureError: The envelope does not hold.
        StaleVoteError: It is about a revision that is no longer the newest.
        OwnWorkError: The signer wrote this.
        UnmetError: The rubric does not allow an approval.
        MoveRefusedError: The proposal is not up for review.
    """
    await cast(services, caller, proposal, Ballot(envelope, note, drafts))
    return await look.show(services, caller, proposal)


async def cast(services: Services, caller: Caller, proposal: str, ballot: Ballot) -> None:
    """Count a signed approval as `vote` does, without looking afterwards."""
    target = ("proposal", proposal)
    with services.refusals.recorded(caller, Verb.VOTE_APPROVE, target):
        # who it says it is from: only the signature, checked below, makes it theirs
        signer = statements.parse(envelopes.payload_of(ballot.envelope)).actor
        loads = await reading.load_for(services, proposal, signer)
        await services.store.write(
            lambda unit: _cast(services, unit, caller, proposal, ballot, loads)
        )


def _cast(
    services: Services,
    unit: Unit,
    caller: Caller,
    proposal: str,
    ballot: Ballot,
    loads: Mapping[int, Load],
) -> None:
    row = stored.find(unit, caller, proposal)
    if row.release_digest is None:
        raise StaleVoteError(f"{proposal} has no verified release to vote on")
    release = Digest(row.release_digest)
    if ballot.shown not in (None, release):
        raise StaleVoteError(f"{proposal} is at release {release}, not {ballot.shown}")
    accepted = acts.accept(
        services,
        unit,
        ballot.envelope,
        verb=Verb.VOTE_APPROVE,
        target=("proposal", proposal),
        subject=release,
        seat=caller.seat,
    )
    _check_shown(services, unit, row, accepted.statement, ballot.note)
    moves.apply(stored.facts(row), "approve", accepted.actor.principal, release_digest=release)
    if ballot.drafts:
        _check_is_signer(caller, accepted)
        remark_drafts.publish_in(services, unit, caller, row, ballot.drafts)
    pace = sittings.decided(services, unit, row, accepted.actor.id, "approve", loads)
    facts: dict[str, Fact] = {"pace": pace, **({"batch": ballot.batch} if ballot.batch else {})}
    _enter(services, unit, row, accepted, ballot.note, facts)
    after.happened(unit, row.number, "voted", accepted.actor.id)
    publish.try_publish(services, unit, row)


def _check_is_signer(caller: Caller, accepted: acts.Accepted) -> None:
    """A vote may be carried by anybody; what is said in a person's name beside it may not."""
    if caller.id != accepted.actor.id:
        raise SignatureError(
            "remarks are published with a vote by its signer only",
            hint="Sign in with the key that signed it.",
        )


def _check_shown(
    services: Services, unit: Unit, row: ProposalRow, statement: Statement, note: Note | None
) -> None:
    """Hold what the person was shown against what would be published."""
    revision = unit.proposals.revision(row.number, row.revision)
    waived = waivers.leaned_on(unit, revision.dossier if revision else None)
    _check_waivers(services, unit, row, statement, waived)
    lines = rubric.conclude(
        services.standing.rules,
        moves.kind_of(stored.facts(row)),
        [found for found, _ in stored.load_evidence(unit, row.number, row.revision)],
        waived=frozenset(waived),
    )
    if attend.base_now(unit, row) != row.base_release:
        raise ConflictError(
            publish.OTHER_BASE,
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
    people = services.standing.rules.waiver_people
    given = waivers.counting(services.standing.ledger, unit, row, statement.subject)
    now, hint = stamp(services.clock()), f"Somebody else: toolvet waive P-{row.number}"
    for fingerprint in waived:
        if until(given, fingerprint, (), 1) <= now:
            raise WaiverError(f"no waiver of the finding {fingerprint} stands any more", hint=hint)
        if until(given, fingerprint, (statement.actor,), people) <= now:
            why = f"the waiver of {fingerprint} needs {people} people, the voter included"
            raise WaiverError(why, hint=hint)


def _enter(
    services: Services,
    unit: Unit,
    row: ProposalRow,
    accepted: acts.Accepted,
    note: Note | None,
    facts: Mapping[str, Fact],
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
                **facts,
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
    unit.objections.lift(row.number, actor.id, stamp(services.clock()))
