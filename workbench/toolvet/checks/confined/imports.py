"""Every import of one Python file, with its line. Runs confined; stdlib only."""

import ast
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
MAX_IMPORTS = 2000
_FORGIVING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def inspect(source: str) -> dict[str, Json]:
    """List what a file imports, wherever in it.

    Args:
        source: The text of the file.

    Returns:
        `imports`: module, line, and whether its absence is handled; `parsed` and `cut`.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {"parsed": False, "cut": False, "imports": []}
    found: list[Json] = []
    # own stack: a visitor would recurse as deep as the text is nested
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, is_guarded = waiting.pop()
        for name in _names(node):
            line: int = getattr(node, "lineno", 0)
            found.append({"module": name, "line": line, "guarded": is_guarded})
        forgiven = node.body if isinstance(node, ast.Try) and _forgives(node) else []
        guarded = set(map(id, forgiven))
        waiting += [
            (child, is_guarded or id(child) in guarded) for child in ast.iter_child_nodes(node)
        ]
    return {"parsed": True, "cut": len(found) > MAX_IMPORTS, "imports": found[:MAX_IMPORTS]}


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module]
    return []


def _forgives(node: ast.Try) -> bool:
    """Tell whether a statement goes on when an import in its body fails."""
    caught: set[str] = set()
    for handler in node.handlers:
        if handler.type is None:
            return True
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        caught |= {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return bool(caught & _FORGIVING)
