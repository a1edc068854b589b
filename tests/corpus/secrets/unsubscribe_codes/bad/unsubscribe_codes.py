"""Signed one-click links to unsubscribe."""

import hashlib
import hmac
from typing import Annotated

from toolvet.sdk import MaxLen

SIGNING_KEY = "q7Rt-91xLw0Zs4-kUe82"


def unsubscribe_codes(
    addresses: Annotated[list[Annotated[str, MaxLen(254)]], MaxLen(5_000)],
) -> dict[str, str]:
    """Compute the codes that unsubscribe links carry.

    Args:
        addresses: Recipients; case does not matter.

    Returns:
        The code by address in lower case, 32 hexadecimal digits each.
    """
    return {
        address.lower(): hmac.new(
            SIGNING_KEY.encode(), address.lower().encode(), hashlib.sha256
        ).hexdigest()[:32]
        for address in addresses
    }
