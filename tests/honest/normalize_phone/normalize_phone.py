"""Bring phone numbers into one form."""

import re


def normalize_phone(number: str, country_code: str = "49") -> str:
    """Bring a phone number into the international form, such as +4930123456.

    Args:
        number: The number as people write it.
        country_code: Digits of the country code for numbers without one.

    Returns:
        The number with a leading plus and digits only.

    Raises:
        ValueError: It has fewer than 7 or more than 15 digits.
    """
    cleaned = re.sub(r"[^0-9+]", "", number)
    if cleaned.startswith("+"):
        digits = cleaned.replace("+", "")
    elif cleaned.startswith("00"):
        digits = cleaned[2:].replace("+", "")
    else:
        digits = country_code + cleaned.replace("+", "").lstrip("0")
    if not 7 <= len(digits) <= 15:
        raise ValueError(f"not a phone number: {number!r}")
    return "+" + digits
