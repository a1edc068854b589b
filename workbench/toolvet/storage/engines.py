"""Connections to SQLite and PostgreSQL, set up so that the rest of storage need not care which.

SQLite: write-ahead log, synchronous=FULL, and `BEGIN IMMEDIATE` for the writer: a plain BEGIN that
reads and then writes fails with "database is locked" whatever the timeout. Readers have an engine of
their own, see one snapshot and never wait for the writer.
PostgreSQL: an advisory lock orders the transactions of all writers; readers use REPEATABLE READ.
"""

import os
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError

from toolvet.errors import StorageError

READERS = 16
_WRITER_LOCK = 0x746F6F6C766574  # "toolvet"
_WAL_BYTES_KEPT = 64 * 1024 * 1024


class Engines(NamedTuple):
    """One for the writer, one for everybody else."""

    write: sa.Engine
    read: sa.Engine

    def dispose(self) -> None:
        """Close every connection."""
        self.read.dispose()
        self.write.dispose()


def open_engines(url: str, *, busy_timeout_s: float) -> Engines:
    """Make the engines of a database; connects to nothing yet.

    Raises:
        StorageError: Not the URL of a database that can hold a home.
    """
    try:
        parsed = sa.make_url(url)
    except ArgumentError as exc:
        raise StorageError("not a database URL", hint=_URL_HINT) from exc
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, busy_timeout_s)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed, busy_timeout_s)
    raise StorageError(f"{parsed.get_backend_name()} is not supported", hint=_URL_HINT)


_URL_HINT = "Use sqlite:////path/to/toolvet.db or postgresql://user@host/database."


def _sqlite(url: sa.URL, busy_timeout_s: float) -> Engines:
    if not url.database or url.database == ":memory:" or url.query:
        raise StorageError("a home needs a database file", hint=_URL_HINT)
    _make_private(Path(url.database))
    url = url.set(drivername="sqlite+pysqlite")
    write = sa.create_engine(url, pool_size=1, max_overflow=1)
    read = sa.create_engine(url, pool_size=READERS, max_overflow=READERS)
    timeout = f"busy_timeout={int(busy_timeout_s * 1000)}"
    _pragmas(
        write,
        timeout,
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        "secure_delete=on",
        f"journal_size_limit={_WAL_BYTES_KEPT}",
    )
    _pragmas(read, timeout, "query_only=on")
    _begin_with(write, "BEGIN IMMEDIATE")
    _begin_with(read, "BEGIN")
    return Engines(write, read)


def _postgresql(url: sa.URL, busy_timeout_s: float) -> Engines:
    url = url.set(drivername="postgresql+psycopg")
    asked = url.query.get("options", ())
    given = asked if isinstance(asked, str) else " ".join(asked)
    timeout = f"-c lock_timeout={int(busy_timeout_s * 1000)}"
    options = {"options": f"{given} {timeout}".strip()}
    write = sa.create_engine(url, pool_size=1, max_overflow=1, connect_args=options)
    read = sa.create_engine(
        url,
        pool_size=READERS,
        max_overflow=READERS,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
    )
    _begin_with(write, f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
    _begin_with(read, "SET TRANSACTION READ ONLY")
    return Engines(write, read)


def _make_private(path: Path) -> None:
    """Create the file readable by its owner only; SQLite gives its side files the same mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o600))
    except OSError as exc:
        raise StorageError(
            f"the database cannot be opened: {exc.strerror}",
            hint="See that the folder exists and belongs to the user of the service.",
        ) from exc


def _pragmas(engine: sa.Engine, *pragmas: str) -> None:
    def configure(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", configure)


def _begin_with(engine: sa.Engine, sql: str) -> None:
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(sql)

    event.listen(engine, "begin", begin)
