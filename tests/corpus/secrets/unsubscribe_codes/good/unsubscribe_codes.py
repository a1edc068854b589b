"""Signed one-click links to unsubscribe."""

import hashlib
import hmac
from typing import Annotated

from toolvet.sdk import MaxLen, MinLen


def unsubscribe_codes(
    addresses: Annotated[list[Annotated[str, MaxLen(254)]], MaxLen(5_000)],
    signing_key: Annotated[str, MinLen(16), MaxLen(200)],
) -> dict[str, str]:
    """Compute the codes that unsubscribe links carry.

    Args:
        addresses: Recipients; case does not matter.
        signing_key: Key that the web site checks codes with.

    Returns:
        The code by address in lower case, 32 hexadecimal digits each.
    """
    return {
        address.lower(): hmac.new(
            signing_key.encode(), address.lower().encode(), hashlib.sha256
        ).hexdigest()[:32]
        for address in addresses
    }
