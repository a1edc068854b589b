"""Grants: leave to call."""

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.columns import is_set
from toolvet.storage.mapped import Mapped
from toolvet.storage.session import Session
from toolvet_reviews.principals import Grant

_GRANTS = Mapped(tables.grant, Grant)
_ACTIVE = is_set(tables.grant.c.active)


class Grants:
    """Who was given leave to call what."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, grant: Grant) -> None:
        """Store a new grant."""
        self._session.insert(tables.grant, {**_GRANTS.values(grant), "active": True})

    def revoke(self, id: str) -> bool:
        """Take a grant away; tell whether it was in force."""
        update = sa.update(tables.grant).where(tables.grant.c.id == id, _ACTIVE)
        return self._session.write(update.values(active=False)) == 1

    def get(self, id: str) -> Grant | None:
        """Fetch a grant that was not revoked."""
        return _GRANTS.first(self._session, tables.grant.c.id == id, _ACTIVE)

    def all(self) -> list[Grant]:
        """List every grant that was not revoked, expired ones too, oldest first."""
        return _GRANTS.find(self._session, _ACTIVE)
