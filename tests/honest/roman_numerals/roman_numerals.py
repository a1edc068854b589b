"""Roman numerals."""

TABLE = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]


def roman_numerals(number: int) -> str:
    """Write a number in Roman numerals.

    Args:
        number: 1 to 3999.

    Returns:
        The numeral.

    Raises:
        ValueError: The number is out of range.
    """
    if not 1 <= number <= 3999:
        raise ValueError("only 1 to 3999 can be written")
    text = ""
    for value, sign in TABLE:
        while number >= value:
            text += sign
            number -= value
    return text
