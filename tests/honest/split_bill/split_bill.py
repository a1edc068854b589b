"""Split a bill."""


def split_bill(total_cents: int, people: list[str], tip_percent: int = 0) -> dict[str, int]:
    """Split a bill with tip evenly; leftover cents go to the first people.

    Args:
        total_cents: The bill in cents, not negative.
        people: Names of those who pay, no name twice.
        tip_percent: Tip in percent of the total, 0 to 100.

    Returns:
        Name to the amount in cents.

    Raises:
        ValueError: No people, a name twice, or a number out of range.
    """
    if not people:
        raise ValueError("nobody to pay")
    if len(set(people)) != len(people):
        raise ValueError("a name is listed twice")
    if total_cents < 0 or not 0 <= tip_percent <= 100:
        raise ValueError("amount or tip out of range")
    total = total_cents + total_cents * tip_percent // 100
    share, rest = divmod(total, len(people))
    return {name: share + (1 if index < rest else 0) for index, name in enumerate(people)}
