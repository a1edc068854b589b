"""Attest a release: what its review was, signed by the log's key for verifiers elsewhere.

Everything is taken from the log and from bytes that hash to what was approved. A release that is
stopped, or leans on a waiver that ran out, is attested no more.
"""

from dataclasses import dataclass

from toolvet.audit import attested
from toolvet.audit.entries import Entry, parse_entry
from toolvet.audit.notes import ProofText, open_checkpoint
from toolvet.audit.releases import Release
from toolvet.audit.voting import Vote
from toolvet.config import VERSION, stamp
from toolvet.engine.audit import checkpoint, may_audit
from toolvet.engine.decision import evidence_of, verdict_before
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, NotFoundError, ToolNotFoundError
from toolvet.storage import View
from toolvet_reviews import attestation, canonical, digests, manifest
from toolvet_reviews.attestation import Reviewed, Reviewer
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.policy import parse_policy
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest


class NotAttestedError(ConflictError):
    """A release that was stopped, or that what it leans on no longer carries."""

    code = "attest.not_served"
    hint = "Attest another version: `--version N`."


@dataclass(frozen=True)
class Attested:
    """A release's attestations."""

    toolset: str
    name: str
    version: int
    release: Digest
    review: bytes
    """DSSE."""
    summary: bytes
    """DSSE; names the other files by digest."""
    votes: tuple[bytes, ...]
    """What people signed, DSSE, in the order of the log."""


async def attest(
    services: Services,
    caller: Caller,
    name: str,
    version: int | None = None,
    *,
    names: bool = False,
) -> Attested:
    """Attest one release.

    Args:
        name: Advertised name.
        version: None for the one that the stable channel points to.
        names: Whether reviewers are named as well as their keys.

    Raises:
        ToolNotFoundError: Nothing was ever published under that name.
        NotAttestedError: The release was stopped, or a waiver it leans on ran out.
    """
    may_audit(caller)
    note = await checkpoint(services)
    return await services.store.query(
        lambda view: _attest(services, view, name, version, note, names=names)
    )


def _attest(
    services: Services, view: View, name: str, version: int | None, note: str, *, names: bool
) -> Attested:
    release = _release(services, view, name, version)
    approved = manifest.from_json(canonical.parse(view.blob(release.digest)))
    published = _entry(view, release.entry)
    votes = _votes(services, release, published)
    reviewed = _reviewed(services, view, release, approved, published, votes, note, names=names)
    review = attested.sign(attestation.review(reviewed), services.log_key)
    envelopes = tuple(view.blob(vote.envelope) for vote in votes)
    inputs = {attestation.REVIEW_FILE: digests.sha256(review)} | {
        attestation.vote_file(number): digests.sha256(one)
        for number, one in enumerate(envelopes, start=1)
    }
    said = attestation.summary(reviewed, stamp(services.clock()), inputs, VERSION)
    summary = attested.sign(said, services.log_key)
    return Attested(
        approved.toolset,
        approved.name,
        release.version,
        release.digest,
        review,
        summary,
        envelopes,
    )


def _release(services: Services, view: View, name: str, version: int | None) -> Release:
    """Find the release that the log vouches for, and that still stands."""
    toolset, _, bare = name.rpartition("__")
    rows = view.releases.versions(toolset or "default", bare)
    if not rows:
        raise ToolNotFoundError(f"no tool {name[:80]!r}")
    served = view.releases.channel(toolset or "default", bare, "stable")
    wanted = served.version if version is None and served else version
    row = next((one for one in rows if one.version == wanted), None)
    if row is None and version is None:
        raise NotAttestedError(f"nothing is served as {name[:80]!r}")
    ledger = services.standing.ledger
    release = ledger.releases.get(row.digest) if row else None
    if release is None:
        raise NotFoundError(f"{name[:80]!r} has no version {wanted}")
    lapses = ledger.lapses(release.digest)
    if release.digest in ledger.stopped:
        raise NotAttestedError(f"version {release.version} of {name!r} was stopped")
    if lapses is not None and lapses <= stamp(services.clock()):
        raise NotAttestedError(f"version {release.version} leans on a waiver that ran out")
    return release


def _entry(view: View, index: int) -> Entry:
    row = view.entry(index)
    if row is None:
        raise NotFoundError(f"the log has no entry {index}")
    return parse_entry(row.leaf)


def _votes(services: Services, release: Release, published: Entry) -> list[Vote]:
    """List the votes that the publication names, as the log says they stood."""
    return [
        vote
        for vote in services.standing.ledger.votes(release.digest)
        if vote.envelope in published.evidence and vote.proposal == release.proposal
    ]


def _reviewed(
    services: Services,
    view: View,
    release: Release,
    approved: Manifest,
    published: Entry,
    votes: list[Vote],
    note: str,
    *,
    names: bool,
) -> Reviewed:
    stood = verdict_before(view, published, release.proposal)
    verdict = stood.entry
    dossier = verdict.facts.get("dossier") if verdict else None
    previous = published.facts.get("previous")
    row = view.entry(release.entry)
    return Reviewed(
        service=services.service_id,
        toolset=approved.toolset,
        name=approved.name,
        version=release.version,
        kind=release.kind,
        channel=str(published.facts.get("channel", "stable")),
        release=release.digest,
        revision=approved.revision,
        files=digests.read_tree(view.blob(approved.revision)),
        base=Digest(previous) if isinstance(previous, str) else None,
        proposal=release.proposal,
        policy=release.policy,
        preset=_preset(view, release.policy),
        dossier=Digest(dossier) if isinstance(dossier, str) else None,
        tier=published.tier or "none",
        rubric=stood.rubric or {},
        evidence=[
            (found.check, found.status, digest)
            for digest, found in (evidence_of(view, verdict) if verdict else ())
            if found is not None
        ],
        waived=release.waived,
        reviewers=tuple(_reviewer(services, vote, names=names) for vote in votes),
        published_at=published.time,
        entry=release.entry,
        leaf=row.leaf.decode("ascii") if row else "",
        proof=_proof(services, view, release.entry, note),
        log_key=services.log_key.verifier_key,
    )


def _reviewer(services: Services, vote: Vote, *, names: bool) -> Reviewer:
    person = services.standing.ledger.principals.get(vote.voter)
    return Reviewer(
        key=vote.key or Digest(""),
        principal=vote.voter,
        entry=vote.entry,
        time=vote.time,
        envelope=vote.envelope,
        as_sponsor=vote.as_sponsor,
        name=person.name if names and person else None,
    )


def _preset(view: View, policy: Digest) -> str:
    text = view.policies.by_digest(policy) or ""
    return parse_policy(text).preset if digests.sha256(text.encode()) == policy else ""


def _proof(services: Services, view: View, index: int, note: str) -> str:
    signed = open_checkpoint(note, services.log_key.verifier_key)
    return ProofText(index, tuple(view.inclusion_proof(index, signed.size)), note).text
