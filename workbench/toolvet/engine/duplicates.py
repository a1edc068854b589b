"""Open proposals of the same content: the same files, apart from the tool's name."""

from collections.abc import Mapping

from toolvet.engine import bundles
from toolvet.errors import KNOWN, ConflictError
from toolvet.storage import Unit, View
from toolvet.storage.proposals import OPEN_STATES
from toolvet.storage.rows import ProposalRow
from toolvet_reviews.alike import digest_but_for_name
from toolvet_reviews.values import Digest

_FACT = "alike:"
"""Before the digest, in the name of the fact that holds the number of the oldest open proposal."""


class DuplicateError(ConflictError):
    """The author has a proposal open that differs in nothing but the tool's name."""

    code = "proposal.duplicate"


def check(view: View, author: str, files: Mapping[str, bytes], name: str) -> None:
    """Refuse a second proposal of one author with the same content.

    Raises:
        DuplicateError: There is one; the hint names it.
    """
    found = _oldest(view, digest_but_for_name(files, name))
    if found is not None and found.author == author:
        raise DuplicateError(
            f"P-{found.number} has the same files under the name {found.tool!r}",
            hint=f"Revise P-{found.number}; `again` opens a second one all the same.",
        )


def same_as(view: View, row: ProposalRow) -> int | None:
    """Name the older open proposal of the same content."""
    digest = _digest(view, row)
    found = _oldest(view, digest) if digest else None
    return found.number if found is not None and found.number < row.number else None


def remember(unit: Unit, row: ProposalRow) -> None:
    """Keep by content where a proposal is, unless an older open one is kept."""
    digest = _digest(unit, row)
    if digest and _oldest(unit, digest) is None:
        unit.facts.set(_FACT + digest, str(row.number))


def _oldest(view: View, digest: Digest) -> ProposalRow | None:
    """Find what is kept, if it is open and still has that content."""
    kept = view.facts.get(_FACT + digest)
    row = view.proposals.get(int(kept)) if kept and kept.isdecimal() else None
    if row is None or row.state not in OPEN_STATES or _digest(view, row) != digest:
        return None
    return row


def _digest(view: View, row: ProposalRow) -> Digest | None:
    try:
        files = bundles.load(view, Digest(row.revision_digest))
    except KNOWN:
        return None
    return digest_but_for_name(files, row.tool)
