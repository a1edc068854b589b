"""Make records of passwords."""

import hashlib
from typing import Annotated

from toolvet.sdk import MaxLen, MinLen, Pattern


def password_record(
    password: Annotated[str, MinLen(8), MaxLen(128)],
    salt: Annotated[str, Pattern(r"^[0-9a-f]{32}$")],
) -> str:
    """Make the record that a login service keeps of a password.

    Use it for test accounts; the salt has to be random and different for each account.

    Args:
        password: The password, as it is typed.
        salt: 16 random bytes, in hexadecimal.

    Returns:
        Method, salt and digest, with dollar signs between them.
    """
    digest = hashlib.scrypt(
        password.encode("utf-8", "replace"), salt=bytes.fromhex(salt), n=2**14, r=8, p=1
    )
    return "$".join(("scrypt", salt, digest.hex()))
