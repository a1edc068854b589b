"""Who may sign, as a file that auditors keep themselves: people, their keys, policies. Pure; no I/O.

It is made by whoever verified the log, from what its acts amount to at one signed checkpoint. Held
against a later state of the log it needs no other file: it names the log's key, the first person's
key and the checkpoint that the log must extend.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from toolvet.audit import notes
from toolvet.audit.ledger import Ledger, Problem
from toolvet.audit.notes import Checkpoint
from toolvet.errors import ToolvetError
from toolvet_reviews import canonical
from toolvet_reviews.digests import is_digest
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.fields import Table
from toolvet_reviews.values import ROLES, Digest, Json, JsonObject, PrincipalKind, Role

ROSTER_SCHEMA = "toolvet/roster/v1"
MAX_BYTES = 8 * 1024 * 1024
_MOST = 100_000

AppliedPolicy = tuple[int, Digest]
"""Index of the entry that put a policy in force, and its digest."""


class RosterError(ToolvetError):
    """A file that is no roster, or not one this person can rely on."""

    code = "audit.roster"
    hint = "`toolvet audit roster --write FILE` makes one."


@dataclass(frozen=True)
class RosterPerson:
    """A principal as of the checkpoint."""

    id: str
    name: str
    """Empty when it was erased."""
    kind: PrincipalKind
    roles: tuple[Role, ...]
    sponsor: str | None
    active: bool


@dataclass(frozen=True)
class RosterKey:
    """A key that counted at some time."""

    fingerprint: Digest
    principal: str
    public: str
    """Hexadecimal."""
    enrolled: int
    revoked: int | None
    replaces: Digest | None


@dataclass(frozen=True)
class RosterFile:
    """A roster at one signed checkpoint."""

    service: str
    log_key: str
    pinned_key: str
    note: str
    """The signed checkpoint."""
    principals: tuple[RosterPerson, ...]
    keys: tuple[RosterKey, ...]
    policies: tuple[AppliedPolicy, ...]

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint it was made at.

        Raises:
            NoteError: It is not signed by the log's key.
        """
        return notes.open_checkpoint(self.note, self.log_key)

    @property
    def data(self) -> bytes:
        """The file: canonical JSON and a line's end."""
        return canonical.dumps(_to_json(self)) + b"\n"


def roster_of(
    ledger: Ledger, policies: Sequence[AppliedPolicy], *, log_key: str, note: str
) -> RosterFile:
    """Write down what a verified log amounts to.

    Args:
        ledger: The fold of exactly the entries that `note` covers.
    """
    people = sorted(ledger.principals.values(), key=lambda one: one.id)
    keys = sorted(ledger.keys.values(), key=lambda one: one.enrolled)
    return RosterFile(
        service=ledger.service_id or "",
        log_key=log_key,
        pinned_key=ledger.pinned_key or "",
        note=note,
        principals=tuple(
            RosterPerson(
                one.id,
                one.name,
                one.kind,
                tuple(role for role in ROLES if role in one.roles),
                one.sponsor,
                one.active,
            )
            for one in people
        ),
        keys=tuple(
            RosterKey(
                one.fingerprint,
                one.principal,
                one.public.hex(),
                one.enrolled,
                one.revoked,
                one.replaces,
            )
            for one in keys
        ),
        policies=tuple(policies),
    )


def differences(
    roster: RosterFile, ledger: Ledger, policies: Sequence[AppliedPolicy]
) -> list[Problem]:
    """Name where a log, folded up to the roster's checkpoint, amounts to something else.

    A name that was erased since is no difference.
    """
    found = roster_of(ledger, policies, log_key=roster.log_key, note=roster.note)
    problems: list[Problem] = []
    if found.service != roster.service:
        problems.append(_problem(f"the log is of service {found.service}, not {roster.service}"))
    names = {one.id: one.name for one in found.principals if not one.name}
    known = tuple(
        RosterPerson(one.id, "", one.kind, one.roles, one.sponsor, one.active)
        if one.id in names
        else one
        for one in roster.principals
    )
    areas: tuple[tuple[str, Sequence[object], Sequence[object]], ...] = (
        ("principal", known, found.principals),
        ("key", roster.keys, found.keys),
        ("policy", roster.policies, found.policies),
    )
    for what, kept, now in areas:
        problems += [
            _problem(f"the log lacks the {what} {_word(one)}") for one in _not_in(kept, now)
        ]
        problems += [
            _problem(f"the log has another {what}: {_word(one)}") for one in _not_in(now, kept)
        ]
    return problems


def parse_roster(data: bytes) -> RosterFile:
    """Read a roster strictly, and check its checkpoint.

    Raises:
        RosterError: It is none.
        NoteError: Its checkpoint is not signed by the key it names.
    """
    try:
        top = canonical.parse_object(data, max_bytes=MAX_BYTES)
        roster = _roster(Table(top, "", _RosterFieldError))
    except ReviewError as error:
        raise RosterError(f"not a roster: {error}") from error
    if roster.data != data:
        raise RosterError("the roster is not spelled canonically")
    if not roster.checkpoint.size:
        raise RosterError("the roster is of an empty log")
    return roster


class _RosterFieldError(ReviewError):
    code = "audit.roster"


def _roster(table: Table) -> RosterFile:
    table.choice("schema", (ROSTER_SCHEMA,))
    roster = RosterFile(
        service=table.text("service"),
        log_key=table.text("log_key"),
        pinned_key=table.text("pinned_key"),
        note=table.text("checkpoint", longest=notes.MAX_NOTE_SIZE),
        principals=table.each("principals", _person, most=_MOST),
        keys=table.each("keys", _key, most=_MOST),
        policies=table.each("policies", _policy, most=_MOST),
    )
    table.done()
    return roster


def _person(table: Table) -> RosterPerson:
    roles = table.texts("roles")
    person = RosterPerson(
        id=table.text("id"),
        name=table.text("name"),
        kind=cast("PrincipalKind", table.choice("kind", get_args(PrincipalKind))),
        roles=tuple(role for role in ROLES if role in roles),
        sponsor=_text_or_none(table, "sponsor"),
        active=table.boolean("active"),
    )
    table.done()
    return person


def _key(table: Table) -> RosterKey:
    replaces = _text_or_none(table, "replaces")
    key = RosterKey(
        fingerprint=_digest(table, table.text("fingerprint")),
        principal=table.text("principal"),
        public=table.text("public"),
        enrolled=table.integer("enrolled", most=canonical.MAX_INTEGER),
        revoked=_index_or_none(table, "revoked"),
        replaces=None if replaces is None else _digest(table, replaces),
    )
    table.done()
    return key


def _policy(table: Table) -> AppliedPolicy:
    found = (
        table.integer("entry", most=canonical.MAX_INTEGER),
        _digest(table, table.text("digest")),
    )
    table.done()
    return found


def _digest(table: Table, text: str) -> Digest:
    if not is_digest(text):
        raise table.error("digest", f"no digest: {text[:80]!r}")
    return Digest(text)


def _text_or_none(table: Table, name: str) -> str | None:
    return None if table.raw(name) is None else table.text(name)


def _index_or_none(table: Table, name: str) -> int | None:
    return None if table.raw(name) is None else table.integer(name, most=canonical.MAX_INTEGER)


def _to_json(roster: RosterFile) -> JsonObject:
    return {
        "schema": ROSTER_SCHEMA,
        "service": roster.service,
        "log_key": roster.log_key,
        "pinned_key": roster.pinned_key,
        "checkpoint": roster.note,
        "principals": [{**vars(one), "roles": list[Json](one.roles)} for one in roster.principals],
        "keys": [dict[str, Json](vars(one)) for one in roster.keys],
        "policies": [{"entry": entry, "digest": digest} for entry, digest in roster.policies],
    }


def _not_in(some: Sequence[object], others: Sequence[object]) -> list[object]:
    known = set(others)
    return [one for one in some if one not in known]


def _word(one: object) -> str:
    match one:
        case RosterPerson(id=id_, roles=roles, active=active):
            return f"{id_} ({', '.join(roles)}{'' if active else ', not active'})"
        case RosterKey(fingerprint=name, principal=owner, enrolled=entry, revoked=revoked):
            ended = "" if revoked is None else f", revoked by entry {revoked}"
            return f"{name} of {owner}, enrolled by entry {entry}{ended}"
        case _:
            return str(one)


def _problem(message: str) -> Problem:
    return Problem("roster.differs", -1, message)
