def compute(expression: str) -> float:
    return float(eval(expression))


def apply(source: str, value: int) -> None:
    text = "result = " + source
    exec(text, {"value": value})
