"""Who there is: principals, keys and grants, as the log's acts say. Pure; no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast, get_args

from toolvet.audit.acts import VoidError
from toolvet.audit.entries import Entry
from toolvet.audit.keys import fingerprint, is_public_key
from toolvet_reviews.principals import Grant, Principal
from toolvet_reviews.values import (
    EFFECT_KINDS,
    ROLES,
    Digest,
    EffectKind,
    Json,
    JsonObject,
    PrincipalKind,
    Role,
)

_KINDS = frozenset(get_args(PrincipalKind))


@dataclass(frozen=True)
class Key:
    """A person's public key."""

    fingerprint: Digest
    principal: str
    public: bytes
    enrolled: int
    """Index of the entry that enrolled it."""
    revoked: int | None = None
    """Index of the entry that revoked it."""
    replaces: Digest | None = None
    """The key that signed for it, when the person changed keys: it counts no more since."""


class Roster:
    """Principals, keys and grants. Each method takes one entry that is already known to count."""

    def __init__(self) -> None:
        self.principals: dict[str, Principal] = {}
        self.keys: dict[Digest, Key] = {}
        self.grants: dict[str, Grant] = {}
        self._active_keys: dict[Digest, bytes] | None = None

    def active_keys(self) -> Mapping[Digest, bytes]:
        """Return fingerprint and raw public key of every key that may sign now."""
        if self._active_keys is None:
            self._active_keys = {
                key.fingerprint: key.public
                for key in self.keys.values()
                if key.revoked is None and self._is_active_person(key.principal)
            }
        return self._active_keys

    def add_principal(self, entry: Entry, document: JsonObject | None) -> None:
        """Add a principal, or change its name and roles.

        Raises:
            VoidError: Document and facts differ, or it needs a sponsor that is not there.
        """
        said = _principal(entry.target_id, _name(document), entry.facts)
        if document is not None and said != _principal_of(document):
            raise VoidError("principal.differs", "the document says other than the entry")
        before = self.principals.get(said.id)
        if before is not None and before.kind != said.kind:
            raise VoidError("principal.kind", "a principal cannot become one of another kind")
        if said.kind == "agent" and not self._is_active_person(said.sponsor):
            raise VoidError("principal.sponsor", "an agent needs a person who answers for it")
        self.principals[said.id] = said
        self._active_keys = None

    def revoke_principal(self, entry: Entry) -> None:
        """Take a principal's rights away."""
        principal = self.principals.get(entry.target_id)
        if principal is None:
            raise VoidError("principal.unknown", "nobody of that id was ever added")
        self.principals[principal.id] = replace(principal, active=False)
        self._active_keys = None

    def add_key(
        self, entry: Entry, document: JsonObject | None, *, signed_by: Digest | None = None
    ) -> Digest:
        """Enrol a person's key; one that replaces another takes its right to sign away.

        Args:
            signed_by: The key that signed for it; None when nobody could.

        Returns:
            Its fingerprint.

        Raises:
            VoidError: Document and entry differ, it belongs to no active person, or it is not for
                the signer to let it count.
        """
        name, public, owner = _key(entry, document)
        if fingerprint(public) != name or not is_public_key(public):
            raise VoidError("key.differs", "the fingerprint is of another key")
        if not self._is_active_person(owner):
            raise VoidError("key.owner", "the key belongs to no active person")
        if name in self.keys:
            raise VoidError("key.twice", "the key was enrolled before")
        replaced = self._replaced(entry, document, owner, signed_by)
        self.keys[name] = Key(name, owner, public, enrolled=entry.index, replaces=replaced)
        if replaced is not None:
            self.keys[replaced] = replace(self.keys[replaced], revoked=entry.index)
        self._active_keys = None
        return name

    def revoke_key(self, entry: Entry) -> None:
        """Take a key's right to sign away; asked-for keys that were never enrolled are none."""
        key = self.keys.get(Digest(str(entry.facts.get("key") or entry.target_id)))
        if key is not None and key.revoked is None:
            self.keys[key.fingerprint] = replace(key, revoked=entry.index)
            self._active_keys = None

    def add_grant(self, entry: Entry, document: JsonObject | None) -> None:
        """Add a grant.

        Raises:
            VoidError: Its document was erased, or differs from the entry.
        """
        if document is None:
            raise VoidError("grant.erased", "what was granted has been erased")
        grant = _grant(document)
        facts = (entry.facts.get("to"), entry.facts.get("up_to"), entry.facts.get("expires"))
        is_same = facts == (grant.to, grant.up_to, grant.expires) or not any(facts)
        if grant.id != entry.target_id or not is_same:
            raise VoidError("grant.differs", "the document says other than the entry")
        self.grants[grant.id] = grant

    def revoke_grant(self, entry: Entry) -> None:
        """Take a grant away."""
        if self.grants.pop(entry.target_id, None) is None:
            raise VoidError("grant.unknown", "no such grant was in force")

    def _replaced(
        self, entry: Entry, document: JsonObject | None, owner: str, signed_by: Digest | None
    ) -> Digest | None:
        """Name the key that a new one stands for; None when it is one more."""
        named = entry.facts.get("replaces")
        if document is not None and document.get("replaces") != named:
            raise VoidError("key.differs", "the document replaces another key than the entry")
        signer = self.keys.get(signed_by) if signed_by is not None else None
        if named is None:
            person = self.principals.get(signer.principal) if signer else None
            if person is not None and "operator" not in person.roles:
                raise VoidError("key.one_more", "only an operator lets one more key count")
            return None
        if signer is None or named != signer.fingerprint or signer.principal != owner:
            raise VoidError("key.replaces", "only the key that is replaced signs for the new one")
        return signer.fingerprint

    def _is_active_person(self, principal: str | None) -> bool:
        found = self.principals.get(principal or "")
        return found is not None and found.active and found.kind == "human"


def _name(document: JsonObject | None) -> str:
    return str(document.get("name", "")) if document is not None else ""


def _principal_of(document: JsonObject) -> Principal:
    # `kind` of a document says what it is about; a principal's own kind has a longer name there.
    said = {**document, "kind": document.get("principal_kind", document.get("kind"))}
    return _principal(said.get("id"), str(said.get("name", "")), said)


def _principal(id_: object, name: str, said: Mapping[str, object]) -> Principal:
    kind, sponsor, roles = said.get("kind"), said.get("sponsor"), said.get("roles")
    listed = cast("list[object]", roles) if isinstance(roles, list) else [None]
    is_known = kind in _KINDS and all(role in ROLES for role in listed)
    if not is_known or not isinstance(id_, str) or not id_:
        raise VoidError("principal.invalid", "no principal can be like that")
    return Principal(
        id=id_,
        name=name,
        kind=cast("PrincipalKind", kind),
        roles=frozenset(cast("list[Role]", listed)),
        sponsor=sponsor if isinstance(sponsor, str) and sponsor else None,
    )


def _key(entry: Entry, document: JsonObject | None) -> tuple[Digest, bytes, str]:
    name, public = entry.facts.get("key"), entry.facts.get("public")
    owner = entry.target_id if entry.target_kind == "principal" else entry.actor
    if document is not None:
        said = (document.get("fingerprint"), document.get("public"), document.get("principal"))
        meant = (name or said[0], public or said[1], said[2])
        if said != meant or (entry.target_kind == "principal" and said[2] != owner):
            raise VoidError("key.differs", "the document says other than the entry")
        name, public, owner = said[0], said[1], str(said[2])
    elif entry.target_kind != "principal":
        raise VoidError("key.erased", "whose key it is has been erased")
    try:
        raw = bytes.fromhex(str(public))
    except ValueError as exc:
        raise VoidError("key.differs", "the entry holds no public key") from exc
    return Digest(str(name)), raw, owner


def _grant(document: JsonObject) -> Grant:
    texts: list[Json] = [document.get(name) for name in ("id", "to", "tool", "up_to")]
    expires = document.get("expires")
    if not all(isinstance(text, str) and text for text in texts) or texts[3] not in EFFECT_KINDS:
        raise VoidError("grant.invalid", "no grant can be like that")
    id_, to, tool, up_to = cast("list[str]", texts)
    return Grant(id_, to, tool, cast("EffectKind", up_to), str(expires) if expires else None)
