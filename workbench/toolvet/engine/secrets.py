"""Secrets: set and rotated by signed acts, sealed at rest, revealed to the tools and hosts they are for.

Where a secret may go, and what its value was committed to, is what the log says; the table holds
nothing but the sealed bytes. Taking a secret away needs only a login.
"""

from typing import ClassVar

from toolvet.audit.bindings import BoundSecret
from toolvet.engine import acts, entry
from toolvet.engine.acts import UnsettledError
from toolvet.engine.needs import SecretMissingError
from toolvet.engine.people import needs_operator
from toolvet.engine.services import Services
from toolvet.engine.vault import SecretDamagedError
from toolvet.errors import ConflictError, ForbiddenError, NotFoundError
from toolvet.storage import Unit
from toolvet.storage.rows import SecretRow
from toolvet_reviews import bindings, canonical, digests, needs, statements
from toolvet_reviews.bindings import VISIBLE, SecretBinding
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import Fact, Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.secret import Secret
from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import SecretView

_VERBS = (Verb.SECRET_SET, Verb.SECRET_ROTATE, Verb.SECRET_DELETE)


class SecretChangedError(ConflictError):
    """The secret was set anew or deleted since it was looked at."""

    code: ClassVar[str] = "secret.changed"
    hint = "`toolvet secret list` shows what is there now."


async def secrets(services: Services, caller: Caller) -> list[SecretView]:
    """List the secrets in force, by name, without their values.

    Raises:
        ForbiddenError: The caller only submits or calls.
    """
    if caller.principal.kind != "human" and not caller.has("auditor", "operator"):
        raise ForbiddenError("secrets are listed for people, auditors and operators")
    bound = services.standing.ledger.secrets
    return [secret_view(services, bound[name]) for name in sorted(bound)]


def secret_view(services: Services, bound: BoundSecret) -> SecretView:
    """Show a secret, its value left out."""
    person = services.standing.ledger.principals.get(bound.actor)
    binding = bound.binding
    return SecretView(
        id=binding.id,
        name=binding.name,
        tools=binding.tools,
        hosts=tuple(host for host in binding.hosts if host != VISIBLE),
        visible=VISIBLE in binding.hosts,
        set_at=bound.time,
        set_by=person.name if person else bound.actor,
    )


async def set_secret(
    services: Services, caller: Caller, envelope: bytes, document: bytes, salt: str, value: Secret
) -> SecretView:
    """Set a secret, signed by an operator; one of the same name is replaced, scope and all.

    Args:
        document: Canonical bytes with id, name, tools, hosts, commitment; the act's subject.
        salt: 64 hexadecimal digits that the commitment was made with.

    Raises:
        StatementError: Salt and value are not what the document commits to.
        SecretKeyError: There is no key to seal it with.
    """
    return await _put(services, caller, Verb.SECRET_SET, envelope, document, salt, value)


async def rotate_secret(
    services: Services, caller: Caller, envelope: bytes, document: bytes, salt: str, value: Secret
) -> SecretView:
    """Take another value for a secret, from the next call on; where it may go stays as it is.

    Raises:
        SecretChangedError: The document names another scope than the one in force.
    """
    return await _put(services, caller, Verb.SECRET_ROTATE, envelope, document, salt, value)


async def _put(
    services: Services,
    caller: Caller,
    verb: Verb,
    envelope: bytes,
    document: bytes,
    salt: str,
    value: Secret,
) -> SecretView:
    binding = bindings.read_secret(statements.parse_document(document, "secret"))
    target, subject = ("secret", binding.id), digests.sha256(document)
    key = _committed(binding, salt, value)

    def put(unit: Unit) -> BoundSecret:
        _check_settled(services, unit)
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=verb,
            target=target,
            subject=subject,
            seat=caller.seat,
        )
        if verb is Verb.SECRET_ROTATE:
            _check_same(services, binding)
        sealed = services.vault.seal(
            binding.name, value, key, _about(services, binding), is_first=not unit.secrets.all()
        )
        index = unit.append(
            entry.by(
                accepted.actor,
                verb,
                target,
                digest=subject,
                act=accepted.envelope,
                policy=services.standing.policy,
                facts=_replaced(services, verb, binding),
                payloads={"document": canonical.parse(document)},
            )
        )
        unit.secrets.set(
            SecretRow(
                name=binding.name,
                sealed=sealed,
                tools=[*binding.tools],
                hosts=[*binding.hosts],
                set_at=accepted.statement.time,
                entry=index,
            )
        )
        unit.wipes = True  # an older value must not stay behind in the write-ahead log
        return BoundSecret(binding, index, accepted.statement.time, accepted.actor.id)

    with services.refusals.recorded(caller, verb, target):
        return secret_view(services, await services.store.write(put))


def _replaced(services: Services, verb: Verb, binding: SecretBinding) -> dict[str, Fact]:
    """Name the secret that another one of its name replaces; stays when both are erased."""
    before = services.standing.ledger.secrets.get(binding.name)
    if verb is not Verb.SECRET_SET or before is None:
        return {}
    return {"secret": before.binding.id}


def _committed(binding: SecretBinding, salt: str, value: Secret) -> bytes:
    """Check that a value is the one the person signed for; answer the salt."""
    try:
        key = bytes.fromhex(salt)
    except ValueError:
        key = b""
    if len(key) != digests.SALT_BYTES:
        raise StatementError("the salt is no 64 hexadecimal digits", place="salt")
    if digests.commit(key, value.reveal().encode()) != binding.commitment:
        raise StatementError("the value is not the one that was signed", place="value")
    return key


def _check_settled(services: Services, unit: Unit) -> None:
    """Refuse while the ledger has not taken in what a step before this one entered."""
    if unit.entries(services.standing.ledger.size, verbs=_VERBS):
        raise UnsettledError("secrets are changing right now", retry_after_s=0.1)


def _check_same(services: Services, binding: SecretBinding) -> None:
    bound = services.standing.ledger.secrets.get(binding.name)
    if bound is None:
        raise NotFoundError(f"no secret {binding.name}", hint="`toolvet secret set` makes one.")
    said, now = binding, bound.binding
    if (said.id, said.tools, said.hosts) != (now.id, now.tools, now.hosts):
        raise SecretChangedError(f"{binding.name} was set anew since")


async def delete_secret(services: Services, caller: Caller, name: str, reason: str) -> None:
    """Forget a secret, now; its sealed bytes leave the database.

    Raises:
        NotFoundError: None of that name.
    """
    bound = services.standing.ledger.secrets.get(name)
    target = ("secret", bound.binding.id if bound else name[:80])

    def delete(unit: Unit) -> None:
        needs_operator(caller)
        _check_settled(services, unit)
        is_stored = unit.secrets.delete(name)
        if bound is None and not is_stored:
            raise NotFoundError(f"no secret {name[:80]!r}", hint="`toolvet secret list`")
        unit.append(entry.by(caller, Verb.SECRET_DELETE, target, payloads={"reason": reason}))
        unit.wipes = True

    with services.refusals.recorded(caller, Verb.SECRET_DELETE, target):
        await services.store.write(delete)
    services.vault.forget(name)


def reveal(services: Services, *, tool: str, secret: str, host: str) -> str:
    """Give the value of a secret to what sends it to a host for a tool.

    Args:
        tool: `toolset/name`.
        secret: As the specification names it.
        host: As the specification names it; empty when the tool itself is to see the value.

    Raises:
        SecretMissingError: It is not set, or not for this tool and host.
        SecretKeyError: The key of secrets is missing, or another one.
        SecretDamagedError: The stored bytes are not what was signed for.
    """
    bound = services.standing.ledger.secrets.get(secret)
    wanted = needs.SecretWanted(secret, (host,))
    need = needs.secret_need(tool, wanted, bound.binding if bound else None)
    if bound is None or need is not None:
        if need is None:
            raise SecretDamagedError(secret, "cannot be told")
        raise SecretMissingError(need)
    sealed = services.vault.kept(secret, bound.entry) or _stored(services, bound)
    value = _opened(services, bound, sealed)
    services.vault.keep(secret, bound.entry, sealed)
    return value.reveal()


def check(services: Services, bound: BoundSecret) -> None:
    """Check that a secret can be opened, and is what was signed for.

    Raises:
        SecretKeyError: The key of secrets is missing, or another one.
        SecretDamagedError: The stored bytes are not what was signed for.
    """
    _opened(services, bound, _stored(services, bound))


def _stored(services: Services, bound: BoundSecret) -> bytes:
    name = bound.binding.name
    row = services.store.query_sync(lambda view: view.secrets.get(name))
    if row is None or row.entry != bound.entry:
        raise SecretDamagedError(name, "lost its stored value")
    return row.sealed


def _opened(services: Services, bound: BoundSecret, sealed: bytes) -> Secret:
    binding = bound.binding
    salt, value = services.vault.open(binding.name, sealed, _about(services, binding))
    if digests.commit(salt, value.reveal().encode()) != binding.commitment:
        raise SecretDamagedError(binding.name, "is not the one that was signed for")
    return value


def _about(services: Services, binding: SecretBinding) -> bytes:
    """What a sealed value is bound to: this service, the name, the scope and the commitment."""
    said: JsonObject = {"service": services.service_id, **bindings.secret_json(binding)}
    return canonical.dumps(said)
