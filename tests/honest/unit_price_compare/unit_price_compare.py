"""Compare unit prices."""

from dataclasses import dataclass


@dataclass
class Offer:
    """An offer of a shop."""

    shop: str
    price_cents: int
    grams: int


def unit_price_compare(offers: list[Offer]) -> str:
    """Find the shop with the lowest price per kilogram.

    Args:
        offers: Offers to compare, at least one, each with a positive weight.

    Returns:
        Name of the cheapest shop; the first one of equally cheap ones.

    Raises:
        ValueError: No offers, or a weight is not positive.
    """
    if not offers:
        raise ValueError("no offers")
    for offer in offers:
        if offer.grams <= 0:
            raise ValueError(f"{offer.shop}: weight must be positive")
    return min(offers, key=lambda offer: offer.price_cents / offer.grams).shop
