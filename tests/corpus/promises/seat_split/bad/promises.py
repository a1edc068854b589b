"""What seat_split promises."""


def all_seats_given(arguments: dict[str, object], result: dict[str, int]) -> bool:
    """Tell whether as many seats were given out as were paid for."""
    return not result or sum(result.values()) == arguments["seats"]
