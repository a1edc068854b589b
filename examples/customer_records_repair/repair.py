"""Validate, normalise and merge customer records, keeping what they were before and after.

Two snapshots of each customer are stored under the dataset's id and added only if absent:
what came in, and what was made of it. Nothing ever replaces one, so any repair can be traced
and undone, and a call that is repeated or was killed halfway ends with the same snapshots.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from toolvet.sdk import Collection, Context, MaxLen, MinLen, Pattern

from rules import FIELDS, Problem, Values, normalised


@dataclass(frozen=True)
class RawRecord:
    """A customer record as it came from some system; every text may be wrong or empty."""

    customer_id: Annotated[str, MaxLen(80)]
    updated_at: Annotated[str, MaxLen(40)]
    """ISO 8601 date or time; decides which of two records wins."""
    name: Annotated[str, MaxLen(300)] = ""
    email: Annotated[str, MaxLen(320)] = ""
    phone: Annotated[str, MaxLen(60)] = ""
    country: Annotated[str, MaxLen(60)] = ""


@dataclass(frozen=True)
class Customer:
    """A repaired record. An empty text means unknown."""

    customer_id: str
    updated_at: str
    """UTC, RFC 3339."""
    name: str
    email: str
    phone: str
    """E.164, such as +4930123456."""
    country: str
    """ISO 3166-1 alpha-2."""


@dataclass(frozen=True)
class Rejection:
    """A record that was left out, and why."""

    position: int
    """Index in the records given, from 0."""
    customer_id: str
    field: str
    reason: str


@dataclass(frozen=True)
class Conflict:
    """Two records of one customer disagreed in a field."""

    customer_id: str
    field: str
    kept: str
    dropped: str
    because: str


@dataclass(frozen=True)
class RepairReport:
    """What became of every record.

    `received` is the sum of `repaired`, `unchanged`, `merged_away` and `rejected`.
    """

    received: int
    repaired: int
    """Customers whose record differs from what came in."""
    unchanged: int
    """Customers whose record was fine."""
    merged_away: int
    """Records that went into a customer's newer one."""
    rejected: int
    customers: list[Customer]
    """By customer id."""
    rejections: list[Rejection]
    """By position."""
    conflicts: list[Conflict]


@dataclass(frozen=True)
class _Entry:
    """One valid record: where it stood, what it said, what it says now."""

    position: int
    raw: RawRecord
    values: Values


@dataclass(frozen=True)
class _Repair:
    customer: Customer
    entries: list[_Entry]
    conflicts: list[Conflict]

    @property
    def changed(self) -> bool:
        """Tell whether the result differs from the newest record that came in."""
        return asdict(self.customer) != asdict(self.entries[-1].raw)


def repair_records(
    dataset_id: Annotated[str, MinLen(1), MaxLen(60), Pattern(r"^[a-z0-9][a-z0-9-]*$")],
    records: Annotated[list[RawRecord], MinLen(1), MaxLen(2_000)],
    ctx: Context,
) -> RepairReport:
    """Validate, normalise and merge customer records, keeping what they were before and after.

    Records of one customer are merged field by field: the newest value that is not empty wins,
    and each value that loses is reported. A record that breaks a rule is rejected whole and
    stored nowhere. So is a customer whose snapshot in this dataset exists with other content.

    Args:
        dataset_id: Names the set of records, such as crm-2026-11-03; snapshots lie under it.
        records: The records in any order. A later call may add records of further customers.

    Returns:
        What became of every record, and the repaired customers.
    """
    ctx.log.info("repair.started", dataset=dataset_id, records=len(records))
    entries, rejections = _validated(records)
    repairs = _merged(entries)
    kept: list[_Repair] = []
    for done, repair in enumerate(repairs, start=1):
        if _snapshot(ctx, dataset_id, repair):
            kept.append(repair)
        else:
            rejections.extend(_refused(repair))
        ctx.progress(done, len(repairs))
    report = _report(len(records), kept, rejections)
    ctx.log.info(
        "repair.finished",
        dataset=dataset_id,
        repaired=report.repaired,
        unchanged=report.unchanged,
        merged_away=report.merged_away,
        rejected=report.rejected,
    )
    return report


def _validated(records: Iterable[RawRecord]) -> tuple[list[_Entry], list[Rejection]]:
    entries: list[_Entry] = []
    rejections: list[Rejection] = []
    for position, raw in enumerate(records):
        values = normalised(asdict(raw))
        if isinstance(values, Problem):
            rejections.append(Rejection(position, raw.customer_id, values.field, values.reason))
        else:
            entries.append(_Entry(position, raw, values))
    return entries, rejections


def _merged(entries: Iterable[_Entry]) -> list[_Repair]:
    groups: dict[str, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.values["customer_id"], []).append(entry)
    return [_resolved(groups[customer_id]) for customer_id in sorted(groups)]


def _resolved(group: list[_Entry]) -> _Repair:
    """Merge one customer's records; the newest non-empty value of each field wins.

    Of equally old records the one with the smaller normalised text counts as older, so that
    the result does not depend on the order in which they were given.
    """
    ordered = sorted(group, key=lambda entry: (entry.values["updated_at"], _text(entry.values)))
    newest = ordered[-1].values
    chosen: dict[str, Values] = dict.fromkeys(FIELDS, newest)
    conflicts: list[Conflict] = []
    for entry in reversed(ordered[:-1]):
        for field in FIELDS:
            value, winner = entry.values[field], chosen[field]
            if not winner[field]:
                chosen[field] = entry.values
            elif value and value != winner[field] and field != "updated_at":
                conflicts.append(_conflict(winner, entry.values, field))
    merged = {field: chosen[field][field] for field in FIELDS}
    return _Repair(Customer(**merged), ordered, conflicts)


def _conflict(winner: Values, loser: Values, field: str) -> Conflict:
    newer = winner["updated_at"] > loser["updated_at"]
    because = "newer record" if newer else "equally old; the greater text wins"
    return Conflict(winner["customer_id"], field, winner[field], loser[field], because)


def _text(values: Mapping[str, str]) -> str:
    return "\0".join(values[field] for field in FIELDS)


def _snapshot(ctx: Context, dataset_id: str, repair: _Repair) -> bool:
    """Store a customer's records before and after; False when others are there already.

    Before comes first: whatever is in `after` can be traced to what it was made of.
    """
    key = f"{dataset_id}/{repair.customer.customer_id}"
    before = sorted((asdict(entry.raw) for entry in repair.entries), key=_raw_text)
    after = asdict(repair.customer)
    if not (
        _kept(ctx.store["before"], key, {"records": before})
        and _kept(ctx.store["after"], key, after)
    ):
        ctx.log.warning("snapshot.conflict", key=key)
        return False
    ctx.log.info("snapshot.kept", key=key, records=len(before), changed=repair.changed)
    return True


def _kept(snapshots: Collection, key: str, snapshot: Mapping[str, object]) -> bool:
    """Store a snapshot unless there is one; tell whether this one is there now."""
    return snapshots.add_if_absent(key, snapshot) or bool(snapshots.get(key) == snapshot)


def _raw_text(raw: Mapping[str, str]) -> str:
    return "\0".join(raw[field] for field in FIELDS)


def _refused(repair: _Repair) -> list[Rejection]:
    reason = "a snapshot of this customer exists in this dataset with other content"
    customer_id = repair.customer.customer_id
    return [
        Rejection(entry.position, customer_id, "customer_id", reason) for entry in repair.entries
    ]


def _report(received: int, kept: list[_Repair], rejections: list[Rejection]) -> RepairReport:
    repaired = sum(repair.changed for repair in kept)
    return RepairReport(
        received=received,
        repaired=repaired,
        unchanged=len(kept) - repaired,
        merged_away=sum(len(repair.entries) - 1 for repair in kept),
        rejected=len(rejections),
        customers=[repair.customer for repair in kept],
        rejections=sorted(rejections, key=lambda rejection: rejection.position),
        conflicts=[conflict for repair in kept for conflict in repair.conflicts],
    )
