"""Keys that are made from time or chance, and so are others at each attempt. Runs confined.

Standard library only. What a name holds is followed through assignments of one function and through
functions of the same file that give such a value back; not further. A key that is not found here
may still be seen to change when the tool is run.
"""

import ast
from collections.abc import Iterator
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
MAX_FOUND = 100
_ROUNDS = 4
"""How many functions deep a value is followed."""
_CHANCE = frozenset({
    "uuid1", "uuid4", "uuid6", "uuid7", "token_hex", "token_urlsafe", "token_bytes", "urandom",
    "random", "randint", "randrange", "randbytes", "getrandbits", "choice", "choices",
})  # fmt: skip
_CLOCK = frozenset({
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "now",
    "utcnow",
})  # fmt: skip
_DAY = frozenset({"today"})
_MODULES = frozenset({"uuid", "secrets", "os", "random", "time", "datetime", "date", "dt"})
_HEADERS = frozenset({"idempotency-key", "x-idempotency-key", "paypal-request-id"})
_NAMED = frozenset({"idempotency_key", "idempotence_key"})
Scope: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


def inspect(files: dict[str, str]) -> dict[str, Json]:
    """Find keys of effects that follow from time or chance.

    Args:
        files: Texts by path.

    Returns:
        `found`: path, line, `what` is keyed and the `source` of the key (`chance`, `clock` or
        `day`); `unread`: files that are not Python, or too deep to follow.
    """
    found: list[Json] = []
    unread: list[Json] = []
    for path in sorted(files):
        try:
            tree = ast.parse(files[path])
            lines = [{"path": path, **one} for one in _in_file(tree)]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            unread.append(path)
            continue
        found += lines
    return {"found": found[:MAX_FOUND], "unread": unread}


class _File:
    """What is known of the functions of one file, by name."""

    def __init__(self, tree: ast.Module) -> None:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        self.functions = [node for node in ast.walk(tree) if isinstance(node, kinds)]
        self.giving: dict[str, str] = {}
        """Those that give such a value back."""
        self.taking: dict[str, dict[str, str]] = {}
        """Parameters to which such a value is handed."""

    def settle(self) -> None:
        """Follow values through functions until nothing new is known."""
        for _ in range(_ROUNDS):
            for function in self.functions:
                self._follow(function)

    def names(self, function: Scope) -> dict[str, str]:
        """Tell which names of a function hold something made from time or chance."""
        names = dict(self.taking.get(function.name, {}))
        for _ in range(_ROUNDS):
            known = dict(names)
            for node in ast.walk(function):
                targets, value = _assigned(node)
                source = _source(value, names, self.giving) if value is not None else ""
                for target in targets:
                    if isinstance(target, ast.Name) and source:
                        names[target.id] = source
            if known == names:
                break
        return names

    def _follow(self, function: Scope) -> None:
        names = self.names(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                source = _source(node.value, names, self.giving)
                if source:
                    self.giving[function.name] = source
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                self._hand(node, node.func.id, names)

    def _hand(self, call: ast.Call, name: str, names: dict[str, str]) -> None:
        called = next((one for one in self.functions if one.name == name), None)
        if called is None:
            return
        parameters = [one.arg for one in (*called.args.posonlyargs, *called.args.args)]
        handed = [*zip(parameters, call.args, strict=False)]
        handed += [(word.arg, word.value) for word in call.keywords if word.arg]
        for parameter, value in handed:
            source = _source(value, names, self.giving)
            if source:
                self.taking.setdefault(name, {})[parameter] = source


def _in_file(tree: ast.Module) -> Iterator[dict[str, Json]]:
    file = _File(tree)
    file.settle()
    for function in file.functions:
        names = file.names(function)
        for node in ast.walk(function):
            for what, key in _keyed(node):
                source = _source(key, names, file.giving)
                if source:
                    yield {"line": key.lineno, "what": what, "source": source}


def _assigned(node: ast.AST) -> tuple[list[ast.expr], ast.expr | None]:
    if isinstance(node, ast.Assign):
        return node.targets, node.value
    if isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
        return [node.target], node.value
    return [], None


def _keyed(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is guarded by a key, and the key."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "once" and node.args:
            yield "ctx.once", node.args[0]
        for word in node.keywords:
            if word.arg in _NAMED:
                yield "the Idempotency-Key", word.value
    elif isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if name is not None and _is_header(name):
                yield "the Idempotency-Key", value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and _is_header(target.slice):
                yield "the Idempotency-Key", node.value


def _is_header(name: ast.expr) -> bool:
    return (
        isinstance(name, ast.Constant)
        and isinstance(name.value, str)
        and name.value.lower() in _HEADERS
    )


def _source(value: ast.expr, names: dict[str, str], giving: dict[str, str]) -> str:
    """Say what a value is made from: `chance`, `clock` or `day`; empty for neither."""
    for node in ast.walk(value):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            return names[node.id]
        if isinstance(node, ast.Call):
            source = _called(node.func, giving)
            if source:
                return source
    return ""


def _called(function: ast.expr, giving: dict[str, str]) -> str:
    if isinstance(function, ast.Name):
        name = function.id
        if name in giving:
            return giving[name]
        return _sort(name) if name not in ("time", "random", "now", "choice") else ""
    if isinstance(function, ast.Attribute):
        owner = function.value
        last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        return _sort(function.attr) if last in _MODULES else ""
    return ""


def _sort(name: str) -> str:
    for sort, known in (("chance", _CHANCE), ("clock", _CLOCK), ("day", _DAY)):
        if name in known:
            return sort
    return ""
