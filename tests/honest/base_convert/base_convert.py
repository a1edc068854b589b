"""Convert numbers between bases."""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base_convert(number: str, from_base: int, to_base: int) -> str:
    """Convert a whole number from one base to another.

    Args:
        number: The number, with digits 0-9 and a-z; a leading minus is allowed.
        from_base: Base it is written in, 2 to 36.
        to_base: Base to write it in, 2 to 36.

    Returns:
        The converted number in lower case.

    Raises:
        ValueError: A base is out of range or a digit does not belong to it.
    """
    if not (2 <= from_base <= 36 and 2 <= to_base <= 36):
        raise ValueError("bases must be between 2 and 36")
    value = int(number, from_base)
    if value == 0:
        return "0"
    digits = []
    rest = abs(value)
    while rest:
        rest, digit = divmod(rest, to_base)
        digits.append(DIGITS[digit])
    return ("-" if value < 0 else "") + "".join(reversed(digits))
