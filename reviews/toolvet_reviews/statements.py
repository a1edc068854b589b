"""Statements of acts: what a person signs, as canonical in-toto Statement v1 bytes. Pure; no I/O.

The subject is the digest of what the act is about: a release, a policy text, or the document that
names a principal, grant or key. The reader is strict: what is not understood is not accepted.

Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast, get_args

from toolvet_reviews import canonical
from toolvet_reviews.digests import is_digest
from toolvet_reviews.errors import CanonicalError, StatementError
from toolvet_reviews.events import ACTS, Verb
from toolvet_reviews.values import Channel, Digest, Json, JsonObject, Tier

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://toolvet.dev/act/v1"
ACT_SCHEMA = "toolvet/act/v1"
DOCUMENT_SCHEMA = "toolvet/document/v1"
MAX_BYTES = 64 * 1024

ActFact = bool | int | str | list[str]

SIGNABLE = ACTS | {Verb.LOGIN_OPEN}
"""What a statement may be about: acts, and opening a session with a key instead of a token."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_PROPOSAL = re.compile(r"P-[1-9][0-9]{0,17}\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z", re.ASCII)
_NONCE = re.compile(r"[0-9a-f]{64}\Z")
_FINGERPRINT = re.compile(r"[0-9a-f]{32}\Z")
_FACT_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_MARKS = frozenset({"met", "unmet", "unknown"})
_MAX_TEXT = 256
_MAX_ITEMS = 256
_ROOT_BYTES = 32


class Target(NamedTuple):
    """What an act is done to."""

    kind: str
    """`release`, `principal`, `grant`, `key`, `policy`, `tool`, `tier`, …"""
    id: str


@dataclass(frozen=True)
class Statement:
    """One act in the words of the person who signs it."""

    subject: Digest
    """Digest of what it is about."""
    service: str
    """Id of the service it is meant for, a UUID."""
    actor: str
    """Principal id of the person."""
    act: Verb
    target: Target
    policy: Digest
    """Policy in force as the person saw it."""
    checkpoint_size: int
    checkpoint_root: bytes
    """32 bytes: root of the log the person's face saw last."""
    time: str
    nonce: str
    """64 hexadecimal digits."""
    subject_name: str = ""
    proposal: str | None = None
    base: Digest | None = None
    """Release digest the change starts from; None for a new tool."""
    channel: Channel | None = None
    verdict: str | None = None
    """`approve` for a vote, else None."""
    rubric: dict[str, str] | None = None
    """Criterion to mark, as it was shown."""
    waivers: tuple[str, ...] = ()
    """Fingerprints of findings overruled."""
    tier: Tier | None = None
    dossier: Digest | None = None
    """Digest of the dossier that was shown."""
    note: Digest | None = None
    """Commitment to words that are kept beside the log."""
    facts: dict[str, ActFact] = field(default_factory=dict[str, ActFact])


def build(statement: Statement) -> bytes:
    """Write the canonical bytes to sign.

    Raises:
        StatementError: A field is not what it must be; `parse` would refuse the bytes.
    """
    predicate: dict[str, object] = {
        "schema": ACT_SCHEMA,
        "service": statement.service,
        "actor": statement.actor,
        "act": statement.act,
        "target": {"kind": statement.target[0], "id": statement.target[1]},
        "proposal": statement.proposal,
        "base": statement.base,
        "channel": statement.channel,
        "verdict": statement.verdict,
        "rubric": statement.rubric,
        "waivers": statement.waivers,
        "policy": statement.policy,
        "tier": statement.tier,
        "dossier": statement.dossier,
        "checkpoint": {
            "size": statement.checkpoint_size,
            "root": base64.b64encode(statement.checkpoint_root).decode(),
        },
        "time": statement.time,
        "nonce": statement.nonce,
        "note": statement.note,
        "facts": statement.facts,
    }
    subject = {
        "name": statement.subject_name,
        "digest": {"sha256": statement.subject.removeprefix("sha256:")},
    }
    data = _dumps(
        {
            "_type": STATEMENT_TYPE,
            "subject": [subject],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }
    )
    parse(data)
    return data


def parse(data: bytes) -> Statement:
    """Read a statement, strictly: canonical bytes, every field there, none unknown.

    Raises:
        StatementError: It is anything else.
    """
    try:
        top = canonical.parse_object(data, max_bytes=MAX_BYTES, max_depth=8)
    except CanonicalError as error:
        raise StatementError(f"not a statement: {error}") from error
    if canonical.dumps(top) != data:
        raise StatementError("the statement is not in canonical form")
    _fields(top, "statement", {"_type", "subject", "predicateType", "predicate"})
    _require(top["_type"] == STATEMENT_TYPE, "_type", top["_type"])
    _require(top["predicateType"] == PREDICATE_TYPE, "predicateType", top["predicateType"])
    name, subject = _subject(top["subject"])
    return _predicate(_as_object(top["predicate"], "predicate"), name, subject)


def document(kind: str, fields: JsonObject, nonce: str) -> bytes:
    """Write the canonical document that an act about a name is about.

    The subject of such an act is the SHA-256 of these bytes, so that the name itself stays out of
    statement and leaf; the nonce keeps it from being guessed.

    Args:
        kind: `principal`, `grant`, `key`, …
        fields: Its content; may not hold `schema`, `kind` or `nonce`.
        nonce: 64 hexadecimal digits.

    Raises:
        StatementError: A field is not what it must be.
    """
    clash = {"schema", "kind", "nonce"} & fields.keys()
    _require(not clash, "fields", sorted(clash))
    _require(_NONCE.match(nonce) is not None, "nonce", nonce)
    return _dumps({"schema": DOCUMENT_SCHEMA, "kind": kind, "nonce": nonce, **fields})


def parse_document(data: bytes, kind: str) -> JsonObject:
    """Read a document of one kind back; answers its fields without schema, kind and nonce.

    Raises:
        StatementError: It is not the canonical bytes of such a document.
    """
    try:
        top = canonical.parse_object(data, max_bytes=MAX_BYTES)
    except CanonicalError as error:
        raise StatementError(f"not a document: {error}") from error
    _require(canonical.dumps(top) == data, "document", "other than canonical bytes")
    _require(top.pop("schema", None) == DOCUMENT_SCHEMA, "schema", "another")
    _require(top.pop("kind", None) == kind, "kind", "another")
    nonce = top.pop("nonce", None)
    _require(isinstance(nonce, str) and _NONCE.match(nonce) is not None, "nonce", nonce)
    return top


_PREDICATE_FIELDS = {
    "schema", "service", "actor", "act", "target", "proposal", "base", "channel", "verdict",
    "rubric", "waivers", "policy", "tier", "dossier", "checkpoint", "time", "nonce", "note",
    "facts",
}  # fmt: skip


def _predicate(said: JsonObject, name: str, subject: Digest) -> Statement:
    _fields(said, "predicate", _PREDICATE_FIELDS)
    _require(said["schema"] == ACT_SCHEMA, "schema", said["schema"])
    size, root = _checkpoint(said["checkpoint"])
    return Statement(
        subject=subject,
        subject_name=name,
        service=_matching(said, "service", _UUID),
        actor=_matching(said, "actor", _UUID),
        act=_act(said["act"]),
        target=_target(said["target"]),
        policy=_digest(said, "policy"),
        checkpoint_size=size,
        checkpoint_root=root,
        time=_matching(said, "time", _TIME),
        nonce=_matching(said, "nonce", _NONCE),
        proposal=None if said["proposal"] is None else _matching(said, "proposal", _PROPOSAL),
        base=_digest_or_none(said, "base"),
        channel=cast("Channel | None", _one_of(said, "channel", (None, *get_args(Channel)))),
        verdict=_one_of(said, "verdict", (None, "approve")),
        rubric=_rubric(said["rubric"]),
        waivers=_waivers(said["waivers"]),
        tier=cast("Tier | None", _one_of(said, "tier", (None, *get_args(Tier)))),
        dossier=_digest_or_none(said, "dossier"),
        note=_digest_or_none(said, "note"),
        facts=_facts(said["facts"]),
    )


def _subject(value: Json) -> tuple[str, Digest]:
    _require(isinstance(value, list) and len(value) == 1, "subject", "not exactly one")
    one = _as_object(cast("list[Json]", value)[0], "subject")
    _fields(one, "subject", {"name", "digest"})
    digest = _as_object(one["digest"], "subject.digest")
    _fields(digest, "subject.digest", {"sha256"})
    text = f"sha256:{digest['sha256']}"
    _require(is_digest(text), "subject.digest", text)
    return _text(one["name"], "subject.name"), Digest(text)


def _target(value: Json) -> Target:
    said = _as_object(value, "target")
    _fields(said, "target", {"kind", "id"})
    kind = _text(said["kind"], "target.kind")
    _require(_FACT_NAME.match(kind) is not None, "target.kind", kind)
    return Target(kind, _text(said["id"], "target.id"))


def _checkpoint(value: Json) -> tuple[int, bytes]:
    said = _as_object(value, "checkpoint")
    _fields(said, "checkpoint", {"size", "root"})
    size = said["size"]
    _require(type(size) is int and size >= 0, "checkpoint.size", size)
    text = _text(said["root"], "checkpoint.root")
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _refusal("checkpoint.root", text) from None
    # The last base64 digit has spare bits: another text could decode to the same root.
    _require(base64.b64encode(root).decode() == text, "checkpoint.root", text)
    _require(len(root) == _ROOT_BYTES, "checkpoint.root", text)
    return cast("int", size), root


def _act(value: Json) -> Verb:
    try:
        verb = Verb(cast("Any", value))
    except ValueError:
        raise _refusal("act", value) from None
    _require(verb in SIGNABLE, "act", value)
    return verb


def _rubric(value: Json) -> dict[str, str] | None:
    if value is None:
        return None
    said = _as_object(value, "rubric")
    for criterion, mark in said.items():
        known = _FACT_NAME.match(criterion) and isinstance(mark, str) and mark in _MARKS
        _require(bool(known), f"rubric.{criterion}", mark)
    return cast("dict[str, str]", said)


def _waivers(value: Json) -> tuple[str, ...]:
    items = _texts(value, "waivers")
    _require(all(_FINGERPRINT.match(item) for item in items), "waivers", "no fingerprint")
    _require(len(set(items)) == len(items), "waivers", "one twice")
    return tuple(items)


def _facts(value: Json) -> dict[str, ActFact]:
    said = _as_object(value, "facts")
    _require(len(said) <= _MAX_ITEMS, "facts", len(said))
    result: dict[str, ActFact] = {}
    for name, fact in said.items():
        _require(_FACT_NAME.match(name) is not None, "facts", name)
        if isinstance(fact, list):
            result[name] = _texts(fact, f"facts.{name}")
        elif isinstance(fact, str):
            result[name] = _text(fact, f"facts.{name}")
        elif isinstance(fact, int):
            result[name] = fact
        else:
            raise _refusal(f"facts.{name}", fact)
    return result


def _texts(value: Json, place: str) -> list[str]:
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise _refusal(place, value)
    return [_text(item, place) for item in value]


def _text(value: Json, place: str) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise _refusal(place, value)
    return value


def _matching(said: JsonObject, name: str, pattern: re.Pattern[str]) -> str:
    value = _text(said[name], name)
    _require(pattern.match(value) is not None, name, value)
    return value


def _digest(said: JsonObject, name: str) -> Digest:
    value = said[name]
    _require(is_digest(value), name, value)
    return Digest(cast("str", value))


def _digest_or_none(said: JsonObject, name: str) -> Digest | None:
    return None if said[name] is None else _digest(said, name)


def _one_of(said: JsonObject, name: str, allowed: tuple[str | None, ...]) -> str | None:
    value = said[name]
    if value is not None and not isinstance(value, str):
        raise _refusal(name, value)
    _require(value in allowed, name, value)
    return value


def _as_object(value: Json, place: str) -> JsonObject:
    if not isinstance(value, dict):
        raise _refusal(place, value)
    return value


def _fields(said: JsonObject, place: str, expected: set[str]) -> None:
    for name in sorted(expected ^ said.keys()):
        what = "lacks" if name in expected else "has an unknown field"
        raise StatementError(f"the {place} {what} {name[:80]!r}", place=f"{place}.{name[:80]}")


def _require(holds: bool, place: str, value: object) -> None:  # noqa: FBT001
    if not holds:
        raise _refusal(place, value)


def _refusal(place: str, value: object) -> StatementError:
    return StatementError(f"{place} is not what it must be: {str(value)[:120]!r}", place=place)


def _dumps(value: object) -> bytes:
    try:
        return canonical.dumps(value)
    except CanonicalError as error:
        raise StatementError(f"cannot be signed: {error}", place=error.place) from error
