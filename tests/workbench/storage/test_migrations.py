"""The migrations make the tables the code expects, on both databases."""

import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from toolvet.storage import open_store
from toolvet.storage.engines import open_engines
from toolvet.storage.errors import SchemaError
from toolvet.storage.migrate import HEAD, config, migrate
from toolvet.storage.search import TABLE
from toolvet.storage.tables import metadata


def _context(connection: sa.Connection) -> MigrationContext:
    """Compare all but the index of words, which each database has in its own terms."""

    def is_compared(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or not (name or "").startswith(TABLE)

    return MigrationContext.configure(connection, opts={"include_name": is_compared})


def test_a_migrated_database_has_exactly_the_tables_of_the_code(database_url: str) -> None:
    engines = open_engines(database_url, busy_timeout_s=5)
    migrate(engines.write)

    with engines.read.connect() as connection:
        differences = compare_metadata(_context(connection), metadata)
    engines.dispose()
    assert differences == []


def test_head_is_the_newest_script(database_url: str) -> None:
    engines = open_engines(database_url, busy_timeout_s=5)
    with engines.read.connect() as connection:
        newest = ScriptDirectory.from_config(config(connection)).get_current_head()
    engines.dispose()

    assert newest == HEAD


def test_opening_again_keeps_what_is_there(database_url: str, clock: Any) -> None:
    store = open_store(database_url, clock=clock)
    store.write_sync(lambda unit: unit.facts.set("a", "b"))
    store.close()

    store = open_store(database_url, clock=clock)
    with store.read() as view:
        assert view.facts.get("a") == "b"
    store.close()


def test_a_database_of_the_first_version_is_brought_up_to_date(
    database_url: str, clock: Any
) -> None:
    engines = open_engines(database_url, busy_timeout_s=5)
    migrate(engines.write, "0001")
    engines.dispose()

    store = open_store(database_url, clock=clock)
    with store.read() as view:
        assert view.tool_words.stored([]) == {}
    store.close()


def test_every_table_of_sqlite_is_strict(sqlite_url: str, clock: Any) -> None:
    open_store(sqlite_url, clock=clock).close()

    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        strict = {
            name: is_strict
            for _, name, _, _, _, is_strict in connection.execute("pragma table_list")
        }
    assert {name for name in metadata.tables if not strict[name]} == set()


def test_sqlite_writes_ahead_and_waits_for_the_disk(sqlite_url: str) -> None:
    engines = open_engines(sqlite_url, busy_timeout_s=5)
    with engines.write.connect() as connection:
        mode = connection.exec_driver_sql("pragma journal_mode").scalar()
        synchronous = connection.exec_driver_sql("pragma synchronous").scalar()
    engines.dispose()

    assert (mode, synchronous) == ("wal", 2)


def test_a_database_of_a_newer_version_is_refused(database_url: str, clock: Any) -> None:
    open_store(database_url, clock=clock).close()
    engines = open_engines(database_url, busy_timeout_s=5)
    with engines.write.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    engines.dispose()

    with pytest.raises(SchemaError) as caught:
        open_store(database_url, clock=clock)
    assert caught.value.code == "storage.schema"


def test_a_database_of_somebody_else_is_refused(sqlite_url: str, clock: Any) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("create table entry(diary text)")

    with pytest.raises(SchemaError):
        open_store(sqlite_url, clock=clock)
