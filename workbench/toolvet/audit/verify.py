"""Verification of a whole log, in the process of whoever wants to know. Pure; no I/O.

Hashes every leaf again, holds the tree against the signed checkpoint and the one seen before, each
payload against its commitment, each act against its signature, and the service's tables against
what the entries amount to. Whatever does not hold is named; nothing is repaired.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict, cast

from toolvet.audit.deeds import DEEDS
from toolvet.audit.entries import Entry, matches, parse_entry
from toolvet.audit.errors import EntryError, NoteError
from toolvet.audit.ledger import Ledger, Problem
from toolvet.audit.merkle import MemoryTree, leaf_hash
from toolvet.audit.notes import Checkpoint, open_checkpoint
from toolvet.audit.roster_file import AppliedPolicy, RosterFile, differences, roster_of
from toolvet.audit.rows import Differing, StateRows, compare_rows
from toolvet_reviews import canonical, digests
from toolvet_reviews.errors import CanonicalError
from toolvet_reviews.events import ACTS, Verb
from toolvet_reviews.values import Digest, Json

__all__ = [
    "Differing",
    "ExportRecord",
    "PayloadRecord",
    "Report",
    "StateRows",
    "compare_rows",
    "verify_log",
]

MAX_PROBLEMS = 1000
"""A log rewritten throughout is wrong everywhere; nobody reads further."""

_READ_VERBS = ACTS.union(DEEDS)
"""Entries whose payloads something is decided by."""


class PayloadRecord(TypedDict):
    """A payload as exported."""

    salt: str
    """Hexadecimal."""
    body: str
    """Its canonical JSON, to the byte: the commitment is over this text."""


class ExportRecord(TypedDict):
    """One entry as exported, with all that lies beside it."""

    index: int
    leaf: str
    payloads: Mapping[str, PayloadRecord | None]
    """None for an erased one."""
    act: str | None
    """The envelope."""
    manifest: NotRequired[str | None]
    """Canonical JSON, when the entry names a release; None when it is lost."""


@dataclass(frozen=True)
class Report:
    """What verification found."""

    entries: int
    problems: tuple[Problem, ...]
    """Index -1 for what is about no entry."""
    erased: tuple[tuple[int, str], ...] = ()
    """Index and name of payloads erased on record; their commitments still stand."""
    checkpoint: Checkpoint | None = None
    """The signed one that the entries lead to."""
    pinned_key: str | None = None
    service_id: str | None = None
    roster: RosterFile | None = None
    """Who may sign at that checkpoint; None without one."""

    @property
    def ok(self) -> bool:
        """Tell whether everything holds."""
        return not self.problems


def verify_log(
    stream: Iterable[ExportRecord],
    *,
    log_key: str,
    note: str,
    pinned_key: str | None = None,
    seen: Checkpoint | None = None,
    rows: StateRows | None = None,
    roster: RosterFile | None = None,
) -> Report:
    """Verify a log from its first entry to the signed checkpoint.

    Args:
        stream: Every entry in order, from 0 up to the size of the checkpoint.
        log_key: Verifier key of the log, from where the caller keeps it.
        note: The signed checkpoint.
        pinned_key: Fingerprint of the first person's key as the caller keeps it; None to trust
            what the log says.
        seen: The last checkpoint the caller saw.
        rows: The service's tables, to compare; None to leave them out.
        roster: Of an earlier checkpoint, as the caller keeps it: the log must amount to it there.
    """
    run = _Run()
    size = roster.checkpoint.size if roster is not None else 0
    for record in stream:
        run.take(record)
        if roster is not None and run.tree.size == size:
            run.problems.extend(differences(roster, run.ledger, run.policies))
    run.check_erasures()
    checkpoint = run.check_head(note, log_key, seen)
    if pinned_key is not None and run.ledger.pinned_key != pinned_key:
        run.say("key.pin_differs", f"the log pins {run.ledger.pinned_key}, not {pinned_key}")
    run.check_state(rows)
    return Report(
        entries=run.tree.size,
        problems=tuple(run.problems[:MAX_PROBLEMS]),
        erased=tuple(sorted(run.erased & run.erasures)),
        checkpoint=checkpoint,
        pinned_key=run.ledger.pinned_key,
        service_id=run.ledger.service_id,
        roster=run.roster(note, log_key, checkpoint),
    )


@dataclass
class _Run:
    """One pass over a log."""

    tree: MemoryTree = field(default_factory=MemoryTree)
    problems: list[Problem] = field(default_factory=list[Problem])
    erased: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    """Payloads that are not there."""
    erasures: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    """Payloads that an entry says were erased."""
    names: dict[Digest, tuple[str, str]] = field(default_factory=dict[Digest, tuple[str, str]])
    policies: list[AppliedPolicy] = field(default_factory=list[AppliedPolicy])
    """That were in force, with the entries that applied them."""

    def __post_init__(self) -> None:
        self.ledger = Ledger(root_at=self.tree.root)

    def say(self, code: str, message: str, index: int = -1) -> None:
        """Name something that does not hold."""
        self.problems.append(Problem(code, index, message))

    def take(self, record: ExportRecord) -> None:
        """Check one entry and apply it."""
        index = self.tree.size
        if not _is_record(record):
            self.say("log.record", "the export holds something that is no entry", index)
            return
        leaf = record["leaf"].encode("utf-8", "surrogatepass")
        try:
            entry = parse_entry(leaf)
        except EntryError as exc:
            self.tree.append(leaf_hash(leaf))
            self.ledger.skip(str(exc))
            return
        if not entry.index == record["index"] == index:
            self.say("log.order", f"entry {entry.index} stands at {index}", index)
            self.tree.append(leaf_hash(leaf))
            self.ledger.skip("the entry stands at another's place")
            return
        documents = self._payloads(entry, record["payloads"])
        self._note_manifest(entry, record.get("manifest"))
        act = record.get("act")
        # Before its own hash is in the tree: an act saw the log as it was before.
        known = len(self.ledger.problems)
        self.ledger.apply(entry, act=_bytes(act), documents=documents)
        self.tree.append(leaf_hash(leaf))
        holds = entry.outcome == "ok" and len(self.ledger.problems) == known
        if entry.verb is Verb.POLICY_APPLY and holds and entry.digest is not None:
            self.policies.append((index, entry.digest))

    def check_erasures(self) -> None:
        """Tell payloads that were erased on record from those that are just missing."""
        for index, name in sorted(self.erased - self.erasures):
            self.say("payload.missing", f"payload {name!r} is gone, and no entry erased it", index)
        for index, name in sorted(self.erasures - self.erased):
            self.say("payload.not_erased", f"payload {name!r} was erased and is there", index)

    def check_head(self, note: str, log_key: str, seen: Checkpoint | None) -> Checkpoint | None:
        """Hold the tree against the signed checkpoint, and the one seen before."""
        if seen is not None and self.tree.root(seen.size) is None:
            self.say("log.shrunk", f"{seen.size} entries were seen, {self.tree.size} are there")
        elif seen is not None and self.tree.root(seen.size) != seen.root:
            self.say("audit.inconsistent", f"the first {seen.size} entries are not those seen")
        try:
            checkpoint = open_checkpoint(note, log_key)
        except NoteError as exc:
            self.say(exc.code, str(exc))
            return None
        if seen is not None and seen.origin != checkpoint.origin:
            self.say(
                "audit.inconsistent", f"this is the log {checkpoint.origin}, not {seen.origin}"
            )
        if checkpoint.size != self.tree.size:
            self.say(
                "log.size", f"{checkpoint.size} entries are signed, {self.tree.size} are there"
            )
        if self.tree.root(checkpoint.size) not in (None, checkpoint.root):
            self.say("log.root", "the entries are not the signed ones")
        return checkpoint

    def roster(self, note: str, log_key: str, checkpoint: Checkpoint | None) -> RosterFile | None:
        """Write down who may sign, when the checkpoint covers exactly what was read."""
        if checkpoint is None or checkpoint.size != self.tree.size:
            return None
        return roster_of(self.ledger, self.policies, log_key=log_key, note=note)

    def check_state(self, rows: StateRows | None) -> None:
        """Name entries that do not count, and rows that differ from what the entries say."""
        self.problems.extend(self.ledger.problems)
        self.problems.extend(self.ledger.channel_problems(self.names.get))
        if rows is not None:
            self.problems.extend(
                Problem(found.code, -1, found.message)
                for found in compare_rows(self.ledger, rows, name_of=self.names.get)
            )

    def _payloads(
        self, entry: Entry, payloads: Mapping[str, PayloadRecord | None]
    ) -> dict[str, Json]:
        if entry.verb is Verb.PAYLOAD_ERASE and entry.outcome == "ok":
            index, name = entry.facts.get("index"), entry.facts.get("payload")
            if type(index) is int and isinstance(name, str):
                self.erasures.add((index, name))
        found: dict[str, Json] = {}
        for name in payloads.keys() - entry.payloads.keys():
            self.say("payload.unknown", f"payload {name!r} belongs to no entry", entry.index)
        for name, commitment in entry.payloads.items():
            payload = payloads.get(name)
            if payload is None:
                self.erased.add((entry.index, name))
                found[name] = None
            elif not _holds(commitment, payload):
                self.say("payload.edited", f"payload {name!r} was changed", entry.index)
            elif entry.verb in _READ_VERBS:
                self._read(entry, name, payload["body"], found)
        return found

    def _read(self, entry: Entry, name: str, body: str, found: dict[str, Json]) -> None:
        try:
            found[name] = canonical.parse(body)
        except CanonicalError as exc:
            self.say("payload.unreadable", f"payload {name!r} is no JSON: {exc}", entry.index)

    def _note_manifest(self, entry: Entry, text: str | None) -> None:
        if text is None:
            if entry.verb is Verb.RELEASE_PUBLISH:
                self.say("release.lost", "the approved manifest is not there", entry.index)
            return
        if entry.digest is None or digests.sha256(_bytes(text) or b"") != entry.digest:
            self.say("release.edited", "the manifest is not the approved one", entry.index)
            return
        try:
            said = canonical.parse_object(text)
        except CanonicalError:
            said = {}
        match said:
            case {"toolset": str(toolset), "name": str(name)}:
                self.names[entry.digest] = (toolset, name)
            case _:
                self.say("release.unreadable", "the manifest names no tool", entry.index)


def _is_record(value: object) -> bool:
    """Tell whether an export's line has the shape of a record: it comes from whom we check."""
    if not isinstance(value, dict):
        return False
    record = cast("dict[str, object]", value)
    payloads, act, manifest = record.get("payloads"), record.get("act"), record.get("manifest")
    return (
        isinstance(record.get("leaf"), str)
        and isinstance(record.get("index"), int)
        and isinstance(payloads, dict)
        and all(map(_is_payload, cast("dict[str, object]", payloads).values()))
        and (act is None or isinstance(act, str))
        and (manifest is None or isinstance(manifest, str))
    )


def _is_payload(value: object) -> bool:
    if not isinstance(value, dict):
        return value is None
    payload = cast("dict[str, object]", value)
    return isinstance(payload.get("salt"), str) and isinstance(payload.get("body"), str)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogatepass")


def _holds(commitment: Digest, payload: PayloadRecord) -> bool:
    try:
        salt = bytes.fromhex(payload["salt"])
    except ValueError:
        return False
    return matches(commitment, salt, payload["body"].encode("utf-8", "surrogatepass"))
