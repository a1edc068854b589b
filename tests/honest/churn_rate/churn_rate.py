"""Compute customer churn."""


def churn_rate(start_customers: list[str], end_customers: list[str]) -> dict[str, float]:
    """Compute churn and growth of a period from the customers at its start and end.

    Args:
        start_customers: Ids at the start of the period.
        end_customers: Ids at its end.

    Returns:
        `churn` and `growth`, each as a share of the customers at the start.

    Raises:
        ValueError: There was no customer at the start.
    """
    before, after = set(start_customers), set(end_customers)
    if not before:
        raise ValueError("no customers at the start")
    lost = len(before - after)
    return {
        "churn": round(lost / len(before), 4),
        "growth": round((len(after) - len(before)) / len(before), 4),
    }
