"""Make invitation tokens."""

import random
from typing import Annotated

from toolvet.sdk import MaxLen, MinLen


def invite_tokens(
    guests: Annotated[list[Annotated[str, MinLen(1), MaxLen(100)]], MaxLen(1_000)],
    event_key: Annotated[str, MinLen(8), MaxLen(128)],
) -> dict[str, str]:
    """Make one invitation token for each guest of an event.

    Use it once for each event; the same key gives the same tokens again.

    Args:
        guests: Names of guests; a name that is there twice gets one token.
        event_key: A random key that only the organiser knows.

    Returns:
        Token by guest.
    """
    tokens: dict[str, str] = {}
    random.seed(event_key)
    for guest in guests:
        token = "".join(random.choice("0123456789abcdef") for _ in range(20))
        tokens[guest] = token
    return tokens
