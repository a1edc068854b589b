"""The rows an auditor derives again from the log, to name each one that differs."""

from typing import cast

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.columns import is_set
from toolvet.storage.session import Session
from toolvet_reviews.values import Json, JsonObject

_PRINCIPALS = ("id", "kind", "roles", "sponsor", "active")
_KEYS = ("fingerprint", "principal", "state")
_GRANTS = ("id", "to", "tool", "up_to", "expires")
_VOTES = ("entry", "release_digest", "voter", "verdict", "envelope")
_RELEASES = ("digest", "version", "proposal", "stopped")
_CHANNELS = ("channel", "release_digest", "toolset", "name", "version", "entry")
_WAIVERS = ("release_digest", "fingerprint", "expires", "voter", "envelope")
_CONSENTS = ("tier", "entry")
_SECRETS = ("entry",)
_MOUNTS = ("entry", "mode")


def state_rows(session: Session) -> dict[str, list[JsonObject]]:
    """List rows by table: ids, enums, digests and times; no names of people and no texts.

    Grants are those in force; the policy is the one in force, a list of none or one; proposals
    are written `P-<n>`; a disabled tool's channel has no release.
    """
    unrevoked = ~is_set(tables.vote.c.revoked)
    return {
        "principals": _rows(session, tables.principal, _PRINCIPALS),
        "keys": _rows(session, tables.key, _KEYS),
        "grants": _rows(session, tables.grant, _GRANTS, is_set(tables.grant.c.active)),
        "policy": _policy(session),
        "votes": _rows(session, tables.vote, _VOTES, unrevoked),
        "releases": _rows(session, tables.release, _RELEASES),
        "channels": _rows(session, tables.channel, _CHANNELS),
        "waivers": _rows(session, tables.waiver, _WAIVERS),
        "consents": _rows(session, tables.consent, _CONSENTS),
        "secrets": _rows(session, tables.secret, _SECRETS),
        "mounts": _rows(session, tables.mount, _MOUNTS),
    }


def _rows(
    session: Session, table: sa.Table, names: tuple[str, ...], *where: sa.ColumnElement[bool]
) -> list[JsonObject]:
    query = sa.select(*(table.c[name] for name in names)).where(*where)
    found = session.rows(query.order_by(*table.primary_key.columns))
    return [
        {name: _json(name, value) for name, value in zip(names, row, strict=True)} for row in found
    ]


def _json(name: str, value: object) -> Json:
    if isinstance(value, frozenset):
        words: list[Json] = []
        words.extend(sorted(str(word) for word in cast("frozenset[object]", value)))
        return words
    if name == "proposal":
        return f"P-{value}"
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"column {name} holds {type(value).__name__}")


def _policy(session: Session) -> list[JsonObject]:
    policy = tables.policy
    query = sa.select(policy.c.digest).order_by(policy.c.entry.desc()).limit(1)
    return [{"digest": digest} for (digest,) in session.rows(query)]
