"""Retention by cohort."""

from datetime import date


def retention_cohort(signups: dict[str, date], visits: list[tuple[str, date]]) -> list[float]:
    """Compute which share of users came back in each of the four weeks after they signed up.

    Args:
        signups: User to the day of the sign-up.
        visits: User and day of every visit; unknown users are ignored.

    Returns:
        Four shares between 0 and 1, rounded to three decimals.

    Raises:
        ValueError: Nobody signed up.
    """
    if not signups:
        raise ValueError("no sign-ups")
    seen: list[set[str]] = [set(), set(), set(), set()]
    for user, day in visits:
        if user not in signups:
            continue
        week = (day - signups[user]).days // 7
        if 0 <= week < 4:
            seen[week].add(user)
    return [round(len(users) / len(signups), 3) for users in seen]
