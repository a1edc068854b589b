"""Small faults to put into a tool, as edits of its text. Runs confined; stdlib only.

A mutant is one edit: bytes of a file, and what stands there instead. Nothing is run here. Left out
is what no test should have to notice: docstrings, annotations, decorators, texts of errors and of
the log, assertions. Some mutants of any kind change nothing that matters (equivalent ones); they
are shown on their lines for a person to judge.
"""

import ast
import hashlib
import re
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MOST_CANDIDATES = 5000
MOST_AT_IMPORT = 4
"""Of what runs at import: each takes a process that imports anew."""
_LONGEST_LABEL = 90
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LOGGING = {
    "debug", "info", "warning", "error", "exception", "critical", "log", "progress", "print", "warn",
}  # fmt: skip
_QUIET_NAMES = {"__all__", "__slots__", "__version__", "__author__"}
_ALIASES = {"Annotated", "NewType", "TypeVar", "ParamSpec", "TypeAlias", "NamedTuple", "TypedDict"}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Mutant(NamedTuple):
    """One edit of one file."""

    path: str
    start: int
    end: int
    """Bytes, as everywhere here."""
    text: str
    line: int
    label: str
    place: str
    """Name of the function, or empty outside of all."""
    is_early: bool
    """Whether it runs at import already."""


def mutants(files: dict[str, str], seed: str, most: int) -> dict[str, Json]:
    """Pick mutants of some files.

    Args:
        files: Text by path; of the tool only, never of its tests.
        seed: Decides the sample.
        most: How many, at most.

    Returns:
        `mutants` (path, start, end, text, line, label, place) and `candidates`, how many there
        were to pick from.
    """
    found: list[Mutant] = []
    for path in sorted(files):
        try:
            found += _File(path, files[path]).mutants()
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {"error": path}
    picked = _sample(found[:MOST_CANDIDATES], seed, most)
    return {"candidates": len(found), "mutants": [dict(one._asdict()) for one in picked]}


def _sample(found: list[Mutant], seed: str, most: int) -> list[Mutant]:
    """Take from every function in turn, so that a long one does not crowd out the others."""
    ranked = sorted(found, key=lambda one: _rank(one, seed))
    early = [one for one in ranked if one.is_early]
    ranked = [one for one in ranked if not one.is_early] + early[:MOST_AT_IMPORT]
    places: dict[tuple[str, str], list[Mutant]] = {}
    for one in ranked:
        places.setdefault((one.path, one.place), []).append(one)
    turns = sorted(
        (
            (turn, _rank(one, seed), one)
            for each in places.values()
            for turn, one in enumerate(each)
        ),
    )
    return sorted(one for _, _, one in turns[:most])


def _rank(one: Mutant, seed: str) -> str:
    return hashlib.sha256(f"{seed}\0{one}".encode("utf-8", "replace")).hexdigest()


class _File:
    """One file, its tree, and where its lines begin."""

    def __init__(self, path: str, source: str) -> None:
        self._path = path
        self._data = source.encode("utf-8")
        self._tree = ast.parse(source)
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(self._data))]
        self._found: dict[Mutant, None] = {}
        self._place = ""
        self._depth = 0

    def mutants(self) -> list[Mutant]:
        """Every mutant of this file, in the order of its text."""
        for statement in self._tree.body:
            self._statement(statement)
        return sorted(self._found)

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        return start, end

    def _add(self, node: ast.expr | ast.stmt, text: str, label: str) -> None:
        start, end = self._span(node)
        if self._data[start:end].decode() != text:
            short = label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
            where = (node.lineno, short, self._place, not self._depth)
            mutant = Mutant(self._path, start, end, text, *where)
            self._found[mutant] = None

    def _instead(self, node: ast.expr, changed: ast.expr) -> None:
        text = ast.unparse(changed)
        self._add(node, f"({text})", f"`{_short(node)}` became `{text}`")

    # --- statements ---------------------------------------------------------------------------

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
            case ast.ClassDef():
                before, self._place = self._place, f"{self._place}.{node.name}".lstrip(".")
                for inner in node.body:
                    self._statement(inner)
                self._place = before
            case ast.Return() if node.value is not None:
                if not isinstance(node.value, ast.Constant):
                    self._add(node, "return None", f"`{_short(node)}` returned None instead")
                self._expression(node.value)
            case ast.Raise():
                self._add(node, "pass", f"`{_short(node)}` was left out")
            case ast.Continue():
                self._add(node, "break", "`continue` became `break`")
            case ast.AugAssign():
                self._augmented(node)
            case ast.Expr():
                self._expression_statement(node)
            case ast.If() | ast.While():
                self._condition(node)
            case ast.Assert() | ast.Import() | ast.ImportFrom():
                return
            case ast.Assign() | ast.AnnAssign():
                self._assignment(node)
            case _:
                self._children(node)

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self._statement(child)
            elif isinstance(child, ast.expr):
                self._expression(child)
            else:
                self._children(child)

    def _function(self, node: _Function) -> None:
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self._expression(default)
        before, self._place = self._place, f"{self._place}.{node.name}".lstrip(".")
        self._depth += 1
        for statement in node.body:
            self._statement(statement)
        self._depth -= 1
        self._place = before

    def _augmented(self, node: ast.AugAssign) -> None:
        other = _OPERATORS.get(type(node.op))
        if other is not None:
            changed = ast.AugAssign(node.target, other(), node.value)
            text = ast.unparse(changed)
            self._add(node, text, f"`{_short(node)}` became `{text}`")
        self._expression(node.value)

    def _expression_statement(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if not isinstance(value, ast.Call) or _last_name(value.func) in _LOGGING:
            return  # a docstring, or a word for the log
        if self._depth:
            self._add(node, "pass", f"`{_short(node)}` was left out")
        self._children(value)

    def _condition(self, node: ast.If | ast.While) -> None:
        if _is_guard(node.test):
            return
        if isinstance(node, ast.If):
            text = f"(not ({ast.unparse(node.test)}))"
            self._add(node.test, text, f"the condition `{_short(node.test)}` was turned around")
        self._expression(node.test)
        for statement in (*node.body, *node.orelse):
            self._statement(statement)

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {_last_name(target) for target in targets}
        if node.value is None or names & _QUIET_NAMES:
            return
        words = {_last_name(part) for part in ast.walk(node) if isinstance(part, ast.expr)}
        if not self._depth and words & _ALIASES:
            return
        self._expression(node.value)

    # --- expressions --------------------------------------------------------------------------

    def _expression(self, node: ast.expr) -> None:
        match node:
            case ast.JoinedStr():
                return  # places inside are not exact before Python 3.12
            case ast.Call() if _last_name(node.func) in _LOGGING:
                return
            case ast.Compare():
                self._comparison(node)
            case ast.BinOp():
                if (other := _OPERATORS.get(type(node.op))) is not None and not _is_text(node):
                    self._instead(node, ast.BinOp(node.left, other(), node.right))
            case ast.BoolOp():
                other_word = ast.Or() if isinstance(node.op, ast.And) else ast.And()
                self._instead(node, ast.BoolOp(other_word, node.values))
            case ast.UnaryOp():
                if isinstance(node.op, ast.Not):
                    self._instead(node, node.operand)
            case ast.IfExp():
                self._instead(node, ast.IfExp(node.test, node.orelse, node.body))
            case ast.Constant():
                self._constant(node)
            case _:
                pass
        self._children(node)

    def _comparison(self, node: ast.Compare) -> None:
        for index, operator in enumerate(node.ops):
            for other in _COMPARISONS.get(type(operator), ()):
                changed = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                self._instead(node, ast.Compare(node.left, changed, node.comparators))

    def _constant(self, node: ast.Constant) -> None:
        value: object = node.value
        if isinstance(value, bool):
            self._instead(node, ast.Constant(not value))
        elif isinstance(value, int | float):
            self._instead(node, ast.Constant(value + 1))
        elif isinstance(value, str) and value and self._depth and not re.search(r"\s", value):
            self._instead(node, ast.Constant(f"XX{value}"))


def _is_text(node: ast.BinOp) -> bool:
    """Tell whether an operator plainly joins or formats texts: any other one just fails."""
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes))
        for side in sides
    )


def _is_guard(test: ast.expr) -> bool:
    """Tell whether a condition is about how the file is loaded, not about what it does."""
    names = {_last_name(part) for part in ast.walk(test) if isinstance(part, ast.expr)}
    return bool(names & {"TYPE_CHECKING", "__name__"})


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _short(node: ast.expr | ast.stmt) -> str:
    return " ".join(ast.unparse(node).split())
