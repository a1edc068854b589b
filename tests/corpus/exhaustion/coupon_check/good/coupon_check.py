"""Check coupon codes before they are printed."""

import re
from typing import Annotated, Final

from toolvet.sdk import MaxLen

_CODE: Final = re.compile(r"^[A-Z]+(?:-[A-Z0-9]+)*$")


def coupon_check(codes: Annotated[list[Annotated[str, MaxLen(200)]], MaxLen(1_000)]) -> list[str]:
    """List the coupon codes that the till would refuse.

    A code is made of capital letters and digits in groups with hyphens between them, and begins
    with letters. Use it before codes go to print; it does not tell whether a code was used.

    Args:
        codes: The codes as they would be printed.

    Returns:
        Codes that are not well formed, in their order.
    """
    return [code for code in codes if _CODE.match(code.upper()) is None]
