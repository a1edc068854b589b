FORMULA = "1 + 1"


def compute() -> int:
    return int(eval(FORMULA))
