"""What operators bound: sealed secrets and folders, as caches of what the log's acts say."""

from collections.abc import Sequence

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import MountRow, SecretRow
from toolvet.storage.session import Session

_SECRETS = Mapped(tables.secret, SecretRow)
_MOUNTS = Mapped(tables.mount, MountRow)


class Secrets:
    """Sealed values by name. What they may be used for is what the log says."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def set(self, row: SecretRow) -> None:
        """Store a sealed value, over an older one of the same name."""
        _SECRETS.save(self._session, row)

    def get(self, name: str) -> SecretRow | None:
        """Fetch one."""
        return _SECRETS.first(self._session, tables.secret.c.name == name)

    def all(self) -> Sequence[SecretRow]:
        """List every one, by name."""
        return _SECRETS.find(self._session)

    def delete(self, name: str) -> bool:
        """Forget one; tell whether it was there."""
        return self._session.write(sa.delete(tables.secret).where(_named(tables.secret, name))) == 1


class Mounts:
    """Folders by name."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def set(self, row: MountRow) -> None:
        """Store a folder, over an older one of the same name."""
        _MOUNTS.save(self._session, row)

    def all(self) -> Sequence[MountRow]:
        """List every one, by name."""
        return _MOUNTS.find(self._session)

    def delete(self, name: str) -> bool:
        """Forget one; tell whether it was there."""
        return self._session.write(sa.delete(tables.mount).where(_named(tables.mount, name))) == 1


def _named(table: sa.Table, name: str) -> sa.ColumnElement[bool]:
    return table.c.name == name
