"""Tax on invoice lines."""

from dataclasses import dataclass
from typing import Annotated, Literal

from toolvet.sdk import Ge, Le, MaxLen


@dataclass(frozen=True)
class Line:
    """One line of an invoice."""

    net_cents: Annotated[int, Ge(-(10**9)), Le(10**9)]
    rate: Literal["full", "reduced", "none"]


@dataclass(frozen=True)
class Totals:
    """What an invoice comes to, in cents."""

    net_cents: int
    tax_cents: int
    gross_cents: int


_PERCENT = {"full": 19, "reduced": 7, "none": 0}


def tax_lines(lines: Annotated[list[Line], MaxLen(2_000)]) -> Totals:
    """Add tax to the lines of an invoice; tax is rounded once for each rate, half away from zero.

    Use it to check an invoice. It knows two rates and no reverse charge.

    Args:
        lines: Net amounts in cents with their rates; credits are negative.

    Returns:
        Net, tax and gross in cents.
    """
    by_rate: dict[str, int] = {}
    for line in lines:
        by_rate[line.rate] = by_rate.get(line.rate, 0) + line.net_cents
    tax = 0
    for rate, net in by_rate.items():
        hundredths = abs(net) * _PERCENT[rate]
        rounded = (hundredths + 50) // 100
        tax += rounded if net >= 0 else -rounded
    total = sum(by_rate.values())
    return Totals(total, tax, total + tax)
