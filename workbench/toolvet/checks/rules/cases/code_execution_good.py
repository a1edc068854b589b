import ast

FORMULA = "[1, 1]"


def compute() -> int:
    return sum(ast.literal_eval(FORMULA))
