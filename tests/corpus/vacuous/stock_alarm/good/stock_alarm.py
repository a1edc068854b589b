"""Articles to order."""

from dataclasses import dataclass
from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen, MinLen


@dataclass(frozen=True)
class Article:
    """One article in the warehouse."""

    sku: Annotated[str, MinLen(1), MaxLen(64)]
    on_hand: Annotated[int, Ge(0), Le(10_000_000)]
    sold_per_week: Annotated[int, Ge(0), Le(10_000_000)]
    pack: Annotated[int, Ge(1), Le(100_000)] = 1
    """Pieces in one pack of the supplier."""


def stock_alarm(
    articles: Annotated[list[Article], MaxLen(5_000)],
    weeks: Annotated[int, Ge(1), Le(52)] = 4,
) -> dict[str, int]:
    """Find articles that do not last for some weeks, and how many packs to order of each.

    Use it once a week; it does not know what was ordered already.

    Args:
        articles: Articles with their stock in pieces.
        weeks: How long the stock has to last, in weeks.

    Returns:
        Packs to order by article number, the missing pieces rounded up to whole packs.
    """
    orders: dict[str, int] = {}
    for article in articles:
        missing = article.sold_per_week * weeks - article.on_hand
        if missing > 0:
            packs = (missing + article.pack - 1) // article.pack
            orders[article.sku] = orders.get(article.sku, 0) + packs
    return orders
