"""Grants: calling is granted by a signed act, never implied; taking it back needs only a login."""

import re

from toolvet.config import parse_stamp
from toolvet.engine import acts, entry
from toolvet.engine.people import known_id, needs_operator
from toolvet.engine.services import Services
from toolvet.errors import NotFoundError
from toolvet.storage import Unit
from toolvet_reviews import canonical, digests, statements
from toolvet_reviews.errors import StatementError
from toolvet_reviews.events import Verb
from toolvet_reviews.principals import Caller, Grant
from toolvet_reviews.values import EFFECT_KINDS, EffectKind
from toolvet_reviews.views import GrantView

_PATTERN = re.compile(r"(?:[a-z0-9_*?]{1,64}/)?[a-z0-9_*?]{1,64}")


async def grants(services: Services, caller: Caller) -> list[GrantView]:
    """List the grants in force; an agent sees its own."""
    shown = sorted(services.standing.ledger.grants(), key=lambda grant: grant.id)
    if caller.principal.kind != "human" and not caller.has("auditor", "operator"):
        shown = [grant for grant in shown if grant.to == caller.id]
    return [grant_view(grant) for grant in shown]


def grant_view(grant: Grant) -> GrantView:
    """Show a grant."""
    return GrantView(grant.id, grant.to, grant.tool, grant.up_to, grant.expires)


async def add_grant(
    services: Services, caller: Caller, envelope: bytes, document: bytes
) -> GrantView:
    """Grant calling, signed by an operator.

    Args:
        document: Canonical bytes with id, to, tool, up_to, expires; the act's subject.
    """
    grant = _grant(document)

    def add(unit: Unit) -> None:
        accepted = acts.accept(
            services,
            unit,
            envelope,
            verb=Verb.GRANT_ADD,
            target=("grant", grant.id),
            subject=digests.sha256(document),
            seat=caller.seat,
        )
        if not grant.to.startswith("role:") and unit.principals.get(grant.to) is None:
            raise NotFoundError(f"no principal {grant.to!r}")
        unit.grants.add(grant)
        unit.append(
            entry.by(
                accepted.actor,
                Verb.GRANT_ADD,
                ("grant", grant.id),
                digest=digests.sha256(document),
                act=accepted.envelope,
                policy=services.standing.policy,
                facts={"to": grant.to, "up_to": grant.up_to, "expires": grant.expires},
                payloads={"document": canonical.parse(document)},
            )
        )

    with services.refusals.recorded(caller, Verb.GRANT_ADD, ("grant", grant.id)):
        await services.store.write(add)
    return grant_view(grant)


def _grant(document: bytes) -> Grant:
    fields = statements.parse_document(document, "grant")
    if set(fields) != {"id", "to", "tool", "up_to", "expires"}:
        raise StatementError("expected id, to, tool, up_to, expires")
    up_to: EffectKind | None = next(
        (kind for kind in EFFECT_KINDS if kind == fields["up_to"]), None
    )
    if up_to is None:
        raise StatementError("unknown effect kind", hint=f"One of {', '.join(EFFECT_KINDS)}.")
    expires = fields["expires"]
    if expires is not None:
        try:
            parse_stamp(str(expires))
        except ValueError as error:
            raise StatementError(f"not a time: {expires!r}") from error
    grant = Grant(
        known_id(fields["id"]),
        str(fields["to"]),
        str(fields["tool"]),
        up_to,
        None if expires is None else str(expires),
    )
    if not _PATTERN.fullmatch(grant.tool):
        raise StatementError(
            f"not a pattern of tools: {grant.tool[:80]!r}",
            hint="Write toolset/name; * and ? match within one part.",
        )
    return grant


async def revoke_grant(services: Services, caller: Caller, grant: str, reason: str) -> None:
    """Take a grant back; from the next call on it does not count."""

    def revoke(unit: Unit) -> None:
        needs_operator(caller)
        if not unit.grants.revoke(grant):
            raise NotFoundError(f"no grant {grant!r}")
        payloads = {"reason": reason}
        unit.append(entry.by(caller, Verb.GRANT_REVOKE, ("grant", grant), payloads=payloads))

    with services.refusals.recorded(caller, Verb.GRANT_REVOKE, ("grant", grant[:40])):
        await services.store.write(revoke)
