"""Write receipts."""

from typing import Annotated

from toolvet.sdk import Ge, Le, MaxLen


def receipt_text(
    client: Annotated[str, MaxLen(100)], cents: Annotated[int, Ge(0), Le(10**9)]
) -> str:
    """Write the text of a receipt.

    Use it for the answer to a client; it books nothing.

    Args:
        client: Name of the client.
        cents: What was paid, in cents.

    Returns:
        One line.
    """
    return f"Received of {client}: {cents // 100}.{cents % 100:02}"
