"""Plan the repayment of a loan."""

from typing import TypedDict


class Instalment(TypedDict):
    month: int
    interest_cents: int
    principal_cents: int
    balance_cents: int


def loan_schedule(principal_cents: int, annual_rate_percent: float, months: int) -> list[Instalment]:
    """Work out a repayment plan with equal principal payments each month.

    Args:
        principal_cents: Amount borrowed, in cents. Must be positive.
        annual_rate_percent: Yearly interest in percent, 0 to 100.
        months: Number of monthly payments, 1 to 480.

    Returns:
        One instalment a month, in order.

    Raises:
        ValueError: An argument is out of range.
    """
    if principal_cents <= 0:
        raise ValueError("principal must be positive")
    if not 0 <= annual_rate_percent <= 100:
        raise ValueError("rate must be between 0 and 100")
    if not 1 <= months <= 480:
        raise ValueError("months must be between 1 and 480")
    schedule: list[Instalment] = []
    balance = principal_cents
    for month in range(1, months + 1):
        interest = round(balance * annual_rate_percent / 100 / 12)
        left = principal_cents - principal_cents * month // months
        schedule.append(
            {
                "month": month,
                "interest_cents": interest,
                "principal_cents": balance - left,
                "balance_cents": left,
            }
        )
        balance = left
    return schedule
