"""Proposals that cannot be applied as they are: rebased and verified again, or back to their authors.

Nothing that reviewers are asked to decide may wait without anybody knowing that it could not be
applied. So whatever puts a proposal up for review, or moves what it starts from, comes by here.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from toolvet.config import parse_stamp, stamp
from toolvet.engine import attend, bundles, stored
from toolvet.errors import KNOWN
from toolvet.storage import Unit, View
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import moves, three_way
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.values import Digest
from toolvet_reviews.words import one_line

CONFLICT = "proposal.conflict"
TOO_OLD = "proposal.ttl"


def rebase(unit: Unit, row: ProposalRow, now: str) -> Literal["rebased", "stale"]:
    """Put a proposal on what is served now, to be verified again; or give it back to its author.

    Its bytes stay what they are. They are given back when both it and what is served now changed
    the same lines since it was begun: publishing them would undo the other change unseen.
    """
    base = attend.base_now(unit, row)
    conflict = _conflict(unit, row, base)
    if conflict:
        _give_back(unit, row, base, conflict, CONFLICT, now)
        return "stale"
    state = moves.apply(stored.facts(row), "reverify", moves.SERVICE)
    revision = unit.proposals.revision(row.number, row.revision)
    if revision is not None:
        unit.proposals.save_revision(
            replace(revision, state="verifying", release_digest=None, dossier=None)
        )
    changed = replace(
        row, state=state, base_release=base, release_digest=None, reason="", updated_at=now
    )
    unit.proposals.save(changed)
    unit.append(_entry(unit, changed, Verb.PROPOSAL_REBASE, ""))
    return "rebased"


def expire(unit: Unit, row: ProposalRow, days: int, now: str) -> None:
    """Give back what nobody moved for too long."""
    why = f"nothing moved for {days} days: hand in a revision, or withdraw it"
    _give_back(unit, row, attend.base_now(unit, row), why, TOO_OLD, now)


def is_idle(view: View, row: ProposalRow, days: int, now: str) -> bool:
    """Tell whether nothing at all was said or done about an open proposal for some days."""
    before = stamp(parse_stamp(now) - timedelta(days=days))
    if days == 0 or row.state not in ("reviewing", "changes_wanted") or row.updated_at >= before:
        return False
    if any(one.until > now for one in view.turns.snoozes(row.number)):
        return False
    entries = view.entries_about(f"P-{row.number}")
    return not entries or entries[-1].time < before


def _give_back(
    unit: Unit, row: ProposalRow, base: str | None, why: str, code: str, now: str
) -> None:
    state = moves.apply(stored.facts(row), "mark_stale", moves.SERVICE)
    changed = replace(row, state=state, reason=why, updated_at=now)
    unit.proposals.save(changed)
    unit.append(_entry(unit, replace(changed, base_release=base), Verb.PROPOSAL_STALE, code))


def _conflict(view: View, row: ProposalRow, base: str | None) -> str:
    """Say where the proposal and what is served now changed the same; empty when nowhere."""
    if row.base_release is None or base is None:
        return ""
    try:
        old, new = (_files(view, release) for release in (row.base_release, base))
        ours = bundles.load(view, Digest(row.revision_digest))
    except KNOWN as error:
        return f"what it started from cannot be read: {one_line(str(error))}"
    found = three_way.conflicts(old, new, ours)
    if not found:
        return ""
    places = ", ".join(
        one_line(f"{one.path}:{one.line}" if one.line else one.path) for one in found[:5]
    )
    return f"what is served now changed the same lines: {places}"


def _files(view: View, release: str) -> dict[str, bytes]:
    row = view.releases.get(release)
    return bundles.load(view, Digest(row.revision_digest)) if row else {}


def _entry(unit: Unit, row: ProposalRow, verb: Verb, code: str) -> EntryDraft:
    return EntryDraft(
        verb=verb,
        actor=attend.service_id(unit),
        actor_kind="service",
        auth="service",
        seat="service",
        on_behalf_of=row.author,
        target_kind="proposal",
        target_id=f"P-{row.number}",
        digest=Digest(row.revision_digest),
        code=code,
        facts={
            "proposal": f"P-{row.number}",
            "revision": row.revision,
            "base": row.base_release,
        },
    )
