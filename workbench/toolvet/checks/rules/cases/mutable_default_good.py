def collect(value: int, seen: list[int] | None = None) -> list[int]:
    return [*(seen or []), value]
