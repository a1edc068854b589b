"""People's signing keys: the first is pinned, every later one is enrolled by a signed act.

A person changes keys alone: the old one signs for the new one, and counts no more from that entry
on. What it signed before stays valid; a vote is held to the keys that counted when it was cast.
"""

from toolvet.audit import keys
from toolvet.config import stamp
from toolvet.engine import acts, entry
from toolvet.engine.people import (
    code_hash,
    enrolment_code,
    named,
    needs_operator,
    principal_view,
)
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, ForbiddenError, NotFoundError, SignatureError
from toolvet.storage import Unit
from toolvet.storage.rows import KeyRow
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest
from toolvet_reviews.views import PrincipalView


class KeyPinnedError(ForbiddenError):
    """The first key is pinned; every later one is enrolled by a signed act."""

    code = "key.pinned"
    hint = "Ask somebody with a key: `toolvet user add`, then `toolvet key create --code`."


class EnrolmentError(ForbiddenError):
    """The code is unknown, used or expired."""

    code = "key.enrolment"
    hint = "Ask for a new code: `toolvet user add` issues one."


class KeyKnownError(ConflictError):
    """A key is handed in once in the life of a service."""

    code = "key.known"
    hint = "Make a new one: `toolvet key rotate`."


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
        row = unit.principals.enrolment(code_hash(code))
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


async def rotate_key(
    services: Services, caller: Caller, envelope: bytes, document: bytes, proof: str
) -> PrincipalView:
    """Let a person's new key stand for the one that signs for it.

    Args:
        document: Canonical bytes with principal, fingerprint, public, replaces.
        proof: Signature that shows the new key is held; made for `rotation_code`.

    Raises:
        SignatureError: The act does not hold, or another key than the replaced one signed it.
        KeyKnownError: The new key was handed in before.
    """
    fields = statements.parse_document(document, "key")
    if set(fields) != {"principal", "fingerprint", "public", "replaces"}:
        raise StatementError("expected principal, fingerprint, public, replaces")
    raw, replaced = _raw_key(str(fields["public"])), str(fields["replaces"])
    fingerprint, owner = keys.fingerprint(raw), str(fields["principal"])
    if fingerprint != fields["fingerprint"]:
        raise SignatureError("the fingerprint is of another key")
    keys.check_possession(raw, keys.rotation_code(services.service_id, replaced), proof)

    def rotate(unit: Unit) -> PrincipalView:
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.KEY_ENROL,
            target=("principal", owner),
            subject=digests.sha256(document),
            seat=caller.seat,
        )
        if accepted.key != replaced or accepted.actor.id != owner:
            raise SignatureError("only the key that is replaced signs for the new one")
        if unit.principals.key(fingerprint) is not None:
            raise KeyKnownError(f"the key {fingerprint} was handed in before")
        unit.principals.add_key(KeyRow(fingerprint, owner, raw, "active"))
        unit.principals.set_key_state(replaced, "revoked")
        unit.append(
            entry.by(
                accepted.actor,
                Verb.KEY_ENROL,
                ("principal", owner),
                digest=digests.sha256(document),
                act=accepted.envelope,
                policy=services.standing.policy,
                facts={"key": fingerprint, "public": raw.hex(), "replaces": replaced},
                payloads={"document": canonical.parse(document)},
            )
        )
        return principal_view(unit, accepted.actor.principal)

    with services.refusals.recorded(caller, Verb.KEY_ENROL, ("key", fingerprint)):
        return await services.store.write(rotate)


async def new_code(services: Services, caller: Caller, name: str) -> str:
    """Give a person another one-time code: the first ran out, or they want a further key.

    Returns:
        The code; shown once, and worth nothing until an operator enrols what it hands in.

    Raises:
        NotFoundError: No active person of that name.
        ForbiddenError: The caller is not an operator.
    """

    def issue(unit: Unit) -> str:
        needs_operator(caller)
        person = named(unit, name)
        if person.kind != "human":
            raise NotFoundError(f"{name!r} is no person", hint="`toolvet token issue NAME`")
        code, expires = enrolment_code(services, unit, person)
        unit.append(
            entry.by(caller, Verb.KEY_INVITE, ("principal", person.id), facts={"expires": expires})
        )
        return code

    with services.refusals.recorded(caller, Verb.KEY_INVITE, ("principal", name[:64])):
        return await services.store.write(issue)


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
