"""Shipping bands for parcels."""

from typing import Annotated, Literal

from toolvet.sdk import Ge, Le

BANDS = ((1_000, "S"), (5_000, "M"), (20_000, "L"))
"""Upper bound in grams, and the band."""


def shipping_band(
    grams: Annotated[int, Ge(1), Le(100_000)], zone: Literal["domestic", "abroad"] = "domestic"
) -> str:
    """Find the price band of a parcel by its weight.

    Args:
        grams: Weight of the parcel in grams.
        zone: Where it goes; abroad one band more is charged.

    Returns:
        S, M, L, or XL for whatever is heavier or charged above L.
    """
    names = [name for _, name in BANDS] + ["XL"]
    at = next((n for n, (most, _) in enumerate(BANDS) if grams <= most), len(BANDS))
    if zone == "abroad":
        at = min(at + 1, len(names) - 1)
    return names[at]
