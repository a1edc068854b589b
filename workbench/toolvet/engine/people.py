"""Principals, their keys and their tokens. Adding is a signed act; stopping needs only a login."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from toolvet.audit import keys
from toolvet.config import parse_stamp, stamp, uuid7
from toolvet.engine import acts, entry
from toolvet.engine.authenticate import new_token, token_hash
from toolvet.engine.services import Services
from toolvet.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    SignatureError,
    ToolvetError,
)
from toolvet.storage import Unit, View
from toolvet.storage.rows import EnrolmentRow, KeyRow, TokenRow
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller, Principal
from toolvet_reviews.values import ROLES, Digest, PrincipalKind
from toolvet_reviews.views import PrincipalView

CODE_LASTS = timedelta(days=7)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KINDS: tuple[PrincipalKind, ...] = ("human", "agent", "service")


class PrincipalExistsError(ConflictError):
    """The name is taken."""

    code = "principal.exists"
    hint = "`toolvet user list` shows who is there."


class KeyPinnedError(ForbiddenError):
    """The first key is pinned; every later one is enrolled by a signed act."""

    code = "key.pinned"
    hint = "Ask somebody with a key: `toolvet user add`, then `toolvet key create --code`."


class EnrolmentError(ForbiddenError):
    """The code is unknown, used or expired."""

    code = "key.enrolment"
    hint = "Ask for a new code: `toolvet user add` issues one."


@dataclass(frozen=True)
class Added:
    """A new principal, with what is shown once."""

    principal: PrincipalView
    token: str | None = None
    """Bearer token of an agent or service; stored hashed only."""
    code: str | None = None
    """One-time code with which a human enrols a key."""


async def principals(services: Services, caller: Caller) -> list[PrincipalView]:
    """List everybody, by name; an agent sees itself only."""

    def read(view: View) -> list[PrincipalView]:
        shown = [principal_view(view, found) for found in view.principals.all()]
        if caller.principal.kind == "human" or caller.has("auditor", "operator"):
            return sorted(shown, key=lambda found: found.name)
        return [found for found in shown if found.id == caller.id]

    return await services.store.query(read)


def principal_view(view: View, principal: Principal) -> PrincipalView:
    """Show a principal with its keys."""
    owned = view.principals.keys(principal.id)
    return PrincipalView(
        id=principal.id,
        name=principal.name,
        kind=principal.kind,
        roles=tuple(sorted(principal.roles)),
        sponsor=principal.sponsor,
        active=principal.active,
        keys=tuple(key.fingerprint for key in owned if key.state == "active"),
        pending_keys=tuple(key.fingerprint for key in owned if key.state == "pending"),
    )


async def add_principal(
    services: Services, caller: Caller, envelope: bytes, document: bytes
) -> Added:
    """Add a principal that a person signed for.

    Args:
        document: Canonical bytes whose digest is the act's subject: id, name, principal_kind,
            roles, sponsor.

    Raises:
        SignatureError: The act does not hold.
        PrincipalExistsError: The name is taken.
    """
    principal = _principal(document)

    def add(unit: Unit) -> Added:
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.PRINCIPAL_ADD,
            target=("principal", principal.id),
            subject=digests.sha256(document),
            seat=caller.seat,
        )
        if unit.principals.by_name(principal.name) is not None:
            raise PrincipalExistsError(f"there is a principal named {principal.name!r}")
        _check_sponsor(unit, principal)
        unit.principals.add(principal)
        token, code = _credentials(services, unit, principal)
        unit.append(
            entry.by(
                accepted.actor,
                Verb.PRINCIPAL_ADD,
                ("principal", principal.id),
                digest=digests.sha256(document),
                act=accepted.envelope,
                policy=services.standing.policy,
                facts={
                    "kind": principal.kind,
                    "roles": sorted(principal.roles),
                    "sponsor": principal.sponsor,
                },
                payloads={"document": canonical.parse(document)},
            )
        )
        return Added(principal_view(unit, principal), token, code)

    with services.refusals.recorded(caller, Verb.PRINCIPAL_ADD, ("principal", principal.id)):
        return await services.store.write(add)


def _principal(document: bytes) -> Principal:
    fields = statements.parse_document(document, "principal")
    if set(fields) != {"id", "name", "principal_kind", "roles", "sponsor"}:
        raise StatementError("expected id, name, principal_kind, roles, sponsor")
    roles, sponsor = fields["roles"], fields["sponsor"]
    name, kind = fields["name"], fields["principal_kind"]
    if not isinstance(roles, list) or not isinstance(name, str) or not _NAME.fullmatch(name):
        raise StatementError(
            f"not a principal's name: {name!r}", hint="Letters, digits, `.`, `_`, `-`, at most 64."
        )
    if kind not in _KINDS or any(role not in ROLES for role in roles):
        raise StatementError("unknown kind or role", hint=f"Roles are {', '.join(ROLES)}.")
    return Principal(
        id=str(fields["id"]),
        name=name,
        kind=next(known for known in _KINDS if known == kind),
        roles=frozenset(role for role in ROLES if role in roles),
        sponsor=None if sponsor is None else str(sponsor),
    )


def _check_sponsor(unit: Unit, principal: Principal) -> None:
    if principal.kind == "human":
        return
    if principal.roles.intersection(("reviewer", "operator")):
        raise StatementError("only a person holds the role reviewer or operator")
    sponsor = unit.principals.get(principal.sponsor or "")
    if sponsor is None or sponsor.kind != "human" or not sponsor.active:
        raise StatementError("an agent or service needs an active human sponsor")


def _credentials(
    services: Services, unit: Unit, principal: Principal
) -> tuple[str | None, str | None]:
    moment = services.clock()
    if principal.kind == "human":
        code = secrets.token_hex(16)
        row = EnrolmentRow(_code_hash(code), principal.id, stamp(moment + CODE_LASTS), None)
        unit.principals.add_enrolment(row)
        return None, code
    token = new_token()
    unit.principals.add_token(
        TokenRow(uuid7(), principal.id, token_hash(token), stamp(moment), None, None, "token")
    )
    return token, None


def _code_hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


async def revoke_principal(services: Services, caller: Caller, name: str, reason: str) -> None:
    """End a principal: its tokens and keys count no more; old votes stay valid.

    Raises:
        NotFoundError: Nobody of that name.
        ForbiddenError: The caller is not an operator.
    """

    def end(unit: Unit) -> None:
        needs_operator(caller)
        principal = named(unit, name)
        unit.principals.deactivate(principal.id)
        unit.append(
            entry.by(
                caller,
                Verb.PRINCIPAL_REVOKE,
                ("principal", principal.id),
                payloads={"reason": reason},
            )
        )

    with services.refusals.recorded(caller, Verb.PRINCIPAL_REVOKE, ("principal", name[:64])):
        await services.store.write(end)


def needs_operator(caller: Caller) -> None:
    """Let people with the role operator through.

    Raises:
        ForbiddenError: Anybody else.
    """
    if caller.principal.kind != "human" or not caller.has("operator"):
        raise ForbiddenError("this needs a person with the role operator")


def named(view: View, name: str) -> Principal:
    """Find an active principal by name.

    Raises:
        NotFoundError: Nobody of that name.
    """
    found = view.principals.by_name(name)
    if found is None or not found.active:
        raise NotFoundError(
            f"no principal {name!r}", hint="`toolvet user list` shows who is there."
        )
    return found


async def pin_first_key(services: Services, caller: Caller, public: str, proof: str) -> Digest:
    """Pin the first person's key, once in the life of a service.

    Args:
        public: Raw Ed25519 public key in hexadecimal.
        proof: Signature that shows the key is held; made for the service's id.

    Raises:
        KeyPinnedError: A key is pinned already.
    """
    raw = _raw_key(public)
    keys.check_possession(raw, services.service_id, proof)
    fingerprint = keys.fingerprint(raw)

    def pin(unit: Unit) -> None:
        if services.standing.ledger.pinned_key is not None or unit.principals.keys():
            raise KeyPinnedError("the first key of this service is pinned already")
        person = next(p for p in unit.principals.all() if p.kind == "human")
        unit.principals.add_key(KeyRow(fingerprint, person.id, raw, "active"))
        unit.append(
            entry.by(
                Caller(person, "bootstrap", caller.seat),
                Verb.KEY_PIN,
                ("principal", person.id),
                digest=fingerprint,
                facts={"key": fingerprint, "public": public},
            )
        )

    with services.refusals.recorded(caller, Verb.KEY_PIN, ("key", fingerprint)):
        await services.store.write(pin)
    return fingerprint


async def request_key(
    services: Services, caller: Caller, code: str, public: str, proof: str
) -> tuple[str, Digest]:
    """Hand in a key with a one-time code; it counts once an enrolled person signed for it.

    Returns:
        The principal's name and the fingerprint to read out to that person.

    Raises:
        EnrolmentError: The code is unknown, used or expired.
    """
    raw = _raw_key(public)
    keys.check_possession(raw, code, proof)
    fingerprint, moment = keys.fingerprint(raw), stamp(services.clock())

    def request(unit: Unit) -> str:
        row = unit.principals.enrolment(_code_hash(code))
        if row is None or row.used_at is not None or row.expires_at < moment:
            raise EnrolmentError("the code is unknown, used or expired")
        person = unit.principals.get(row.principal)
        if person is None or not person.active or unit.principals.key(fingerprint) is not None:
            raise EnrolmentError("the code's principal is gone, or the key is known already")
        unit.principals.use_enrolment(row.code_hash, moment)
        unit.principals.add_key(KeyRow(fingerprint, person.id, raw, "pending"))
        unit.append(
            entry.by(
                Caller(person, "token", caller.seat),
                Verb.KEY_REQUEST,
                ("principal", person.id),
                digest=fingerprint,
                facts={"key": fingerprint, "public": public},
            )
        )
        return person.name

    with services.refusals.recorded(caller, Verb.KEY_REQUEST, ("key", fingerprint)):
        return await services.store.write(request), fingerprint


def _raw_key(public: str) -> bytes:
    try:
        raw = bytes.fromhex(public)
    except ValueError:
        raw = b""
    if not keys.is_public_key(raw):
        raise SignatureError("not an Ed25519 public key")
    return raw


async def enrol_key(
    services: Services, caller: Caller, envelope: bytes, document: bytes
) -> PrincipalView:
    """Let a requested key count: a signed act of somebody whose key counts already.

    Args:
        document: Canonical bytes with principal, fingerprint, public.
    """
    fields = statements.parse_document(document, "key")
    if set(fields) != {"principal", "fingerprint", "public"}:
        raise StatementError("expected principal, fingerprint, public")
    fingerprint = Digest(str(fields["fingerprint"]))

    def enrol(unit: Unit) -> PrincipalView:
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.KEY_ENROL,
            target=("principal", str(fields["principal"])),
            subject=digests.sha256(document),
            seat=caller.seat,
        )
        row = unit.principals.key(fingerprint)
        if row is None or row.state != "pending" or row.principal != fields["principal"]:
            raise NotFoundError(f"no key {fingerprint} waits for enrolment")
        if row.public.hex() != fields["public"]:
            raise SignatureError("the act names another public key than was handed in")
        unit.principals.set_key_state(fingerprint, "active")
        unit.append(
            entry.by(
                accepted.actor,
                Verb.KEY_ENROL,
                ("principal", row.principal),
                digest=digests.sha256(document),
                act=accepted.envelope,
                policy=services.standing.policy,
                facts={"key": fingerprint, "public": row.public.hex()},
                payloads={"document": canonical.parse(document)},
            )
        )
        person = unit.principals.get(row.principal)
        if person is None:
            raise NotFoundError("the key's principal is gone")
        return principal_view(unit, person)

    with services.refusals.recorded(caller, Verb.KEY_ENROL, ("key", fingerprint)):
        return await services.store.write(enrol)


async def revoke_key(services: Services, caller: Caller, fingerprint: str, reason: str) -> None:
    """Stop a key: it signs nothing more; what it signed before stays valid."""

    def stop(unit: Unit) -> None:
        row = unit.principals.key(fingerprint)
        if row is None or row.state == "revoked":
            raise NotFoundError(f"no key {fingerprint}")
        if row.principal != caller.id:
            needs_operator(caller)
        unit.principals.set_key_state(fingerprint, "revoked")
        unit.append(
            entry.by(
                caller,
                Verb.KEY_REVOKE,
                ("principal", row.principal),
                digest=Digest(fingerprint),
                facts={"key": fingerprint},
                payloads={"reason": reason},
            )
        )

    with services.refusals.recorded(caller, Verb.KEY_REVOKE, ("key", fingerprint[:80])):
        await services.store.write(stop)


class ExpiryError(ToolvetError):
    """A time that nobody can read."""

    code = "token.expiry"
    hint = "Write it as 2027-01-31T12:00:00.000000Z."


def _check_expiry(expires: str | None) -> None:
    if expires is None:
        return
    try:
        parse_stamp(expires)
    except ValueError as error:
        raise ExpiryError(f"not a time: {expires[:40]!r}") from error


async def issue_token(
    services: Services, caller: Caller, name: str, expires: str | None = None
) -> tuple[str, str]:
    """Issue another bearer token for a principal.

    Returns:
        The token's id, and the token itself: shown once, stored hashed.

    Raises:
        ExpiryError: `expires` is no time.
        ForbiddenError: The caller is not an operator.
    """
    token, row_id = new_token(), uuid7()

    def issue(unit: Unit) -> None:
        needs_operator(caller)
        _check_expiry(expires)
        principal = named(unit, name)
        moment = stamp(services.clock())
        unit.principals.add_token(
            TokenRow(row_id, principal.id, token_hash(token), moment, expires, None, "token")
        )
        facts = {"principal": principal.id, "expires": expires}
        unit.append(entry.by(caller, Verb.TOKEN_ISSUE, ("token", row_id), facts=facts))

    with services.refusals.recorded(caller, Verb.TOKEN_ISSUE, ("token", row_id)):
        await services.store.write(issue)
    return row_id, token


async def revoke_token(services: Services, caller: Caller, token: str) -> None:
    """Stop a token by its id, now."""

    def stop(unit: Unit) -> None:
        row = unit.principals.token(token)
        if row is None:
            raise NotFoundError(f"no token {token!r}")
        if row.principal != caller.id:
            needs_operator(caller)
        unit.principals.revoke_token(token, stamp(services.clock()))
        facts = {"principal": row.principal}
        unit.append(entry.by(caller, Verb.TOKEN_REVOKE, ("token", token), facts=facts))

    with services.refusals.recorded(caller, Verb.TOKEN_REVOKE, ("token", token[:40])):
        await services.store.write(stop)
