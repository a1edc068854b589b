"""Sort invoices."""

import sqlite3
from typing import Annotated, Final

from toolvet.sdk import Ge, Le, MaxLen

_TABLE: Final = "invoices"


def sort_invoices(
    invoices: Annotated[dict[str, Annotated[int, Ge(0), Le(10**9)]], MaxLen(1_000)],
    column: Annotated[str, MaxLen(20)] = "number",
) -> list[str]:
    """Sort invoice numbers by a column.

    Use it to order a list of invoices for a letter; it changes nothing in the books.

    Args:
        invoices: Amount in cents by invoice number.
        column: The column to sort by: number or cents.

    Returns:
        Invoice numbers in that order.

    Raises:
        ValueError: There is no such column.
    """
    with sqlite3.connect(":memory:") as books:
        books.execute("CREATE TABLE invoices (number TEXT, cents INTEGER)")
        books.executemany("INSERT INTO invoices VALUES (?, ?)", list(invoices.items()))
        found = books.execute("SELECT number FROM invoices ORDER BY " + column + ", number")
        return [str(number) for (number,) in found]
