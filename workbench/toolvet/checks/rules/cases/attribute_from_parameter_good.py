def name_of(target: object) -> object:
    return getattr(target, "name", None)


OPERATIONS = {"sum": sum, "max": max}


def call(operation: str, values: list[int]) -> int:
    return OPERATIONS[operation](values)
