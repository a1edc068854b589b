"""Who may call and see what: one function answers for list, search, call and replay. Pure; no I/O.

Calling is granted, never implied: without a matching grant the answer is no.
"""

from collections.abc import Iterable
from datetime import datetime

from toolvet_reviews.errors import NotYoursError
from toolvet_reviews.principals import Caller, Grant, Principal
from toolvet_reviews.values import EFFECT_KINDS, EffectKind, Role, at_most

DEFAULT_TOOLSET = "default"


class RoleError(NotYoursError):
    """The caller holds none of the roles this asks for."""

    code = "auth.role"
    hint = "Ask an operator for the role."


def may_call(
    principal: Principal,
    grants: Iterable[Grant],
    toolset: str,
    name: str,
    kind: EffectKind,
    now: str,
) -> bool:
    """Tell whether a principal may call a tool at this moment.

    Args:
        principal: Who calls.
        grants: Every grant that stands.
        toolset: Of the tool.
        name: Of the tool, within its toolset.
        kind: What the release declares it does at most.
        now: RFC 3339, UTC.
    """
    if not principal.active or kind not in EFFECT_KINDS:
        return False
    return any(
        is_for(grant, principal)
        and at_most(kind, grant.up_to)
        and not is_expired(grant.expires, now)
        and matches(grant.tool, toolset, name)
        for grant in grants
    )


def is_for(grant: Grant, principal: Principal) -> bool:
    """Tell whether a grant names this principal, or a role it holds."""
    role = grant.to.removeprefix("role:")
    if role != grant.to:
        return role in principal.roles
    return grant.to == principal.id


def is_expired(expires: str | None, now: str) -> bool:
    """Tell whether a moment has come; one that cannot be read has."""
    if expires is None:
        return False
    try:
        return datetime.fromisoformat(expires) <= datetime.fromisoformat(now)
    except (ValueError, TypeError):  # not a time, or one without a zone
        return True


def matches(pattern: str, toolset: str, name: str) -> bool:
    """Match a grant's pattern against a tool.

    `*` stands for any run of characters and `?` for one, both within one part. A pattern without
    a slash is about the default toolset, so `*` grants less than one might fear.
    """
    head, slash, tail = pattern.partition("/")
    if not slash:
        head, tail = DEFAULT_TOOLSET, pattern
    return glob(head, toolset) and glob(tail, name)


def glob(pattern: str, text: str) -> bool:
    """Match `*` and `?` against one part, in time at most the product of the lengths.

    Only the last star is ever tried again, so that no pattern makes it exponential.
    """
    at = spot = 0
    star, resume = -1, 0
    while spot < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, spot
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[spot]):
            at += 1
            spot += 1
        elif star >= 0:
            at = star + 1
            resume += 1
            spot = resume
        else:
            return False
    return all(mark == "*" for mark in pattern[at:])


def may_see_proposal(caller: Caller, author_id: str, sponsor_id: str | None) -> bool:
    """Tell whether a proposal exists for a caller: authors see only their own.

    Reviewers, auditors and operators see all, and a sponsor what their agents made.
    """
    if not caller.principal.active:
        return False
    if caller.has("reviewer", "auditor", "operator"):
        return True
    return caller.id in (author_id, sponsor_id)


def require_role(caller: Caller, *roles: Role) -> None:
    """Refuse a caller who holds none of the roles.

    Raises:
        RoleError: None of them, or no longer active.
    """
    if not caller.principal.active or not caller.has(*roles):
        raise RoleError(f"needs the role {' or '.join(roles)}")
