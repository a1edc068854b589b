"""Checks of one decision in the process of whoever reads it: signature, place in the log, and words.

What a service says about its own log proves nothing. Here the leaf is hashed into a checkpoint that
the log's key signed and that extends what this person saw before; the act is verified with a key
whose enrolment is in the same log; and the decision as shown is held against what was signed. That no
later entry took the key back, or changed what was decided, only `toolvet audit verify` can tell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from toolvet.audit import envelopes, merkle, notes
from toolvet.audit.entries import Entry, matches, parse_entry
from toolvet.audit.errors import EntryError, EnvelopeError
from toolvet.audit.keys import fingerprint
from toolvet.client.errors import RemoteError
from toolvet.client.seen import checkpoint_of
from toolvet.client.shapes import KeyOwner
from toolvet.errors import LogError
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.errors import CanonicalError, ReviewError
from toolvet_reviews.events import ACTS, Verb
from toolvet_reviews.review_views import CheckedDecision
from toolvet_reviews.statements import Statement
from toolvet_reviews.values import Digest, Json, JsonObject
from toolvet_reviews.views import ServiceView
from toolvet_reviews.words import one_line

if TYPE_CHECKING:
    from toolvet.audit.notes import Checkpoint
    from toolvet.client.client import Client

_SALT = re.compile(r"[0-9a-f]{64}")
_ENROLLING = (Verb.KEY_PIN, Verb.KEY_ENROL)


@dataclass(frozen=True)
class Proof:
    """What was found out about one entry, here."""

    signature_ok: bool | None
    """Whether a key enrolled in this log signed exactly this; None where no signature is asked for."""
    signer: str
    """Name and fingerprint of the key that signed; empty when nobody did."""
    in_log: bool
    """Whether the entry is in the signed log."""
    checkpoint: str
    """The checkpoint it was proved against: origin, size and root, one line."""
    statement: tuple[str, ...] = ()
    """What was signed, one line a term; of an entry without a signature, what the entry says."""
    problems: tuple[str, ...] = ()
    """Whatever does not hold, in words."""
    index: int = 0
    decision: CheckedDecision | None = None
    """As the service tells it; it was held against what was signed."""

    @property
    def ok(self) -> bool:
        """Tell whether everything holds."""
        return self.in_log and self.signature_ok is not False and not self.problems


@dataclass
class _Run:
    """One check, and what it found so far."""

    client: "Client"
    service: ServiceView
    index: int
    problems: list[str] = field(default_factory=list[str])

    def say(self, problem: str) -> None:
        """Note what does not hold."""
        self.problems.append(one_line(problem, 300))


def check(client: "Client", service: ServiceView, index: int) -> Proof:
    """Check one decision.

    Args:
        client: Of somebody who may read the log.
        service: As `Memory.trusted` answered: its checkpoint extends what this person saw before.
        index: Of the entry.

    Raises:
        RemoteError: The service refuses, or has no such entry.
    """
    run = _Run(client, service, index)
    record = _record(run, index)
    decision = client.decision(index)
    leaf = _leaf(record)
    checkpoint = _checkpoint(run)
    in_log = checkpoint is not None and _is_in(run, checkpoint, index, leaf)
    try:
        entry = parse_entry(leaf)
    except EntryError as error:
        run.say(f"the entry cannot be read: {error}")
        return _proof(run, None, "", in_log, checkpoint, (), decision)
    if entry.index != index:
        run.say(f"the service answered with entry {entry.index}")
    _check_payloads(run, entry, record)
    signed, signer, statement = _signature(run, entry, record.get("act"), checkpoint)
    _check_shown(run, entry, statement, decision)
    if statement is not None:
        _check_note(run, statement, record, decision)
        _check_evidence(run, statement, decision)
    said = _of_statement(statement) if statement else _of_entry(entry)
    return _proof(run, signed, signer, in_log, checkpoint, said, decision)


def _proof(
    run: _Run,
    signed: bool | None,  # noqa: FBT001 - a result that has three values
    signer: str,
    in_log: bool,  # noqa: FBT001
    checkpoint: "Checkpoint | None",
    said: tuple[str, ...],
    decision: CheckedDecision,
) -> Proof:
    where = checkpoint.text.strip().replace("\n", " ") if checkpoint else ""
    return Proof(signed, signer, in_log, where, said, tuple(run.problems), run.index, decision)


def _record(run: _Run, index: int) -> JsonObject:
    """Fetch an entry with what is beside it."""
    items = run.client.audit_log(cursor=str(index + 1), limit=1).items
    if not items or items[0].get("index") != index:
        raise RemoteError("not_found", f"the log has no entry {index}", status=404)
    return items[0]


def _leaf(record: JsonObject) -> bytes:
    return str(record.get("leaf")).encode("utf-8", "surrogatepass")


def _checkpoint(run: _Run) -> "Checkpoint | None":
    """Take a signed checkpoint that covers the entry and extends the one that was seen."""
    try:
        seen = checkpoint_of(run.service)
        if seen.size > run.index:
            return seen
        newer = notes.open_checkpoint(run.client.checkpoint(), run.service.log_key)
        hashes: tuple[bytes, ...] = ()
        if seen.size < newer.size:
            hashes = notes.decode_hashes(run.client.consistency(seen.size, newer.size))
        merkle.verify_consistency(seen.size, newer.size, seen.root, newer.root, hashes)
    except LogError as error:
        run.say(f"the checkpoint does not hold: {error}")
        return None
    if newer.size <= run.index or newer.origin != seen.origin:
        run.say("no signed checkpoint covers the entry")
        return None
    return newer


def _is_in(run: _Run, checkpoint: "Checkpoint", index: int, leaf: bytes) -> bool:
    try:
        hashes = notes.decode_hashes(run.client.inclusion(index, checkpoint.size))
        merkle.verify_inclusion(
            index, checkpoint.size, merkle.leaf_hash(leaf), hashes, checkpoint.root
        )
    except LogError as error:
        run.say(f"entry {index} is not in the signed log: {error}")
        return False
    return True


def _check_payloads(run: _Run, entry: Entry, record: JsonObject) -> None:
    found = record.get("payloads")
    payloads = found if isinstance(found, dict) else {}
    for name, commitment in entry.payloads.items():
        payload = payloads.get(name)
        if payload is not None and not _holds(commitment, payload):
            run.say(f"payload {name} is not what the entry commits to")


def _holds(commitment: Digest, payload: Json) -> bool:
    match payload:
        case {"salt": str(salt), "body": str(body)}:
            try:
                return matches(commitment, bytes.fromhex(salt), body.encode("utf-8", "replace"))
            except ValueError:
                return False
        case _:
            return False


def _signature(
    run: _Run, entry: Entry, act: Json, checkpoint: "Checkpoint | None"
) -> tuple[bool | None, str, Statement | None]:
    """Verify the act that an entry names, with a key that was enrolled before it."""
    if entry.act is None:
        if entry.verb in ACTS and entry.auth != "bootstrap" and entry.outcome == "ok":
            run.say(f"{entry.verb} without a person's signature")
            return False, "", None
        return None, "", None
    envelope = act.encode("utf-8", "surrogatepass") if isinstance(act, str) else b""
    if digests.sha256(envelope) != entry.act:
        run.say("the signed act is not the one the entry names")
        return False, "", None
    try:
        owner = run.client.key_owner(envelopes.signer(envelope))
        public = _enrolled(run, entry, owner, checkpoint)
        payload, key = envelopes.verify(envelope, {Digest(owner.fingerprint): public})
        statement = statements.parse(payload)
    except (LogError, EnvelopeError, ReviewError, RemoteError) as error:
        run.say(f"the signature does not hold: {error}")
        return False, "", None
    return True, f"{one_line(owner.name)} {key}{_since(owner, entry)}", statement


def _since(owner: KeyOwner, entry: Entry) -> str:
    """Say that the key was taken back later: what it signed before stays valid."""
    if owner.revoked is None or owner.revoked < entry.index:
        return ""
    return f" (revoked since, by entry {owner.revoked})"


def _enrolled(run: _Run, entry: Entry, owner: KeyOwner, checkpoint: "Checkpoint | None") -> bytes:
    """Give a public key whose enrolment for the actor stands in the same log, before the entry.

    Raises:
        LogError: It does not, or the key was taken back before.
    """
    if owner.enrolled is None or owner.enrolled >= entry.index:
        raise LogError("the key counted only after the act")
    if owner.revoked is not None and owner.revoked < entry.index:
        raise LogError(f"the key was revoked before, by entry {owner.revoked}")
    leaf = _leaf(_record(run, owner.enrolled))
    enrolment = parse_entry(leaf)
    facts = enrolment.facts
    is_meant = enrolment.verb in _ENROLLING and enrolment.outcome == "ok"
    is_same = (facts.get("key"), facts.get("public")) == (owner.fingerprint, owner.public)
    if not is_meant or not is_same or enrolment.target_id != entry.actor:
        raise LogError("no entry of the log lets this key count for whoever acted")
    if checkpoint is None or not _is_in(run, checkpoint, owner.enrolled, leaf):
        raise LogError("the entry that lets the key count is not in the signed log")
    return _public(owner)


def _public(owner: KeyOwner) -> bytes:
    try:
        raw = bytes.fromhex(owner.public)
    except ValueError as error:
        raise LogError("the service shows no public key") from error
    if fingerprint(raw) != owner.fingerprint:
        raise LogError("the service shows another key under this fingerprint")
    return raw


def _check_shown(
    run: _Run, entry: Entry, statement: Statement | None, shown: CheckedDecision
) -> None:
    """Hold what the service shows against the entry, and both against what was signed."""
    pairs: dict[str, tuple[object, object]] = {
        "verb": (shown.verb, str(entry.verb)),
        "time": (shown.time, entry.time),
        "digest": (shown.digest, entry.digest or ""),
        "policy": (shown.policy, entry.policy or ""),
        "tier": (shown.tier, entry.tier or ""),
        "pace": (shown.pace, str(entry.facts.get("pace") or "")),
        "sponsor": (shown.as_sponsor, entry.facts.get("as_sponsor") is True),
    }
    if statement is not None:
        pairs |= {
            "service": (statement.service, run.service.service_id),
            "person": (statement.actor, entry.actor),
            "act": (str(statement.act), str(entry.verb)),
            "target": (tuple(statement.target), (entry.target_kind, entry.target_id)),
            "subject": (statement.subject, entry.digest),
            "rubric": (dict(shown.rubric), dict(statement.rubric or shown.rubric)),
            "waivers": (shown.waived, statement.waivers or shown.waived),
            "proposal": (shown.proposal, statement.proposal or shown.proposal),
        }
    for word, (said, meant) in pairs.items():
        if said != meant:
            run.say(f"the decision is shown with {word} {said!r}, and it is {meant!r}")


def _check_note(
    run: _Run, statement: Statement, record: JsonObject, shown: CheckedDecision
) -> None:
    """Hold the words beside an act against the commitment that was signed."""
    payloads = record.get("payloads")
    for payload in (payloads if isinstance(payloads, dict) else {}).values():
        said = _words(payload)
        if said is None:
            continue
        salt, text = said
        if digests.commit(salt, text.encode()) != statement.note or text != shown.note:
            run.say("the words beside it are not those that were signed")


def _words(payload: Json) -> tuple[bytes, str] | None:
    """Read salt and text of a note; None for what is no note, or was erased."""
    match payload:
        case {"body": str(body)}:
            try:
                said = canonical.parse(body)
            except CanonicalError:
                return None
        case _:
            return None
    match said:
        case {"salt": str(salt), "text": str(text)} if _SALT.fullmatch(salt):
            return bytes.fromhex(salt), text
        case _:
            return None


def _check_evidence(run: _Run, statement: Statement, shown: CheckedDecision) -> None:
    """Hold the evidence as shown against the dossier that was signed for, to the byte."""
    if statement.dossier is None:
        return
    try:
        data = run.client.blob(statement.dossier)
        said = canonical.parse_object(data)
    except (RemoteError, CanonicalError) as error:
        run.say(f"the dossier that was signed for cannot be read: {error}")
        return
    if digests.sha256(data) != statement.dossier:
        run.say("the dossier is not the one that was signed for")
        return
    listed = said.get("evidence")
    for one in listed if isinstance(listed, list) else []:
        if not isinstance(one, dict):
            continue
        meant = f"{one.get('check')}: {one.get('status')}"
        if not any(line.startswith(meant) for line in shown.evidence):
            run.say(f"the evidence is shown otherwise than it stood: {meant}")


def _of_statement(said: Statement) -> tuple[str, ...]:
    terms: Mapping[str, object] = {
        "act": said.act,
        "subject": said.subject,
        "target": f"{said.target.kind} {said.target.id}",
        "proposal": said.proposal,
        "verdict": said.verdict,
        "base": said.base,
        "channel": said.channel,
        "rubric": ", ".join(f"{name} {mark}" for name, mark in (said.rubric or {}).items()),
        "waivers": ", ".join(said.waivers),
        "policy": said.policy,
        "tier": said.tier,
        "dossier": said.dossier,
        "log seen": f"{said.checkpoint_size} entries",
        "time": said.time,
    }
    return _terms(terms)


def _of_entry(entry: Entry) -> tuple[str, ...]:
    facts = cast("Mapping[str, object]", entry.facts)
    terms = {
        "entry": entry.verb,
        "target": f"{entry.target_kind} {entry.target_id}",
        "digest": entry.digest,
        "outcome": f"{entry.outcome} {entry.code}".strip(),
        "time": entry.time,
        **facts,
    }
    return _terms(terms)


def _terms(terms: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(
        one_line(f"{name}: {value}", 300)
        for name, value in terms.items()
        if value not in (None, "")
    )
