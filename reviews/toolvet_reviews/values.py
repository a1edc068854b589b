"""The small words everything else is made of. Pure; no I/O."""

from typing import Literal, NewType

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits."""

EffectKind = Literal["pure", "read", "write", "destructive"]
EFFECT_KINDS: tuple[EffectKind, ...] = ("pure", "read", "write", "destructive")
"""In rising order of what they may do."""

PrincipalKind = Literal["human", "agent", "service"]
Role = Literal["author", "caller", "reviewer", "auditor", "operator"]
ROLES: tuple[Role, ...] = ("author", "caller", "reviewer", "auditor", "operator")

Tier = Literal["A", "B", "C", "none"]
TIERS: tuple[Tier, ...] = ("none", "C", "B", "A")
"""In rising order of what they contain."""

Seat = Literal["cli", "mcp", "http", "tui", "lab", "notebook", "inbox", "service"]
AuthMethod = Literal["key", "token", "local", "bootstrap", "service"]
Channel = Literal["stable", "canary"]


def at_most(kind: EffectKind, highest: EffectKind) -> bool:
    """Tell whether an effect kind does no more than another."""
    return EFFECT_KINDS.index(kind) <= EFFECT_KINDS.index(highest)
