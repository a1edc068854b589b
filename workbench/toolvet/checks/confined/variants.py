"""Variants of a whole tool, as edits of its text. Runs confined; stdlib only.

- canaries: every function raises, gives nothing, or gives back what it was given. A suite that
  still passes checks nothing.
- controls: other text and other code that does exactly the same. A suite that fails looks at the
  code instead of at what it does.
- probes: the same again, telling which blocks were entered and which way conditions went.
"""

import ast
import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

PROBE = "_toolvet_seen"
"""The name that the runner gives to what collects probes."""
MOST_PROBES = 4000
_LINE_END = re.compile(rb"\r\n|\r|\n")
_RAISED = ("BufferError", "SystemError", "ReferenceError", "EOFError")
"""Errors that are hardly ever expected, and that nobody can tell apart from real ones."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class _Edit(NamedTuple):
    """What stands between two bytes instead; edits at one place keep their order."""

    start: int
    order: int
    end: int
    text: str


def variants(files: dict[str, str], seed: str) -> dict[str, Json]:
    """Make the variants of a tool.

    Args:
        files: Text by path; of the tool only, never of its tests.
        seed: Decides names and errors.

    Returns:
        `canaries` by name, `controls`, and `probe`: each a list of edits (path, start, end, text)
        that is in order; `blocks` (path, start, end, line, end_line) and `conditions` (path, line)
        by the number that the probe tells, `functions` (path, name, line); or `error`, a path that
        does not parse.
    """
    whole = _Whole(seed)
    for path in sorted(files):
        try:
            whole.take(path, files[path])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {"error": path}
    return whole.to_json()


def suite(files: dict[str, str]) -> dict[str, Json]:
    """Find the lines of tests.

    Args:
        files: Text of test files by path.

    Returns:
        `lines`: by path, by name as pytest writes it, the line; or `error`, a path that does not
        parse.
    """
    lines: dict[str, Json] = {}
    for path in sorted(files):
        try:
            body = ast.parse(files[path]).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return {"error": path}
        lines[path] = dict(_tests(body))
    return {"lines": lines}


def _tests(body: Sequence[ast.stmt], prefix: str = "") -> list[tuple[str, Json]]:
    found: list[tuple[str, Json]] = []
    for node in body:
        if isinstance(node, _Function) and node.name.startswith("test"):
            found.append((f"{prefix}{node.name}", node.lineno))
        elif isinstance(node, ast.ClassDef) and not prefix:
            found += _tests(node.body, f"{node.name}::")
    return found


class _Whole:
    """The variants of all files together."""

    def __init__(self, seed: str) -> None:
        self._seed = hashlib.sha256(seed.encode()).hexdigest()
        self._edits: dict[str, list[Json]] = {
            name: [] for name in ("raises", "nothing", "input", "first", "second", "probe")
        }
        self._blocks: list[Json] = []
        self._conditions: list[Json] = []
        self._functions: list[Json] = []

    def take(self, path: str, source: str) -> None:
        """Add one file."""
        text = _Text(source)
        made: dict[str, list[_Edit]] = {name: [] for name in self._edits}
        for function in _outermost(text.tree.body):
            self._canary(path, text, function, made)
        for function in ast.walk(text.tree):
            if isinstance(function, _Function) and not _looks_at_itself(function):
                self._control(text, function, made)
        probing = _Probing(path, text, made["probe"], self._blocks, self._conditions)
        for function in _outermost(text.tree.body):
            probing.function(function)
        for name, edits in made.items():
            for start, _, end, told in sorted(edits):
                self._edits[name].append({"path": path, "start": start, "end": end, "text": told})

    def to_json(self) -> dict[str, Json]:
        """Write what was made."""
        canaries: dict[str, Json] = {
            name: self._edits[name] for name in ("raises", "nothing", "input")
        }
        return {
            "canaries": canaries,
            "controls": [self._edits["first"], self._edits["second"]],
            "probe": self._edits["probe"],
            "blocks": self._blocks,
            "conditions": self._conditions,
            "functions": self._functions,
        }

    def _canary(
        self, path: str, text: "_Text", node: _Function, made: dict[str, list[_Edit]]
    ) -> None:
        """Put a statement before the body, which stays: its closures and its kind depend on it."""
        self._functions.append({"path": path, "name": node.name, "line": node.lineno})
        number = int(self._seed[:8], 16) + len(self._functions)
        error = _RAISED[int(self._seed[8], 16) % len(_RAISED)]
        text.before_body(node, f'raise {error}("{number % 9000 + 1000}")', made["raises"])
        if node.name.startswith("__") and node.name.endswith("__"):
            return  # an object that cannot be made stops any test
        text.before_body(node, "return", made["nothing"])
        given = _first_argument(node)
        is_plain = not (isinstance(node, ast.AsyncFunctionDef) and _yields(node))
        text.before_body(node, f"return {given}" if is_plain and given else "return", made["input"])

    def _control(self, text: "_Text", node: _Function, made: dict[str, list[_Edit]]) -> None:
        """Change the code of a function, and nothing that it does."""
        one, other = f"_{self._seed[9:15]}", f"_{self._seed[15:21]}"
        text.before_body(node, f"{one} = None", made["first"])
        for part in _own(node):
            if isinstance(part, ast.Return) and part.value is not None:
                start, end = text.span(part)
                made["first"].append(_Edit(start, 1, start + len("return"), f"{one} ="))
                made["first"].append(_Edit(end, 0, end, f"; return {one}"))
        text.before_body(node, f"{other} = ('{self._seed[21:25]}',)", made["second"])


class _Text:
    """The text of a file, its tree, and where its lines begin."""

    def __init__(self, source: str) -> None:
        self.data = source.encode("utf-8")
        self.tree = ast.parse(source)
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.data))]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Give the bytes of a node."""
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        return start, end

    def start(self, node: ast.stmt) -> int:
        """Give the first byte of a statement, its decorators included."""
        lines = [node.lineno]
        if isinstance(node, _Function | ast.ClassDef):
            lines += [decorator.lineno for decorator in node.decorator_list]
        return self._starts[min(lines) - 1] + node.col_offset

    def before(self, body: Sequence[ast.stmt], text: str, into: list[_Edit]) -> None:
        """Put a simple statement before others."""
        at = self.start(body[0])
        head = self.data[max(start for start in self._starts if start <= at) : at]
        is_alone = not head.strip(b" \t\f")
        into.append(_Edit(at, 0, at, f"{text}\n{head.decode()}" if is_alone else f"{text}; "))

    def before_body(self, node: _Function, text: str, into: list[_Edit]) -> None:
        """Put a simple statement before the body of a function, behind its docstring."""
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        if body:
            self.before(body, text, into)
            return
        _, end = self.span(node.body[0])
        into.append(_Edit(end, 0, end, f"; {text}"))


class _Probing:
    """Puts probes into one file."""

    def __init__(
        self, path: str, text: _Text, edits: list[_Edit], blocks: list[Json], conditions: list[Json]
    ) -> None:
        self._path, self._text, self._edits = path, text, edits
        self._blocks, self._conditions = blocks, conditions

    def function(self, node: _Function) -> None:
        """Probe a function and whatever is in it."""
        skip = 1 if ast.get_docstring(node, clean=False) is not None else 0
        self._block(node.body[skip:])
        for statement in node.body[skip:]:
            self._inside(statement, depth=1)

    def _block(self, body: Sequence[ast.stmt]) -> None:
        if not body or len(self._blocks) >= MOST_PROBES or _is_stub(body):
            return
        number = len(self._blocks)
        start, (_, end) = self._text.start(body[0]), self._text.span(body[-1])
        last = body[-1].end_lineno or body[-1].lineno
        place: dict[str, Json] = {"path": self._path, "start": start, "end": end}
        self._blocks.append({**place, "line": body[0].lineno, "end_line": last})
        self._text.before(body, f"{PROBE}({number})", self._edits)

    def _condition(self, test: ast.expr, depth: int) -> None:
        if isinstance(test, ast.Constant) or len(self._conditions) >= MOST_PROBES:
            return
        number = len(self._conditions)
        self._conditions.append({"path": self._path, "line": test.lineno})
        start, end = self._text.span(test)
        self._edits.append(_Edit(start, 100 + depth, start, f"{PROBE}({number}, ("))
        self._edits.append(_Edit(end, -depth, end, "))"))

    def _inside(self, node: ast.AST, depth: int) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.function(node)
                return
            case ast.JoinedStr():
                return  # places inside are not exact before Python 3.12
            case ast.If():
                self._condition(node.test, depth)
                self._block(node.body)
                self._block(node.orelse if not _is_elif(node, self._text) else [])
            case ast.While() | ast.IfExp():
                self._condition(node.test, depth)
                if isinstance(node, ast.While):
                    self._block(node.body)
            case ast.For() | ast.AsyncFor() | ast.ExceptHandler() | ast.match_case():
                self._block(node.body)
            case ast.comprehension():
                for test in node.ifs:
                    self._condition(test, depth)
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr_context):
                self._inside(child, depth + 1)


def _outermost(body: Sequence[ast.stmt]) -> list[_Function]:
    """Functions and methods, without those inside others."""
    found: list[_Function] = []
    for node in body:
        if isinstance(node, _Function):
            found.append(node)
        else:
            inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            found += _outermost(inner)
    return found


def _own(node: _Function) -> list[ast.AST]:
    """What belongs to a function, without the functions in it."""
    found: list[ast.AST] = []
    left: list[ast.AST] = [*node.body]
    while left:
        part = left.pop()
        if not isinstance(part, _Function | ast.Lambda | ast.ClassDef):
            found.append(part)
            left += ast.iter_child_nodes(part)
    return found


def _yields(node: _Function) -> bool:
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in _own(node))


def _first_argument(node: _Function) -> str:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    names = [argument.arg for argument in arguments]
    return next((name for name in names if name not in {"self", "cls", "ctx", "context"}), "")


def _looks_at_itself(node: _Function) -> bool:
    """Tell whether a function might see one name more among its own."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return bool(names & {"locals", "vars", "dir", "eval", "exec"}) or _yields(node)


def _is_stub(body: Sequence[ast.stmt]) -> bool:
    """Tell whether a body is there for its form only."""
    [first, *more] = body
    if more:
        return False
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return True
    raised = first.exc if isinstance(first, ast.Raise) else None
    name = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(name, ast.Name) and name.id == "NotImplementedError"


def _is_elif(node: ast.If, text: _Text) -> bool:
    [first, *more] = node.orelse or [None]
    if first is None or more or not isinstance(first, ast.If):
        return False
    start, _ = text.span(first)
    return text.data[start : start + 4] == b"elif"
