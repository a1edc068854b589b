"""One decision in full, with the evidence as it stood when it was made.

The evidence is found through the log: the newest verdict on that revision before the decision names
its digests, so what was verified again later does not show up here.
"""

from dataclasses import dataclass

from toolvet.audit import envelopes
from toolvet.audit.entries import Entry, parse_entry
from toolvet.audit.errors import EnvelopeError
from toolvet.engine.audit import may_audit
from toolvet.engine.recalled import Recalled
from toolvet.engine.services import Services
from toolvet.errors import NotFoundError, StorageError
from toolvet.storage import View
from toolvet_reviews import canonical, statements
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Evidence, evidence_from_json
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import CheckedDecision
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import Digest, Json
from toolvet_reviews.words import counted, one_line


@dataclass(frozen=True)
class Stood:
    """The machine's verdict that a decision rested on."""

    entry: Entry | None = None
    rubric: dict[str, str] | None = None
    """As the dossier says; None where there was none."""


async def decision(services: Services, caller: Caller, index: int) -> CheckedDecision:
    """Show one decision, as the service tells it.

    Raises:
        ForbiddenError: The caller may not read the log.
        NotFoundError: The log is not that long.
    """
    may_audit(caller)
    recalled_by = services.service_id
    return await services.store.query(
        lambda view: _decision(view, Recalled(view, recalled_by), index)
    )


def _decision(view: View, recalled: Recalled, index: int) -> CheckedDecision:
    row = view.entry(index)
    if row is None:
        raise NotFoundError(f"the log has no entry {index}")
    entry = parse_entry(row.leaf)
    proposal = recalled.proposal_of(entry)
    envelope = _envelope(view, entry)
    said = _statement(envelope)
    stood = verdict_before(view, entry, proposal)
    return CheckedDecision(
        index=index,
        verb=entry.verb,
        time=entry.time,
        person=recalled.name(entry.actor),
        person_kind=entry.actor_kind,
        tool=recalled.tool_of(entry, proposal),
        proposal=proposal,
        revision=_revision(entry, stood),
        digest=entry.digest or "",
        note=recalled.said(entry),
        policy=entry.policy or "",
        tier=entry.tier or "",
        pace=str(entry.facts.get("pace") or ""),
        as_sponsor=entry.facts.get("as_sponsor") is True,
        rubric=dict((said.rubric if said else None) or stood.rubric or {}),
        evidence=_lines(view, stood.entry),
        waived=_waived(said, stood),
        envelope=envelope.decode("utf-8", "replace"),
    )


def verdict_before(view: View, entry: Entry, proposal: str) -> Stood:
    """Find the newest verdict on a proposal's revision before an entry; nothing when none is."""
    if not proposal:
        return Stood()
    found: Entry | None = None
    for row in view.entries_about(proposal, (Verb.REVISION_VERIFY,)):
        verdict = parse_entry(row.leaf) if row.index < entry.index else None
        if verdict is not None and _is_of(verdict, entry):
            found = verdict
    return Stood(found, _rubric(view, found)) if found else Stood()


def evidence_of(view: View, verdict: Entry) -> list[tuple[Digest, Evidence | None]]:
    """Load the evidence that a verdict names; None for what is not there any more."""
    return [(digest, _evidence(view, digest)) for digest in verdict.evidence]


def _is_of(verdict: Entry, entry: Entry) -> bool:
    """Tell whether a verdict is on the revision that an entry names; one that names none takes any."""
    revision = entry.facts.get("revision")
    if entry.verb is Verb.RELEASE_PUBLISH:
        return verdict.digest == entry.digest
    return revision is None or verdict.facts.get("revision") == revision


def _revision(entry: Entry, stood: Stood) -> int:
    for one in (entry, stood.entry):
        revision = one.facts.get("revision") if one else None
        if isinstance(revision, int):
            return revision
    return 0


def _rubric(view: View, verdict: Entry) -> dict[str, str] | None:
    dossier = verdict.facts.get("dossier")
    said = _json(view, dossier) if isinstance(dossier, str) else None
    rubric = said.get("rubric") if isinstance(said, dict) else None
    if not isinstance(rubric, dict):
        return None
    return {name: str(mark) for name, mark in rubric.items()}


def _waived(said: Statement | None, stood: Stood) -> tuple[str, ...]:
    if said is not None and said.waivers:
        return said.waivers
    named = stood.entry.facts.get("waived") if stood.entry else None
    return tuple(named) if isinstance(named, list) else ()


def _lines(view: View, verdict: Entry | None) -> tuple[str, ...]:
    if verdict is None:
        return ()
    lines: list[str] = []
    for digest, found in evidence_of(view, verdict):
        if found is None:
            lines.append(f"{digest}: not there any more")
            continue
        many = f", {counted(len(found.findings), 'finding')}" if found.findings else ""
        lines.append(one_line(f"{found.check}: {found.status}{many}. {found.summary}", 300))
    return tuple(lines)


def _evidence(view: View, digest: Digest) -> Evidence | None:
    said = _json(view, digest)
    try:
        return None if said is None else evidence_from_json(said)
    except ReviewError:
        return None


def _json(view: View, digest: str) -> Json:
    try:
        return canonical.parse(view.blob(digest))
    except (StorageError, ReviewError):
        return None


def _envelope(view: View, entry: Entry) -> bytes:
    if entry.act is None:
        return b""
    try:
        return view.blob(entry.act)
    except StorageError:
        return b""  # the reader's own check then says that the signature is missing


def _statement(envelope: bytes) -> Statement | None:
    """Read what was signed, without checking it: whoever reads this checks it where they sit."""
    if not envelope:
        return None
    try:
        return statements.parse(envelopes.payload_of(envelope))
    except (EnvelopeError, ReviewError):
        return None
