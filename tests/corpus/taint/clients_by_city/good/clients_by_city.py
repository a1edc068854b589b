"""Count clients of a city."""

import sqlite3
from typing import Annotated

from toolvet.sdk import MaxLen, MinLen


def clients_by_city(
    clients: Annotated[list[dict[str, str]], MaxLen(2_000)],
    city: Annotated[str, MinLen(1), MaxLen(80)],
) -> list[str]:
    """List the names of clients in one city, in order of the alphabet.

    Use it on an export of the client list, not on a live database.

    Args:
        clients: Clients with the fields name and city; missing fields count as empty.
        city: City as it is written in the export.

    Returns:
        Names of the clients in that city.
    """
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE clients (name TEXT, city TEXT)")
        rows = [(client.get("name", ""), client.get("city", "")) for client in clients]
        database.executemany("INSERT INTO clients VALUES (?, ?)", rows)
        found = database.execute("SELECT name FROM clients WHERE city = ? ORDER BY name", (city,))
        return [str(name) for (name,) in found]
