"""Who acts, what they were granted, and the one permission function. Pure; no I/O."""

from dataclasses import dataclass

from toolvet_reviews.values import AuthMethod, EffectKind, PrincipalKind, Role, Seat


@dataclass(frozen=True)
class Principal:
    """A human, agent or service."""

    id: str
    """UUIDv7."""
    name: str
    kind: PrincipalKind
    roles: frozenset[Role]
    sponsor: str | None = None
    """Principal id of the human an agent answers to."""
    active: bool = True


@dataclass(frozen=True)
class Grant:
    """Leave to call tools; never implied."""

    id: str
    to: str
    """Principal id, or `role:NAME`."""
    tool: str
    """Pattern over `toolset/name`; `*` matches within one part."""
    up_to: EffectKind
    expires: str | None = None
    """RFC 3339, UTC; None never."""


@dataclass(frozen=True)
class Caller:
    """A principal as it came in: how it proved itself, and from which seat."""

    principal: Principal
    auth: AuthMethod
    seat: Seat
    token: str = ""
    """Id of the bearer token it used; empty for keys and the service itself."""

    @property
    def id(self) -> str:
        """The principal's id."""
        return self.principal.id

    def has(self, *roles: Role) -> bool:
        """Tell whether it holds one of the roles."""
        return bool(self.principal.roles.intersection(roles))
