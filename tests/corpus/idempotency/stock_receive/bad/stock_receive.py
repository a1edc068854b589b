"""Book a delivery into stock: add its quantities to what is there, once per delivery."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Context, Ge, Le, MaxLen, MinLen, Pattern


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
    stock, deliveries = ctx.store["stock"], ctx.store["deliveries"]
    if deliveries.get(delivery_id) is None:
        for done, (article, pieces) in enumerate(sorted(quantities.items()), start=1):
            stock.put(article, stock.get(article, 0) + pieces)
            ctx.progress(done, len(quantities))
        deliveries.put(delivery_id, quantities)
        ctx.log.info("delivery.booked", delivery=delivery_id, articles=len(quantities))
    levels = {article: int(stock.get(article, 0)) for article in sorted(quantities)}
    return Booked(delivery_id, levels)
