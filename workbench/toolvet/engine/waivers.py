"""Waivers that were given, as the log says, and those this very transaction is entering."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolvet.audit.entries import parse_entry
from toolvet.audit.ledger import Ledger
from toolvet.storage import View
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import canonical, waivers
from toolvet_reviews.events import Verb
from toolvet_reviews.findings import Evidence, blocking
from toolvet_reviews.values import Digest
from toolvet_reviews.waivers import Work

MOST_WAIVED = 16
"""Findings that one release may lean on: more are no false alarms, and an entry holds no more."""


@dataclass(frozen=True)
class Given:
    """One waiver, as far as it counts people and time."""

    fingerprint: str
    voter: str
    expires: str


def given(ledger: Ledger, view: View, release: str) -> list[Given]:
    """List the waivers of a release, expired ones too, those of this transaction with them."""
    standing = [
        Given(one.fingerprint, one.voter, one.expires)
        for one in ledger.waivers.get(Digest(release), ())
    ]
    entering = (
        parse_entry(row.leaf) for row in view.entries(ledger.size, verbs=(Verb.WAIVER_ADD,))
    )
    return standing + [
        Given(str(one.facts.get("fingerprint")), one.actor, str(one.facts.get("expires")))
        for one in entering
        if one.digest == release and one.outcome == "ok"
    ]


def counting(ledger: Ledger, view: View, row: ProposalRow, release: str) -> list[Given]:
    """List the waivers of a release by people whose word counts on this proposal now."""
    policy, work = ledger.policy, work_of(row)
    if work is None or policy is None:
        return []
    return [
        one
        for one in given(ledger, view, release)
        if waivers.counts(policy, work, ledger.principals.get(one.voter))
    ]


def overruled(
    ledger: Ledger,
    view: View,
    row: ProposalRow,
    release: Digest,
    evidence: Sequence[Evidence],
    now: str,
) -> tuple[str, ...]:
    """Name the findings of some evidence that people overruled, for the release it is about.

    More than a release may lean on are none: then every one stands.
    """
    policy = ledger.policy
    if policy is None:
        return ()
    cleared = waivers.clear(counting(ledger, view, row, release), policy, now)
    errors = blocking([one for found in evidence for one in found.findings], ())
    found = sorted({one.fingerprint for one in errors} & cleared)
    return tuple(found) if len(found) <= MOST_WAIVED else ()


def leaned_on(view: View, dossier: str | None) -> tuple[str, ...]:
    """Read from a dossier which findings people overruled."""
    if dossier is None:
        return ()
    said = canonical.parse_object(view.blob(Digest(dossier))).get("waivers")
    return tuple(str(one) for one in said) if isinstance(said, list) else ()


def work_of(row: ProposalRow) -> Work | None:
    """Say whose work a proposal is; None while its kind is not known."""
    return None if row.kind is None else Work(row.kind, (row.author,), row.sponsor)
