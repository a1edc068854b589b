"""What people overruled of a revision, held against the statements they signed.

The dossier names the findings; for each there must be a signed waiver of exactly this release. Whose
keys count is the log's to say: `toolvet audit verify` holds every signature to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolvet.audit import envelopes
from toolvet.client.errors import DifferenceError
from toolvet_reviews import digests, statements
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Evidence, Finding
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import Digest, JsonObject
from toolvet_reviews.views import ProposalView, WaiverView

Blob = Callable[[str], bytes]
"""Fetches stored bytes by digest."""


@dataclass(frozen=True)
class Overruled:
    """One finding that no longer stands in the way, and who said so."""

    finding: Finding
    by: tuple[WaiverView, ...]
    """Waivers of it that count now; none when all ran out."""


def overruled(
    view: ProposalView,
    dossier: JsonObject,
    release: Digest,
    evidence: Sequence[Evidence],
    blob: Blob,
) -> tuple[Overruled, ...]:
    """Read what the dossier says people overruled, and check that they did.

    Raises:
        DifferenceError: It names a finding that is not there, or that nobody waived.
    """
    named = dossier.get("waivers", [])
    if not isinstance(named, list):
        raise DifferenceError("the dossier does not say its waivers")
    return tuple(_one(str(name), view, release, evidence, blob) for name in named)


def _one(
    fingerprint: str,
    view: ProposalView,
    release: Digest,
    evidence: Sequence[Evidence],
    blob: Blob,
) -> Overruled:
    errors = [one for found in evidence for one in found.findings if one.severity == "error"]
    finding = next((one for one in errors if one.fingerprint == fingerprint), None)
    given = [one for one in view.waivers if one.fingerprint == fingerprint]
    if finding is None or not given:
        raise DifferenceError(f"the dossier leans on a waiver nobody gave: {fingerprint[:32]}")
    for one in given:
        _check(one, finding, release, blob(one.envelope))
    return Overruled(finding, tuple(one for one in given if one.counts))


def _check(one: WaiverView, finding: Finding, release: Digest, envelope: bytes) -> None:
    """Hold what is shown of a waiver against what was signed."""
    if digests.sha256(envelope) != one.envelope:
        raise DifferenceError("the bytes of a waiver are not those of its digest")
    try:
        said: Statement = statements.parse(envelopes.payload_of(envelope))
    except ReviewError as error:
        raise DifferenceError(f"a waiver cannot be read: {error}") from error
    shown = (Verb.WAIVER_ADD, release, (finding.fingerprint,), finding.rule, one.expires)
    signed = (
        said.act,
        said.subject,
        said.waivers,
        said.facts.get("rule"),
        said.facts.get("expires"),
    )
    if (*shown, one.voter_id) != (*signed, said.actor):
        raise DifferenceError(f"a waiver of {finding.rule} is not what was signed")
