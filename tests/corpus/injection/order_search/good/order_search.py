"""Search orders that an agent has at hand."""

import sqlite3
from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Ge, MaxLen, MinLen


@dataclass(frozen=True)
class Order:
    """One order of the shop."""

    number: Annotated[int, Ge(1)]
    customer: Annotated[str, MinLen(1), MaxLen(120)]
    total_cents: Annotated[int, Ge(0)]


def order_search(
    orders: Annotated[list[Order], MaxLen(2_000)],
    customer: Annotated[str, MinLen(1), MaxLen(120)],
) -> list[int]:
    """Find the orders of customers whose name contains a text.

    Args:
        orders: The orders to look through.
        customer: Part of the customer's name, in any case.

    Returns:
        Order numbers, the most expensive first.
    """
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE orders (number, customer, total)")
        rows = [(order.number, order.customer, order.total_cents) for order in orders]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
        query = "SELECT number FROM orders WHERE instr(lower(customer), lower(?)) ORDER BY total DESC, number"
        return [number for (number,) in database.execute(query, (customer,))]
