def total(values: list[str]) -> int:
    result = 0
    for value in values:
        try:
            result += int(value)
        except Exception:
            continue
    return result
