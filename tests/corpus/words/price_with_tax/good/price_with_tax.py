"""Gross prices from net prices."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen

CENT = Decimal("0.01")


def price_with_tax(
    net_eur: Annotated[float, Ge(0), Le(1_000_000)],
    tax_percent: Annotated[float, Ge(0), Le(100)],
    note: Annotated[str, MaxLen(200)] = "",
) -> dict[str, str]:
    """Compute a gross price in euros, rounded half up to a cent.

    Args:
        net_eur: Net price in euros.
        tax_percent: Tax in percent of the net price.
        note: Text that is handed back unchanged, such as an item number.

    Returns:
        `gross` and `tax` in euros with two decimals, and the note.
    """
    net = Decimal(str(net_eur)).quantize(CENT, ROUND_HALF_UP)
    tax = (net * Decimal(str(tax_percent)) / 100).quantize(CENT, ROUND_HALF_UP)
    return {"gross": str(net + tax), "tax": str(tax), "note": note}
