"""Validate IBANs."""

import string

LETTERS = {letter: str(number) for number, letter in enumerate(string.ascii_uppercase, start=10)}


def iban_check(iban: str) -> bool:
    """Check length, characters and checksum of an IBAN.

    Args:
        iban: The account number; spaces and lower case are fine.

    Returns:
        True when the checksum is right.
    """
    compact = iban.replace(" ", "").upper()
    allowed = string.ascii_uppercase + string.digits
    if not 15 <= len(compact) <= 34 or any(char not in allowed for char in compact):
        return False
    moved = compact[4:] + compact[:4]
    digits = "".join(LETTERS.get(char, char) for char in moved)
    return int(digits) % 97 == 1
