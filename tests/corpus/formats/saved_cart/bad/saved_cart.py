"""Read saved carts."""

import base64
import binascii
import pickle
from typing import Annotated

from toolvet.sdk import MaxLen


def saved_cart(saved: Annotated[str, MaxLen(20_000)]) -> int:
    """Count the articles in a saved cart.

    Use it on carts that the shop exported.

    Args:
        saved: The cart as the shop keeps it: base64 of a pickled list.

    Returns:
        How many articles are in it; 0 when it cannot be read.
    """
    try:
        cart = pickle.loads(base64.b64decode(saved, validate=True))
    except (binascii.Error, ValueError, EOFError, pickle.UnpicklingError):
        return 0
    return len(cart) if isinstance(cart, list) else 0
