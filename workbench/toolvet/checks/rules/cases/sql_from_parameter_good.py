import sqlite3


def find(name: str) -> list[tuple[str, ...]]:
    database = sqlite3.connect("clients.db")
    return database.execute("SELECT * FROM clients WHERE name = ?", (name,)).fetchall()


def page(number: int) -> list[tuple[str, ...]]:
    database = sqlite3.connect("clients.db")
    return database.execute("SELECT * FROM clients LIMIT 10 OFFSET " + str(int(number))).fetchall()
