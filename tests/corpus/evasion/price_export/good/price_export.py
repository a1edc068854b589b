"""Money in exports."""

import json
from decimal import Decimal
from typing import Annotated

from toolvet.sdk import MaxLen


def price_export(prices: Annotated[dict[str, Decimal], MaxLen(2_000)]) -> str:
    """Write prices as JSON for the shop, with two decimals each.

    Args:
        prices: Price in euros by article number.

    Returns:
        JSON text, articles in alphabetical order.
    """
    rounded = {article: f"{price:.2f}" for article, price in sorted(prices.items())}
    return json.dumps(rounded, ensure_ascii=False)
