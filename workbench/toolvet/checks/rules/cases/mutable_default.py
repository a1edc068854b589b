# ruleid: mutable-default
def added(value: int, values: list[int] = []) -> list[int]:
    values.append(value)
    return values


# ok: mutable-default
def fresh(value: int, values: list[int] | None = None) -> list[int]:
    return [*(values or []), value]
