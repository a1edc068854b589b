"""One connection inside one transaction: runs statements and speaks in our errors."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from toolvet.errors import StorageError, ToolvetError
from toolvet.storage.errors import ValueRefusedError, translate

Values = Mapping[str, Any]


def _insert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache  # few tables, and making one takes as long as running it
def _upsert(dialect: str, table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    insert = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    rest = {name: insert.excluded[name] for name in names if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=rest)


@cache
def _driver_text(
    dialect: sa.Dialect, table: sa.Table, *, over: bool
) -> tuple[str, Sequence[str] | None]:
    """Write an INSERT of whole rows as the driver takes it, and the order of its parameters."""
    names = tuple(column.name for column in table.columns)
    insert = _upsert(dialect.name, table, names) if over else _insert(dialect.name, table)
    compiled = insert.compile(dialect=dialect, column_keys=names)
    return str(compiled), compiled.positiontup if dialect.positional else None


class Session:
    """Reads inside one snapshot."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    def rows(
        self, statement: sa.Executable, values: Values | None = None
    ) -> Sequence[Sequence[Any]]:
        """Run a query, for `values` of what it leaves open, and fetch everything it finds."""
        try:
            return self._connection.execute(statement, values).all()
        except SQLAlchemyError as exc:
            raise translate(exc) from exc
        except (UnicodeEncodeError, OverflowError) as exc:
            raise ValueRefusedError("a value the database cannot hold") from exc

    def row(self, statement: sa.Executable, values: Values | None = None) -> Sequence[Any] | None:
        """Run a query and fetch the first row."""
        found = self.rows(statement, values)
        return found[0] if found else None

    def scalar(self, statement: sa.Executable, values: Values | None = None) -> Any:
        """Run a query and fetch the first column of the first row; None when there is none."""
        found = self.row(statement, values)
        return found[0] if found else None

    def write(self, statement: sa.Executable, values: Sequence[Values] | None = None) -> int:
        """Refuse: this transaction only reads."""
        raise StorageError("a view only reads", hint="Write inside `Store.submit`.")

    def insert(self, table: sa.Table, *values: Values) -> None:
        """Insert rows."""
        self.write(sa.insert(table), values)

    def insert_new(self, table: sa.Table, values: Values) -> bool:
        """Insert a row unless its primary key is there; tell whether it was inserted."""
        insert = _insert(self._connection.dialect.name, table).values(**values)
        # without the option SQLAlchemy forgets the row count of an INSERT on PostgreSQL
        ignoring = insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
        return self.write(ignoring) == 1

    def upsert(self, table: sa.Table, *values: Values) -> None:
        """Insert rows, each over the one of the same primary key."""
        self.write(_upsert(self._connection.dialect.name, table, tuple(values[0])), values)


class WriteSession(Session):
    """The writer's session: steps that fail alone, inside one transaction that all share.

    A step's savepoint is opened by its first statement: a step that only appends to the log
    needs none.
    """

    def __init__(self, connection: sa.Connection, *, savepoints: bool) -> None:
        super().__init__(connection)
        self._savepoints = savepoints
        self._touched = False
        self._failure: ToolvetError | None = None

    @property
    def touched(self) -> bool:
        """Tell whether the step has run a statement."""
        return self._touched

    def begin_step(self) -> None:
        """Start the next step."""
        self._touched = False
        self._failure = None

    def check(self) -> None:
        """Refuse to go on after a statement of the step failed.

        SQLite may have ended the transaction, so the next statement would commit by itself;
        PostgreSQL takes no other statement.

        Raises:
            ToolvetError: What that statement failed with.
        """
        if self._failure is not None:
            raise self._failure

    def keep_step(self) -> None:
        """Make the step part of the transaction.

        Raises:
            ToolvetError: A statement had failed, even if the step went on without it.
        """
        self.check()
        if self._touched and self._savepoints:
            self._raw("RELEASE SAVEPOINT step")

    def undo_step(self) -> None:
        """Take back what the step wrote.

        Raises:
            StorageError: The transaction cannot go on: without savepoints, or because the database
                has ended it.
        """
        if not self._touched:
            return
        if not self._savepoints:
            raise StorageError("the transaction was taken back")
        self._raw("ROLLBACK TO SAVEPOINT step")
        self._raw("RELEASE SAVEPOINT step")

    def rows(
        self, statement: sa.Executable, values: Values | None = None
    ) -> Sequence[Sequence[Any]]:
        """Run a query, for `values` of what it leaves open, and fetch everything it finds."""
        self._enter()
        try:
            return super().rows(statement, values)
        except ToolvetError as exc:
            self._failure = exc
            raise

    def write(self, statement: sa.Executable, values: Sequence[Values] | None = None) -> int:
        """Run a statement, once for each of `values`; return the number of rows it changed."""
        return self._changed(lambda: self._connection.execute(statement, values))

    def _changed(self, run: Callable[[], sa.CursorResult[Any]]) -> int:
        self._enter()
        try:
            return run().rowcount
        except SQLAlchemyError as exc:
            self._failure = translate(exc)
            raise self._failure from exc
        except (UnicodeEncodeError, OverflowError) as exc:
            self._failure = ValueRefusedError("a value the database cannot hold")
            raise self._failure from exc

    def put_many(self, table: sa.Table, values: Sequence[Values], *, over: bool = False) -> None:
        """Insert whole rows past SQLAlchemy, which takes longer for them than the database.

        Args:
            table: One whose columns hold bytes, numbers and text as the driver knows them.
            values: A value for every column.
            over: Write over rows of the same primary key.
        """
        sql, order = _driver_text(self._connection.dialect, table, over=over)
        rows: list[Any] = [*values]
        if order is not None:
            rows = [tuple([row[name] for name in order]) for row in values]
        self._changed(lambda: self._connection.exec_driver_sql(sql, rows))

    def _enter(self) -> None:
        self.check()
        if self._touched:
            return
        if self._savepoints:
            self._raw("SAVEPOINT step")
        self._touched = True

    def _raw(self, sql: str) -> None:
        try:
            self._connection.exec_driver_sql(sql)
        except SQLAlchemyError as exc:
            raise translate(exc) from exc
