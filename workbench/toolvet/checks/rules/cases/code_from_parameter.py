import ast
import importlib

import sympy

OPERATIONS = {"sum": sum, "max": max}


def computed(formula: str) -> float:
    # ruleid: code-from-parameter
    return eval(formula, {"__builtins__": {}})


def compiled(source: str) -> object:
    # ruleid: code-from-parameter
    return compile("def f():\n    " + source, "f", "exec")


def solved(equation: str) -> object:
    # ruleid: code-from-parameter
    return sympy.sympify(equation)


def loaded(plugin: str) -> object:
    # ruleid: code-from-parameter
    return importlib.import_module("plugins." + plugin)


def data(text: str) -> object:
    # ok: code-from-parameter
    return ast.literal_eval(text)


def chosen(name: str, values: list[float]) -> float:
    # ok: code-from-parameter
    return OPERATIONS[name](values)
