import ast


def compute(expression: str) -> object:
    return ast.literal_eval(expression)
