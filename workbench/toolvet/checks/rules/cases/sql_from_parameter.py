import sqlite3

import sqlalchemy
from psycopg import sql

TABLES = {"orders", "clients"}


def by_name(connection: sqlite3.Connection, name: str) -> list[tuple[str]]:
    # ruleid: sql-from-parameter
    return connection.execute(f"SELECT id FROM clients WHERE name = '{name}'").fetchall()


def by_filters(cursor: sqlite3.Cursor, filters: dict[str, str]) -> None:
    clauses = []
    for column, value in filters.items():
        clauses.append(column + " = '" + value + "'")
    query = "SELECT * FROM orders WHERE " + " AND ".join(clauses)
    # ruleid: sql-from-parameter
    cursor.execute(query)


def sorted_by(session: sqlalchemy.orm.Session, order: str) -> None:
    # ruleid: sql-from-parameter
    session.execute(sqlalchemy.text("SELECT * FROM orders ORDER BY {}".format(order)))


def script(db: sqlite3.Connection, table: str) -> None:
    # ruleid: sql-from-parameter
    db.executescript("DROP TABLE %s" % table)


async def fetched(pool: object, mail: str) -> object:
    # ruleid: sql-from-parameter
    return await pool.fetchrow("SELECT * FROM clients WHERE mail = '" + mail + "'")


def bound(connection: sqlite3.Connection, name: str) -> None:
    # ok: sql-from-parameter
    connection.execute("SELECT id FROM clients WHERE name = ?", (name,))


def many(connection: sqlite3.Connection, names: list[str]) -> None:
    marks = ", ".join("?" for _ in names)
    # ok: sql-from-parameter
    connection.execute(f"SELECT id FROM clients WHERE name IN ({marks})", names)


def known_table(connection: sqlite3.Connection, table: str) -> None:
    if table not in TABLES:
        raise ValueError(table)
    # ok: sql-from-parameter
    connection.execute(f"SELECT count(*) FROM {table}")


def limited(connection: sqlite3.Connection, limit: str) -> None:
    # ok: sql-from-parameter
    connection.execute(f"SELECT id FROM clients LIMIT {int(limit)}")


def composed(cursor: sqlite3.Cursor, column: str) -> None:
    # ok: sql-from-parameter
    cursor.execute(sql.SQL("SELECT {} FROM clients").format(sql.Identifier(column)))


def built(session: sqlalchemy.orm.Session, name: str) -> None:
    # ok: sql-from-parameter
    session.execute(sqlalchemy.select(CLIENTS).where(CLIENTS.c.name == name))
