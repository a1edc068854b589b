def name(value: object) -> str:
    return type(value).__name__
