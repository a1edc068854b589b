"""Entries of the log as bytes: canonical JSON of at most 4 KiB. Pure; no I/O.

A leaf holds ids, enums, times, digests and salted commitments, never words: names, texts, arguments
and results are payloads beside it, so that one can be erased while every proof still holds.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, cast, get_args

from toolvet.audit import grammar
from toolvet.audit.errors import EntryError, EntryTooLargeError
from toolvet_reviews import canonical, digests
from toolvet_reviews.events import EntryDraft, Fact, Outcome, Verb
from toolvet_reviews.values import AuthMethod, Digest, PrincipalKind, Seat, Tier

ENTRY_SCHEMA = "toolvet/entry/v1"
MAX_ENTRY_SIZE = 4096
MAX_FACT_ITEMS = 16

_WORD = re.compile(r"[A-Za-z0-9._:+/=-]{0,120}")
_WORDS = re.compile(r"([A-Za-z0-9._:+/=-]{0,120}\n){4}[A-Za-z0-9._:+/=-]{0,120}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DIGESTS = re.compile(r"(sha256:[0-9a-f]{64}\n)*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")

_VERBS = {str(verb): verb for verb in Verb}
_ACTOR_KINDS = frozenset[Any](get_args(PrincipalKind))
_AUTHS = frozenset[Any](get_args(AuthMethod))
_SEATS = frozenset[Any](get_args(Seat))
_OUTCOMES = frozenset[Any](get_args(Outcome))
_TIERS = frozenset[Any]((None, *get_args(Tier)))

# Leaves hold ASCII without escapes and whole numbers only, where this writes what RFC 8785 asks.
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    index: int
    time: str
    verb: Verb
    actor: str
    actor_kind: PrincipalKind
    auth: AuthMethod
    seat: Seat
    target_kind: str
    target_id: str
    on_behalf_of: str | None
    digest: Digest | None
    outcome: Outcome
    code: str
    policy: Digest | None
    evidence: tuple[Digest, ...]
    tier: Tier | None
    act: Digest | None
    """Digest of the signed envelope; None when the entry is no act."""
    facts: Mapping[str, Fact]
    payloads: Mapping[str, Digest]
    """Name to commitment."""


@dataclass(frozen=True)
class SealedPayload:
    """What lies beside a leaf. Erasing it means forgetting body and salt."""

    name: str
    salt: bytes
    """32 random bytes."""
    body: bytes
    """Canonical JSON."""
    commitment: Digest


@dataclass(frozen=True)
class SealedEntry:
    """An entry ready to be stored."""

    leaf: bytes
    payloads: tuple[SealedPayload, ...]


_FIELDS = frozenset(("schema", *(field.name for field in fields(Entry))))


def seal(draft: EntryDraft, index: int, time: str, salts: Mapping[str, bytes]) -> SealedEntry:
    """Give an event its place in the log.

    Args:
        draft: What happened.
        index: Where in the log, from 0.
        time: RFC 3339 in UTC with microseconds, not before the last entry's.
        salts: For each payload of the draft, 32 fresh random bytes.

    Raises:
        EntryTooLargeError: The leaf is over the cap.
        EntryError: It holds something that may not stand in the log for ever.
    """
    payloads = tuple(
        _seal_payload(name, salts.get(name, b""), canonical.dumps(body))
        for name, body in draft.payloads.items()
    )
    leaf = _write(draft, index, time, {part.name: part.commitment for part in payloads})
    parse_entry(leaf)  # what is written can be read: one set of rules
    return SealedEntry(leaf, payloads)


def parse_entry(leaf: bytes) -> Entry:
    """Read a leaf, strictly: one entry has one spelling.

    Raises:
        EntryTooLargeError: Over the cap.
        EntryError: Not an entry.
    """
    if len(leaf) > MAX_ENTRY_SIZE:
        raise EntryTooLargeError(f"the entry has {len(leaf)} bytes, at most {MAX_ENTRY_SIZE}")
    # latin-1 takes any bytes, and what is not ASCII is matched by nothing
    usual = grammar.read(leaf.decode("latin-1"))
    return read_by_rules(leaf) if usual is None else _entry(usual)


def read_by_rules(leaf: bytes) -> Entry:
    """Read a leaf rule by rule, as `parse_entry` does with what the grammar does not match.

    Raises:
        EntryError: Not an entry.
    """
    value = _load(leaf)
    value["verb"] = _VERBS.get(value["verb"], value["verb"])
    value["evidence"] = tuple(value["evidence"])
    del value["schema"]
    entry = _entry(value)
    _check(entry)
    return entry


def _entry(value: dict[str, Any]) -> Entry:
    # Verifying makes a hundred thousand of these: `__init__` of a frozen class takes ten times as
    # long, and the names were compared with the fields already.
    entry = object.__new__(Entry)
    entry.__dict__.update(value)
    return entry


def matches(commitment: str, salt: bytes, body: bytes) -> bool:
    """Tell whether a payload is what an entry committed to.

    Args:
        commitment: As the entry has it.
        salt: As kept beside the payload.
        body: The payload's canonical bytes, as kept.
    """
    return len(salt) == digests.SALT_BYTES and digests.commit(salt, body) == commitment


def _seal_payload(name: str, salt: bytes, body: bytes) -> SealedPayload:
    if len(salt) != digests.SALT_BYTES:
        raise EntryError(f"payload {name} needs a salt of {digests.SALT_BYTES} bytes")
    return SealedPayload(name, salt, body, digests.commit(salt, body))


def _write(draft: EntryDraft, index: int, time: str, payloads: Mapping[str, Digest]) -> bytes:
    entry: dict[str, object] = {
        "schema": ENTRY_SCHEMA,
        "index": index,
        "time": time,
        "verb": draft.verb,
        "actor": draft.actor,
        "actor_kind": draft.actor_kind,
        "auth": draft.auth,
        "seat": draft.seat,
        "target_kind": draft.target_kind,
        "target_id": draft.target_id,
        "on_behalf_of": draft.on_behalf_of,
        "digest": draft.digest,
        "outcome": draft.outcome,
        "code": draft.code,
        "policy": draft.policy,
        "evidence": list(draft.evidence),
        "tier": draft.tier,
        "act": draft.act,
        "facts": dict(draft.facts),
        "payloads": dict(payloads),
    }
    try:
        return _ENCODER.encode(entry).encode("ascii")
    except (TypeError, ValueError) as exc:
        raise EntryError(f"{draft.verb} holds what no entry may: {exc}") from exc


def _load(leaf: bytes) -> dict[str, Any]:
    try:
        text = leaf.decode("ascii")
        value: object = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise EntryError("the entry is not JSON") from exc
    if "\\" in text:  # nothing an entry holds needs one, and `_check_words` relies on it
        raise EntryError("the entry holds an escape")
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        raise EntryError("the entry has not the fields of an entry")
    entry = cast("dict[str, Any]", value)
    if entry["schema"] != ENTRY_SCHEMA:
        raise EntryError("the entry is of another version")
    if not isinstance(entry["evidence"], list) or not isinstance(entry["verb"], str):
        raise EntryError("the entry has a field of another type")
    # Nothing else tells a key that is there twice, or a number spelled in another way.
    try:
        spelled = _ENCODER.encode(entry)
    except ValueError as exc:
        raise EntryError("the entry holds NaN or an infinity") from exc
    if spelled != text:
        raise EntryError("the entry is not spelled canonically")
    return entry


def _check(entry: Entry) -> None:
    is_known = (
        entry.verb.__class__ is Verb
        and entry.actor_kind in _ACTOR_KINDS
        and entry.auth in _AUTHS
        and entry.seat in _SEATS
        and entry.outcome in _OUTCOMES
        and entry.tier in _TIERS
    )
    if not is_known:
        raise EntryError("the entry uses a word that no entry has")
    if entry.index.__class__ is not int or not 0 <= entry.index <= canonical.MAX_INTEGER:
        raise EntryError("the entry has no index")
    if not _is(_TIME, entry.time):
        raise EntryError("the entry has no time")
    _check_words(entry)
    _check_facts(entry.facts)
    if entry.payloads.__class__ is not dict or not all(
        _NAME.fullmatch(name) and _is(_DIGEST, value) for name, value in entry.payloads.items()
    ):
        raise EntryError("the entry has a payload without a commitment")


def _check_words(entry: Entry) -> None:
    words = (entry.actor, entry.target_kind, entry.target_id, entry.code, entry.on_behalf_of or "")
    named = (entry.digest, entry.policy, entry.act, *entry.evidence)
    try:  # one match for all: this runs for every entry of a log
        is_sound = _WORDS.fullmatch("\n".join(words)) and _DIGESTS.fullmatch(
            "\n".join([*(digest for digest in named if digest is not None), ""])
        )
    except TypeError:
        is_sound = None
    if not is_sound:
        raise EntryError("the entry holds what is neither id, enum nor digest")


def _check_facts(facts: object) -> None:
    if not isinstance(facts, dict):
        raise EntryError("the entry has no facts")
    for name, value in cast("dict[str, object]", facts).items():
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        if not _NAME.fullmatch(name) or len(items) > MAX_FACT_ITEMS:
            raise EntryError(f"no fact: {name[:40]!r}")
        for item in items:
            _check_fact(name, item)


def _check_fact(name: str, value: object) -> None:
    if value is None or value is True or value is False or _is(_WORD, value):
        return
    if value.__class__ is int and abs(cast("int", value)) <= canonical.MAX_INTEGER:
        return
    raise EntryError(f"fact {name} holds what may not stand in the log: {str(value)[:40]!r}")


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
