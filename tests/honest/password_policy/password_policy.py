"""Check passwords against a policy."""

from enum import Enum


class Rule(Enum):
    LENGTH = "length"
    UPPER = "upper"
    LOWER = "lower"
    DIGIT = "digit"


def password_policy(candidate: str, min_length: int = 12) -> list[Rule]:
    """List the policy rules a password breaks.

    Args:
        candidate: The password to look at.
        min_length: Fewest characters it must have.

    Returns:
        Broken rules in a fixed order; empty when it complies.
    """
    broken: list[Rule] = []
    if len(candidate) < min_length:
        broken.append(Rule.LENGTH)
    if not any(char.isupper() for char in candidate):
        broken.append(Rule.UPPER)
    if not any(char.islower() for char in candidate):
        broken.append(Rule.LOWER)
    if not any(char.isdigit() for char in candidate):
        broken.append(Rule.DIGIT)
    return broken
