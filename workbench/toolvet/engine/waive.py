"""Waive: a person overrules one finding of one release, for a while, with a reason, signed.

When nothing stands against a revision any more it is up for review, from the same evidence; it is
approved by votes like any other, and every vote names the waivers it leans on.
"""

from dataclasses import dataclass

from toolvet.engine import acts, after, entry, look, stored, waivers
from toolvet.engine.services import Services
from toolvet.engine.verdict import VerifierParts, conclude_again
from toolvet.engine.vote import Note
from toolvet.errors import ForbiddenError, SignatureError
from toolvet.storage import Unit
from toolvet.storage.rows import ProposalRow, RevisionRow, WaiverRow
from toolvet_reviews import waivers as rules
from toolvet_reviews.errors import MoveRefusedError, StaleVoteError
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Finding
from toolvet_reviews.principals import Caller
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import Digest
from toolvet_reviews.views import ProposalView
from toolvet_reviews.waivers import WaiverError

STATES = ("changes_wanted", "reviewing", "published")
"""Where a finding may be overruled: it stands in the way, needs a second person, or ran out."""


@dataclass(frozen=True)
class _Asked:
    """What a person signed, held against what is there."""

    row: ProposalRow
    revision: RevisionRow
    statement: Statement
    finding: Finding
    expires: str


async def waive(
    services: Services, caller: Caller, proposal: str, envelope: bytes, reason: Note
) -> ProposalView:
    """Overrule a finding, signed by a reviewer who is not its author.

    Args:
        caller: Whoever carried the envelope here; the waiver is the signer's.
        reason: In words; the statement names their commitment.

    Raises:
        SignatureError: The envelope does not hold.
        StaleVoteError: It is about a revision that is no longer the newest, or was never derived.
        MoveRefusedError: Nobody waits for this proposal.
        WaiverError: The finding is not there, or the policy does not allow it.
    """
    target = ("proposal", proposal)
    with services.refusals.recorded(caller, Verb.WAIVER_ADD, target):
        await services.store.write(
            lambda unit: _waive(services, unit, caller, proposal, envelope, reason)
        )
    return await look.show(services, caller, proposal)


def _waive(
    services: Services, unit: Unit, caller: Caller, proposal: str, envelope: bytes, reason: Note
) -> None:
    row = stored.find(unit, caller, proposal)
    release = _release(row)
    accepted = acts.accept(
        services,
        unit,
        envelope,
        verb=Verb.WAIVER_ADD,
        target=("proposal", proposal),
        subject=release,
        seat=caller.seat,
    )
    asked = _asked(unit, row, accepted.statement, reason)
    _check_allowed(services, asked, accepted)
    unit.append(
        entry.by(
            accepted.actor,
            Verb.WAIVER_ADD,
            ("proposal", proposal),
            digest=release,
            policy=services.standing.policy,
            act=accepted.envelope,
            facts={
                "fingerprint": asked.finding.fingerprint,
                "expires": asked.expires,
                "proposal": proposal,
            },
            payloads={"reason": {"salt": reason.salt, "text": reason.text}},
        )
    )
    unit.waivers.add(
        WaiverRow(
            release_digest=release,
            fingerprint=asked.finding.fingerprint,
            reason="",  # beside the entry, where it can be erased
            expires=asked.expires,
            voter=accepted.actor.id,
            envelope=accepted.envelope,
        )
    )
    conclude_again(parts_of(services), unit, row)
    after.happened(unit, row.number, "waived", accepted.actor.id)


def _release(row: ProposalRow) -> Digest:
    if row.state not in STATES:
        raise MoveRefusedError(row.state, "waive a finding of")
    if row.release_digest is None:
        raise StaleVoteError(
            f"P-{row.number} has no release that a waiver could be about",
            hint="Its interface or packages are not known; its author has to repair that.",
        )
    return Digest(row.release_digest)


def _asked(unit: Unit, row: ProposalRow, said: Statement, reason: Note) -> _Asked:
    """Hold what the person was shown against what is there."""
    revision = unit.proposals.revision(row.number, row.revision)
    if revision is None or revision.dossier is None or said.dossier != revision.dossier:
        raise StaleVoteError(f"P-{row.number} was concluded anew since it was shown")
    shown = {
        "proposal": (said.proposal, f"P-{row.number}"),
        "verdict": (said.verdict, None),
        "reason": (said.note, reason.commitment),
        "words": (set(said.facts), {"rule", "expires"}),
    }
    for word, (have, want) in shown.items():
        if have != want:
            raise SignatureError(f"the waiver names another {word}: {have!r}, now {want!r}")
    if len(said.waivers) != 1:
        raise SignatureError("a waiver is about exactly one finding")
    if not reason.text.strip() or len(reason.text) > rules.MAX_REASON:
        raise WaiverError("a waiver needs a reason", hint=f"At most {rules.MAX_REASON} characters.")
    finding = _finding(unit, row, said.waivers[0])
    if said.facts["rule"] != finding.rule:
        raise SignatureError(f"the finding is of the rule {finding.rule}")
    return _Asked(row, revision, said, finding, str(said.facts["expires"]))


def _finding(unit: Unit, row: ProposalRow, fingerprint: str) -> Finding:
    for evidence, _ in stored.load_evidence(unit, row.number, row.revision):
        for finding in evidence.findings:
            if finding.fingerprint != fingerprint or finding.severity != "error":
                continue
            if evidence.status == "unknown":
                why = f"{evidence.check} is unknown, and nobody can overrule what is not known"
                raise WaiverError(why, hint="Let it be verified again.")
            return finding
    raise WaiverError(f"no finding {fingerprint[:32]} stands against P-{row.number}")


def _check_allowed(services: Services, asked: _Asked, accepted: acts.Accepted) -> None:
    work = waivers.work_of(asked.row)
    if work is None:
        raise StaleVoteError("the effect kind of this proposal is not known yet")
    policy, person = services.standing.rules, accepted.actor.principal
    why = rules.refusal(
        policy,
        work,
        person.id,
        asked.finding.rule,
        expires=asked.expires,
        signed=asked.statement.time,
    )
    if why is not None:
        raise why
    if not rules.counts(policy, work, person):
        raise ForbiddenError("a waiver needs the role reviewer")


def parts_of(services: Services) -> VerifierParts:
    """Give what a verdict is concluded with."""
    return VerifierParts(
        services.paths,
        services.store,
        services.standing,
        services.pool,
        services.tier,
        services.toolchain,
        services.clock,
        services.service_id,
    )
