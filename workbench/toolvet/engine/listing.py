"""The lines of the queue: each is written anew in the transaction that changes what it says."""

import logging
from dataclasses import replace

from toolvet.config import parse_stamp, stamp
from toolvet.engine import attend, bundles, duplicates, waivers
from toolvet.engine.stored import load_evidence
from toolvet.errors import KNOWN
from toolvet.storage import Unit, View
from toolvet.storage.listing import STATES
from toolvet.storage.review_rows import ListingRow
from toolvet.storage.rows import ProposalRow
from toolvet_reviews import effect_ledger, queue_order, risk, rubric, waiting
from toolvet_reviews.attention import Happening
from toolvet_reviews.bundle import ToolSpec
from toolvet_reviews.evidence_views import REVIEWERS_ONLY, told
from toolvet_reviews.findings import Evidence
from toolvet_reviews.permissions import is_expired, is_for, matches
from toolvet_reviews.policy import Policy
from toolvet_reviews.risk import Risky
from toolvet_reviews.values import Digest, at_most
from toolvet_reviews.views import RubricLine
from toolvet_reviews.words import one_line

_log = logging.getLogger(__name__)

NO_MARKS = "······"
_BY_MACHINE: frozenset[Happening] = frozenset(
    {"submitted", "revised", "rebased", "verdict_passed", "verdict_failed", "waived"}
)
"""After these the machine's part is another."""


def relist(unit: Unit, row: ProposalRow, what: Happening, now: str) -> None:
    """Write the line of a proposal anew; a closed one has none."""
    if row.state not in STATES:
        unit.listing.drop(row.number)
        return
    if what in ("submitted", "revised"):
        duplicates.remember(unit, row)
    known = unit.listing.get(row.number)
    line = machine_part(unit, row, now) if known is None or what in _BY_MACHINE else known
    unit.listing.put(_living_part(unit, row, line, known, now))


def line_of(view: View, row: ProposalRow, known: ListingRow | None, now: str) -> ListingRow:
    """Make a line from nothing but the proposal; only the clock is taken over."""
    return _living_part(view, row, machine_part(view, row, now), known, now)


def machine_part(view: View, row: ProposalRow, now: str) -> ListingRow:
    """Say what the machine found of the newest revision."""
    policy, spec = attend.rules_in(view), _spec(view, row)
    evidence = [found for found, _ in load_evidence(view, row.number, row.revision)]
    lines = _lines(view, row, policy, evidence)
    risky = _risky(row, spec, evidence, lines)
    assessed = risk.assess(risky)
    known = [told(found) for found in evidence if found.check not in REVIEWERS_ONLY]
    errors_told, warnings_told = _severities(known)
    return ListingRow(
        proposal=row.number,
        state=row.state,
        author=row.author,
        sponsor=row.sponsor,
        rank=0.0,
        risk=assessed.points,
        risk_why=assessed.why,
        reach=reach(view, row, now),
        marks=rubric.marks(lines) if lines else NO_MARKS,
        errors=risky.errors,
        warnings=risky.warnings,
        errors_told=errors_told,
        warnings_told=warnings_told,
        undeclared=risky.undeclared,
        summary=one_line(spec.summary) if spec else "",
        open_threads=0,
        blocking_threads=0,
        objections=0,
        same_as=duplicates.same_as(view, row),
        low_risk=False,
        waited_s=0.0,
        waiting_since=None,
    )


def _living_part(
    view: View, row: ProposalRow, line: ListingRow, known: ListingRow | None, now: str
) -> ListingRow:
    """Say what people did, and let the clock run or stop."""
    open_threads, blocking = view.turns.open_threads(row.number)
    objections = view.turns.standing_objections(row.number)
    away = [one.person for one in view.turns.snoozes(row.number) if one.until > now]
    people = [one.person for one in view.turns.of(row.number)]
    paused = waiting.paused_by(row.state, row.author, people, away)
    clock = waiting.moved(attend.clock_of(known), paused, parse_stamp(now))
    seen = Risky(row.kind, undeclared=line.undeclared, errors=line.errors)
    return replace(
        line,
        state=row.state,
        rank=queue_order.rank(line.risk, line.reach, clock),
        open_threads=open_threads,
        blocking_threads=blocking,
        objections=objections,
        low_risk=row.state == "reviewing"
        and risk.is_low(seen, open_threads=open_threads, objections=objections),
        waited_s=clock.waited_s,
        waiting_since=stamp(clock.since) if clock.since else None,
    )


def reach(view: View, row: ProposalRow, now: str) -> int:
    """Count the principals who could call the tool, were it served."""
    kind = row.kind or "destructive"
    grants = [
        one
        for one in view.grants.all()
        if at_most(kind, one.up_to)
        and not is_expired(one.expires, now)
        and matches(one.tool, row.toolset, row.tool)
    ]
    return sum(
        one.active and any(is_for(grant, one) for grant in grants)
        for one in (view.principals.all() if grants else [])
    )


def _spec(view: View, row: ProposalRow) -> ToolSpec | None:
    try:
        return bundles.of(bundles.load(view, Digest(row.revision_digest))).spec
    except KNOWN as error:
        _log.warning("P-%s cannot be read for the queue: %s", row.number, error)
        return None


def _lines(
    view: View, row: ProposalRow, policy: Policy | None, evidence: list[Evidence]
) -> tuple[RubricLine, ...]:
    if policy is None or row.kind is None or row.state == "verifying":
        return ()
    newest = view.proposals.revision(row.number, row.revision)
    waived = frozenset(waivers.leaned_on(view, newest.dossier if newest else None))
    return rubric.conclude(policy, row.kind, evidence, waived=waived)


def _risky(
    row: ProposalRow,
    spec: ToolSpec | None,
    evidence: list[Evidence],
    lines: tuple[RubricLine, ...],
) -> Risky:
    errors, warnings = _severities(evidence)
    marks = [line.mark for line in lines if line.criterion not in rubric.INFORMATIVE]
    effects = spec.effects if spec else None
    return Risky(
        kind=row.kind,
        is_new=row.base_release is None,
        undeclared=sum(_undeclared(found) for found in evidence),
        errors=errors,
        warnings=warnings,
        unmet=marks.count("unmet"),
        unknown=marks.count("unknown"),
        visible_secrets=len(effects.visible_secrets) if effects else 0,
        hosts=len({rule.host for rule in effects.network}) if effects else 0,
    )


def _severities(evidence: list[Evidence]) -> tuple[int, int]:
    found = [one.severity for check in evidence for one in check.findings]
    return found.count("error"), found.count("warning")


def _undeclared(evidence: Evidence) -> int:
    if evidence.check != "effects":
        return 0
    ledger = effect_ledger.from_json(evidence.measurements.get("ledger"))
    return len(ledger.having("undeclared")) if ledger else 0


def rebuild(unit: Unit, limit: int = 100) -> int:
    """Write lines that are missing, of a home from before there were any; return how many.

    Args:
        limit: At most this many in one transaction.
    """
    now = unit.time()
    for number in unit.listing.left_over():
        unit.listing.drop(number)
    numbers = unit.listing.missing(limit)
    for number in numbers:
        row = unit.proposals.get(number)
        if row is not None:
            attend.settle(unit, row, "verdict_passed", "", now)
            relist(unit, row, "submitted", now)
    return len(numbers)
