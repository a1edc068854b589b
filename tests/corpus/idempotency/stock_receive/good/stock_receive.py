"""Book a delivery into stock: add its quantities to what is there, once per delivery."""

from dataclasses import dataclass
from typing import Annotated, Any

from toolvet.sdk import Context, Ge, Le, MaxLen, MinLen, Pattern, Put


@dataclass(frozen=True)
class Booked:
    """The levels of what was delivered."""

    delivery_id: str
    levels: dict[str, int]


def receive_delivery(
    delivery_id: Annotated[str, MaxLen(20), Pattern(r"^D-[0-9]+$")],
    quantities: Annotated[dict[str, Annotated[int, Ge(1), Le(100_000)]], MinLen(1), MaxLen(100)],
    ctx: Context,
) -> Booked:
    """Book a delivery into stock: add its quantities to what is there, once per delivery.

    Args:
        delivery_id: Number of the delivery note.
        quantities: Pieces delivered, by article.
        ctx: Given by the platform.

    Returns:
        The level of each article in the delivery, afterwards.
    """
    stock = ctx.store["stock"]
    receipt = f"delivery {delivery_id}"
    if stock.get(receipt) is None:
        writes: list[Put] = [Put(receipt, quantities)]
        for done, (article, pieces) in enumerate(sorted(quantities.items()), start=1):
            level: Any = stock.get(article, 0)
            writes.append(Put(article, level + pieces))
            ctx.progress(done, len(quantities))
        stock.batch(writes)
        ctx.log.info("delivery.booked", delivery=delivery_id, articles=len(quantities))
    levels = {article: int(stock.get(article, 0)) for article in sorted(quantities)}
    return Booked(delivery_id, levels)
