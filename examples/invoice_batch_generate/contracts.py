"""Who is billed, from when to when, and how much: the roster this release was approved with.

It lies in the bundle on purpose. What a reviewer approves is whom the tool bills; a new
customer or price is a new revision, with a diff of this file for the reviewer to read.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Contract:
    """A monthly charge agreed with one customer."""

    customer: str
    segment: str
    item: str
    monthly_cents: int
    """Net amount of one month, in cents of `currency`."""
    currency: str
    vat_percent: int
    start: str
    """First month that is billed, `YYYY-MM`."""
    end: str = "9999-12"
    """Last month that is billed, `YYYY-MM`."""

    def covers(self, period: str) -> bool:
        """Tell whether the month is billed; months in this form sort as text."""
        return self.start <= period <= self.end


CONTRACTS: Final = (
    Contract("C-1001", "enterprise", "Platform, 500 seats", 1_250_000, "EUR", 19, "2024-03"),
    Contract("C-1002", "enterprise", "Platform, 120 seats", 420_000, "EUR", 20, "2025-01"),
    Contract("C-1003", "enterprise", "Archive, 40 TB", 96_000, "CHF", 8, "2025-07"),
    Contract(
        "C-1004", "enterprise", "Platform, 80 seats", 288_000, "EUR", 21, "2025-02", "2026-06"
    ),
    Contract("C-2001", "small_business", "Starter", 4_900, "EUR", 19, "2025-05"),
    Contract("C-2002", "small_business", "Starter", 4_900, "EUR", 21, "2025-09"),
    Contract("C-2003", "small_business", "Team of 10", 14_900, "EUR", 19, "2026-01"),
    Contract("C-2004", "small_business", "Team of 10", 14_900, "EUR", 25, "2026-02", "2026-09"),
    Contract("C-2005", "small_business", "Team of 25", 32_900, "EUR", 19, "2026-04"),
    Contract("C-3001", "public_sector", "Platform, 200 seats", 560_000, "EUR", 19, "2025-10"),
    Contract("C-3002", "public_sector", "Archive, 10 TB", 24_000, "EUR", 19, "2026-03"),
)
