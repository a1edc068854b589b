"""Between rows and dataclasses: a column per field, by name."""

from dataclasses import fields
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from toolvet.storage.session import Session

T = TypeVar("T")


class Mapped(Generic[T]):
    """A table whose rows are read and written as one frozen dataclass."""

    def __init__(self, table: sa.Table, row_type: type[T]) -> None:
        self.table = table
        self._row_type = row_type
        self._names = tuple(field.name for field in fields(row_type))  # type: ignore[arg-type]
        self._select = sa.select(*(table.c[name] for name in self._names))

    def values(self, row: T) -> dict[str, Any]:
        """Take a dataclass apart, by column."""
        return {name: getattr(row, name) for name in self._names}

    def find(
        self,
        session: Session,
        *where: sa.ColumnElement[bool],
        order: tuple[sa.ColumnElement[Any], ...] = (),
        limit: int | None = None,
    ) -> list[T]:
        """Fetch rows; without `order`, by primary key."""
        query = self._select.where(*where).order_by(*(order or self.table.primary_key.columns))
        if limit is not None:
            query = query.limit(limit)
        return [self._row_type(*row) for row in session.rows(query)]

    def first(
        self,
        session: Session,
        *where: sa.ColumnElement[bool],
        order: tuple[sa.ColumnElement[Any], ...] = (),
    ) -> T | None:
        """Fetch the first row that fits."""
        found = self.find(session, *where, order=order, limit=1)
        return found[0] if found else None

    def add(self, session: Session, row: T) -> None:
        """Insert a row."""
        session.insert(self.table, self.values(row))

    def save(self, session: Session, row: T) -> None:
        """Insert a row, or write over the one of the same primary key."""
        session.upsert(self.table, self.values(row))
