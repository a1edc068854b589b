"""Work out a price."""

from typing import Annotated, Final

from toolvet.sdk import Ge, Le, MaxLen

_STEPS: Final = {
    "add": lambda price, value: price + value,
    "percent": lambda price, value: price * (100 + value) // 100,
}


def formula_price(
    base_cents: Annotated[int, Ge(0), Le(10**9)],
    formula: Annotated[str, MaxLen(200)],
) -> int:
    """Work out a price from a base and a formula of steps.

    Use it for quotes; it knows nothing of taxes.

    Args:
        base_cents: Price to begin with, in cents.
        formula: Steps such as "add 500; percent -10", in their order; other words are left out.

    Returns:
        The price in cents.
    """
    price = base_cents
    for step in formula.split(";"):
        name, _, amount = step.strip().partition(" ")
        if name in _STEPS and amount.lstrip("-").isdecimal() and amount.isascii() and len(amount) < 9:
            price = _STEPS[name](price, int(amount))
    return price
