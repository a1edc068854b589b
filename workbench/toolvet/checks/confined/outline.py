"""The outline of one Python file, for the small form of a bundle. Runs confined; stdlib only."""

import ast
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
UNREADABLE = {
    MemoryError: "nested too deeply to be read",  # what the parser says when its stack is full
    RecursionError: "nested too deeply to be read",
    ValueError: "holds a NUL",
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def outline(source: str) -> dict[str, Json]:
    """List the top-level functions, classes and imports of a file.

    Args:
        source: The text of the file.

    Returns:
        The outline; or `{"error": {"message", "line"}}` when the text does not parse.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return _failed(error.msg, error.lineno or 0)
    except (ValueError, RecursionError, MemoryError) as error:
        return _failed(UNREADABLE.get(type(error), "does not parse"), 0)
    functions: list[Json] = [_function(node) for node in tree.body if isinstance(node, _Function)]
    classes: list[Json] = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    imports: list[Json] = [*_imports(tree)]
    return {
        "functions": functions,
        "classes": classes,
        "imports": imports,
        "has_main_guard": any(_is_main_guard(node) for node in tree.body),
    }


def _failed(message: str, line: int) -> dict[str, Json]:
    return {"error": {"message": message[:200], "line": line}}


def _function(node: _Function) -> dict[str, Json]:
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    starred = [arg for arg in (args.vararg, args.kwarg) if arg is not None]
    params: list[Json] = [arg.arg for arg in (*every, *starred)]
    return {
        "name": node.name,
        "line": node.lineno,
        "end_line": node.end_lineno or node.lineno,
        "doc": ast.get_docstring(node) or "",
        "is_async": isinstance(node, ast.AsyncFunctionDef),
        "params": params,
        "annotated": node.returns is not None and all(arg.annotation for arg in (*every, *starred)),
    }


def _imports(tree: ast.Module) -> list[str]:
    """Top-level names of every module imported anywhere in the file, in order of appearance."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found["." * node.level + (node.module or "")] = None
    return list(found)


def _is_main_guard(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )
