"""Zones and prices of parcels."""

from dataclasses import dataclass
from typing import Annotated, Literal

from toolvet.sdk import Ge, Le

_ZONES = {"DE": 1, "AT": 2, "NL": 2, "FR": 3, "ES": 4}
_BASE_CENTS = {1: 490, 2: 890, 3: 1190, 4: 1490}
_INCLUDED_G = 2_000


@dataclass(frozen=True)
class Quote:
    """What a parcel costs."""

    zone: int
    """From 1, the nearest."""
    price_cents: int


def shipping_zone(
    country: Literal["DE", "AT", "NL", "FR", "ES"],
    weight_g: Annotated[int, Ge(1), Le(31_500)],
    is_bulky: bool = False,
) -> Quote:
    """Find the shipping zone of a parcel and what it costs in cents.

    Use it before a label is bought. It knows the list of this year only.

    Args:
        country: Where the parcel goes.
        weight_g: Weight in grams, packaging included.
        is_bulky: Whether one side is longer than 120 cm; costs half as much again.

    Returns:
        The zone and the price in cents.
    """
    zone = _ZONES[country]
    price = _BASE_CENTS[zone]
    if weight_g > _INCLUDED_G:
        started_kg = (weight_g - _INCLUDED_G + 999) // 1_000
        price += started_kg * 75
    if is_bulky:
        price += price // 2
    return Quote(zone, price)
