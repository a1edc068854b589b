"""The database of DBOS: a file of its own beside ours, or the same PostgreSQL."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

PRAGMAS = ("busy_timeout=30000", "journal_mode=wal", "synchronous=full", "foreign_keys=on")


@dataclass(frozen=True)
class WorkflowDatabase:
    """An engine for DBOS; on SQLite with WAL and full sync, which DBOS does not set itself."""

    url: str
    engine: sa.Engine | None

    @classmethod
    def beside(cls, url: str, file: Path) -> "WorkflowDatabase":
        """Choose the file for a SQLite store, the same server for a PostgreSQL one.

        Args:
            url: SQLAlchemy URL of our own store.
            file: Where the SQLite file of DBOS lies.
        """
        if url.startswith("postgresql"):
            return cls(url.replace("postgresql+psycopg://", "postgresql://", 1), None)
        own = f"sqlite:///{file}"
        engine = sa.create_engine(own, pool_size=10, max_overflow=0)
        event.listen(engine, "connect", _configure)
        return cls(own, engine)

    def close(self) -> None:
        """Close every connection."""
        if self.engine is not None:
            self.engine.dispose()


def _configure(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"  # a read that turns into a write would find it locked
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"pragma {pragma}")
    cursor.close()
