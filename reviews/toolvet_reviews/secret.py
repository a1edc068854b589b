"""A value that must not be seen: it is kept out of `repr`, logs, errors and copies. Pure; no I/O."""

import hmac
from typing import NoReturn

from toolvet_reviews.errors import ReviewError

MAX_SECRET_BYTES = 32 * 1024
HIDDEN = "Secret(…)"


class SecretValueError(ReviewError):
    """A value that no secret can have; the value itself is in no message."""

    code = "secret.value"


class Secret:
    """A value that shows itself to nobody but who asks for it by name: `reveal()`.

    Whatever prints, formats, serialises or copies objects gets the word `Secret`, or an error.

    Args:
        value: Text of 1 to 32,768 bytes in UTF-8, without NUL.

    Raises:
        SecretValueError: It is empty, too long, or no text.
    """

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: str) -> None:
        self._value = _checked(value)

    def reveal(self) -> str:
        """Give the value: the last thing to do before it leaves for where it belongs."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is neither copied nor pickled")


def _checked(value: str) -> str:
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        size = -1
    if size < 0 or "\0" in value:
        raise SecretValueError("the secret is no text", hint="UTF-8, without NUL.")
    if not value:
        raise SecretValueError("the secret is empty")
    if size > MAX_SECRET_BYTES:
        raise SecretValueError(f"the secret has {size} bytes; at most {MAX_SECRET_BYTES}")
    return value
