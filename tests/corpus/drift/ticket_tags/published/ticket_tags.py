"""Suggest tags for a support ticket from the words of its text."""

import re
from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen

_WORDS = {
    "billing": {"invoice", "refund", "charge", "charged", "vat"},
    "login": {"password", "login", "2fa", "locked"},
    "shipping": {"parcel", "delivery", "tracking", "courier"},
}
_WORD = re.compile(r"[a-z0-9]+")


def ticket_tags(
    text: Annotated[str, MaxLen(20_000)],
    limit: Annotated[int, Ge(1), Le(3)] = 2,
) -> list[str]:
    """Suggest at most a few tags for a support ticket, the one with the most words first.

    Args:
        text: What the customer wrote.
        limit: How many tags to suggest at most.

    Returns:
        Tags, by falling number of words that speak for them, then by name.
    """
    words = set(_WORD.findall(text.lower()))
    found = {tag: len(words & known) for tag, known in _WORDS.items()}
    ranked = sorted(found, key=lambda tag: (-found[tag], tag))
    return [tag for tag in ranked if found[tag] >= 1][:limit]
