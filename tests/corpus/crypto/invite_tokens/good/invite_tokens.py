"""Make invitation tokens."""

import hashlib
import hmac
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
    for guest in guests:
        key, name = event_key.encode("utf-8", "replace"), guest.encode("utf-8", "replace")
        token = hmac.new(key, name, hashlib.sha256).hexdigest()[:20]
        tokens[guest] = token
    return tokens
