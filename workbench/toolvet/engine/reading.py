"""What there was to read before a decision: the lines of the change, and what the checks say of it."""

from toolvet.engine import bundles, stored
from toolvet.engine.services import Services
from toolvet.errors import KNOWN
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import reading_pace
from toolvet_reviews.findings import Evidence
from toolvet_reviews.reading_pace import Load
from toolvet_reviews.values import Digest

_QUIET = frozenset({"passed", "skipped"})
"""What nobody has to read more about."""


async def load_for(services: Services, proposal: str, person: str) -> dict[int, Load]:
    """Weigh the newest revision for one person, before the write that decides on it.

    What the person decided on before is not read again: the change is counted from there.

    Returns:
        The load by number of the revision; empty when it cannot be weighed, which keeps nobody from
        deciding.
    """
    try:
        return await services.store.query(lambda view: _load(view, proposal, person))
    except KNOWN:
        return {}


def _load(view: View, proposal: str, person: str) -> dict[int, Load]:
    row = view.proposals.get(stored.number_of(proposal))
    if row is None:
        return {}
    evidence = [found for found, _ in stored.load_evidence(view, row.number, row.revision)]
    texts = [text for found in evidence for text in _said(found)]
    new = bundles.load(view, Digest(row.revision_digest))
    load = Load(
        lines=reading_pace.changed_lines(_known(view, row, person), new),
        remarks=len(texts),
        words=reading_pace.words_in(texts),
    )
    return {row.revision: load}


def _said(evidence: Evidence) -> list[str]:
    """List what a check has to say against a revision."""
    if evidence.status in _QUIET:
        return []
    return [one.message for one in evidence.findings] or [evidence.summary]


def _known(view: View, row: ProposalRow, person: str) -> dict[str, bytes]:
    """Load what the person knows: the revision they decided on last, else what is served."""
    decided = [
        one.digest
        for one in view.sittings.of(row.number, person)
        if one.decided_at is not None and one.revision < row.revision
    ]
    if decided:
        return bundles.load(view, Digest(decided[-1]))
    served = view.releases.get(row.base_release) if row.base_release else None
    return bundles.load(view, Digest(served.revision_digest)) if served else {}
