import sqlite3


def find(connection: sqlite3.Connection, name: str) -> list[tuple[str, ...]]:
    cursor = connection.cursor()
    cursor.execute(f"SELECT * FROM clients WHERE name = '{name}'")
    return cursor.fetchall()


def wipe(path: str, table: str) -> None:
    database = sqlite3.connect("clients.db")
    query = "DELETE FROM %s" % table
    database.execute(query)
