"""Reading what is stored about proposals, for more than one use case."""

import re

from toolvet.errors import NotFoundError, ProposalNotFoundError
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow, RevisionRow
from toolvet_reviews import canonical, permissions
from toolvet_reviews.findings import Evidence, evidence_from_json
from toolvet_reviews.moves import ProposalFacts
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest

_ID = re.compile(r"P-([1-9][0-9]{0,8})")


def number_of(proposal: str) -> int:
    """Read `P-<n>`.

    Raises:
        ProposalNotFoundError: Not of that form, so there is none.
    """
    match = _ID.fullmatch(proposal)
    if match is None:
        raise ProposalNotFoundError(f"no proposal {proposal[:40]!r}", hint="An id looks like P-12.")
    return int(match[1])


def find(view: View, caller: Caller, proposal: str) -> ProposalRow:
    """Load a proposal that the caller may see; any other answers like one that does not exist.

    Raises:
        ProposalNotFoundError: None such, or not the caller's.
    """
    row = view.proposals.get(number_of(proposal))
    if row is None or not permissions.may_see_proposal(caller, row.author, row.sponsor):
        raise ProposalNotFoundError(f"no proposal {proposal!r}")
    return row


def facts(row: ProposalRow) -> ProposalFacts:
    """Say of a row what the state machine needs to know."""
    return ProposalFacts(
        state=row.state,
        author=row.author,
        sponsor=row.sponsor,
        revision=row.revision,
        release_digest=row.release_digest,
        kind=row.kind,
    )


def load_evidence(view: View, number: int, revision: int) -> list[tuple[Evidence, Digest]]:
    """Load the evidence of a revision, in the order of the checks."""
    loaded: list[tuple[Evidence, Digest]] = []
    for row in view.proposals.evidence(number, revision):
        stored = canonical.parse(view.blob(row.digest))
        loaded.append((evidence_from_json(stored), row.digest))
    return loaded


def name_of(view: View, principal: str) -> str:
    """Name a principal; its id when the name was erased."""
    found = view.principals.get(principal)
    return found.name if found else principal


def sees_findings(caller: Caller) -> bool:
    """Tell whether a caller looks at the work of others, or at its own only."""
    return caller.principal.kind == "human" or caller.has("reviewer", "auditor")


def revision_of(revisions: list[RevisionRow], row: ProposalRow, wanted: int | None) -> RevisionRow:
    """Choose the wanted revision, or the newest.

    Raises:
        NotFoundError: There is none of that number.
    """
    for revision in revisions:
        if revision.number == (wanted or row.revision):
            return revision
    raise NotFoundError(f"P-{row.number} has no revision {wanted}")
