"""Principals: who there is. Adding somebody is a signed act; ending them needs only a login."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from toolvet.config import stamp
from toolvet.engine import acts, entry
from toolvet.engine.authenticate import new_row, new_token
from toolvet.engine.services import Services
from toolvet.errors import ConflictError, ForbiddenError, NotFoundError
from toolvet.storage import Unit, View
from toolvet.storage.rows import EnrolmentRow
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller, Principal
from toolvet_reviews.values import ROLES, PrincipalKind
from toolvet_reviews.views import PrincipalView

CODE_LASTS = timedelta(days=7)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KINDS: tuple[PrincipalKind, ...] = ("human", "agent", "service")


class PrincipalExistsError(ConflictError):
    """The name is taken."""

    code = "principal.exists"
    hint = "`toolvet user list` shows who is there."


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
        shown = _credentials(services, unit, principal)
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
                    "token": shown.token_id,
                },
                payloads={"document": canonical.parse(document)},
            )
        )
        return Added(principal_view(unit, principal), shown.token, shown.code)

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
        id=known_id(fields["id"]),
        name=name,
        kind=next(known for known in _KINDS if known == kind),
        roles=frozenset(role for role in ROLES if role in roles),
        sponsor=None if sponsor is None else str(sponsor),
    )


def known_id(value: object) -> str:
    """Read an id that a face made.

    Raises:
        StatementError: It is no UUID.
    """
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise StatementError("an id is a UUID in lower case")
    return value


def _check_sponsor(unit: Unit, principal: Principal) -> None:
    if principal.kind == "human":
        return
    if "operator" in principal.roles or (
        "reviewer" in principal.roles and principal.kind != "agent"
    ):
        # an agent that reviews reads, comments and flags; what decides asks for a person everywhere
        raise StatementError("only a person holds the role operator; only people and agents review")
    sponsor = unit.principals.get(principal.sponsor or "")
    if sponsor is None or sponsor.kind != "human" or not sponsor.active:
        raise StatementError("an agent or service needs an active human sponsor")


def _credentials(services: Services, unit: Unit, principal: Principal) -> "_Shown":
    moment = services.clock()
    if principal.kind == "human":
        return _Shown(code=enrolment_code(services, unit, principal)[0])
    token = new_token()
    issued = new_row(token, principal.id, stamp(moment), "token")
    unit.principals.add_token(issued)
    return _Shown(token=token, token_id=issued.id)


@dataclass(frozen=True)
class _Shown:
    """What is shown once of a new principal."""

    token: str | None = None
    token_id: str | None = None
    code: str | None = None


def enrolment_code(services: Services, unit: Unit, person: Principal) -> tuple[str, str]:
    """Make a one-time code for a person, and keep its hash; answer it and when it runs out."""
    code, expires = secrets.token_hex(16), stamp(services.clock() + CODE_LASTS)
    unit.principals.add_enrolment(EnrolmentRow(code_hash(code), person.id, expires, None))
    return code, expires


def code_hash(code: str) -> str:
    """Hash a one-time code for storage; 128 random bits need no salt."""
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
