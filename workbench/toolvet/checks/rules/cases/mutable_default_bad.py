def collect(value: int, seen: list[int] = []) -> list[int]:
    seen.append(value)
    return seen
