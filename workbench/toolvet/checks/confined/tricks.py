"""Names that are not what they seem, and other people's code replaced. Runs confined; stdlib only.

What pattern rules miss: dangerous names put together out of pieces or looked up by text, attributes
of imported modules changed, builtins given another meaning, objects made out of bytes. It reads names
and constants, and follows neither calls nor values; what it cannot see, the walls must hold.
"""

import ast
import base64
import binascii
import builtins
from collections.abc import Iterator
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Found: TypeAlias = "tuple[str, ast.AST, str]"

MAX_FINDINGS = 200
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_DANGEROUS = frozenset({
    "eval", "exec", "compile", "__import__", "__builtins__", "builtins", "system", "popen",
    "subprocess", "importlib", "__globals__", "__subclasses__", "__class__", "__mro__", "__code__",
    "__getattribute__", "import_module", "check_output", "posix", "ctypes", "pickle", "marshal",
    "socket", "_getframe", "__dict__", "__loader__",
})  # fmt: skip
"""Names that nobody puts together out of pieces for a good reason."""
_ORDINARY = frozenset({"system", "compile", "socket", "__class__", "__dict__"})
"""Attributes that somebody may look up under a name that is written out."""
_LOADERS = frozenset({
    "pickle.load", "pickle.loads", "pickle.Unpickler", "_pickle.loads", "_pickle.load",
    "cPickle.loads", "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads",
    "joblib.load", "marshal.load", "marshal.loads", "shelve.open", "jsonpickle.decode",
    "jsonpickle.loads", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load",
    "yaml.full_load_all", "pandas.read_pickle", "torch.load", "copyreg.pickle",
    "copyreg.add_extension", "multiprocessing.connection.Client",
})  # fmt: skip
_YAML = frozenset({"yaml.load", "yaml.load_all"})
_PATCHABLE = frozenset({"prec", "rounding"})
"""Settings that are made by assignment: `decimal.DefaultContext.prec = 28`."""
_SHADOWED = frozenset({
    "len", "isinstance", "issubclass", "sorted", "print", "open", "eval", "exec", "compile",
    "getattr", "setattr", "hasattr", "int", "str", "bool", "float", "dict", "list", "set", "tuple",
    "Exception", "BaseException", "ValueError", "TypeError", "KeyError", "AssertionError", "repr",
    "all", "any", "sum", "min", "max", "zip", "map", "iter", "next", "range", "enumerate",
})  # fmt: skip


def inspect(source: str, is_test: bool, own: list[str]) -> dict[str, Json]:  # noqa: FBT001 - called with JSON
    """Look at one file.

    Args:
        source: Text that parses.
        is_test: Whether it belongs to the author's tests.
        own: Top-level names of the bundle's modules.

    Returns:
        `findings`: rule, line, end_line, detail.
    """
    tree = ast.parse(source)
    code = _Code(tree, frozenset(own))
    found = [*_hidden_names(code), *_patches(code)]
    if not is_test:
        found += [*_loads(code), *_shadows(tree)]
    said: dict[tuple[str, int, str], dict[str, Json]] = {}
    for rule, node, detail in found:
        line: int = getattr(node, "lineno", 1)
        end: int = getattr(node, "end_lineno", None) or line
        entry: dict[str, Json] = {
            "rule": rule, "line": line, "end_line": end, "detail": detail[:200]
        }  # fmt: skip
        said.setdefault((rule, line, detail), entry)
    ordered = sorted(said.items(), key=lambda item: item[0][1])
    return {"findings": [entry for _, entry in ordered[:MAX_FINDINGS]]}


class _Code:
    """A file and what its names were imported as."""

    def __init__(self, tree: ast.Module, own: frozenset[str]) -> None:
        self.tree = tree
        self.nodes = list(ast.walk(tree))
        self.aliases: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    self.aliases[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    self.aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        self.foreign = {
            name
            for name, module in self.aliases.items()
            if (top := module.partition(".")[0]) not in own and not top.startswith("test")
        }

    def name(self, node: ast.AST) -> str:
        """The dotted name of an expression, imports followed; empty when it has none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.aliases.get(node.id, node.id), *reversed(parts)])

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call, and what is called."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node, self.name(node.func)


# --- names put together out of pieces -------------------------------------------------------------


def _hidden_names(code: _Code) -> Iterator[Found]:
    for node in code.nodes:
        if isinstance(node, ast.BinOp | ast.Call | ast.Subscript | ast.JoinedStr):
            text = _folded(node)
            if text in _DANGEROUS:
                yield "hidden-name", node, text
        if isinstance(node, ast.Call):
            called = code.name(node.func)
            literal = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if called in {"operator.attrgetter", "operator.methodcaller"}:
                odd = [name for name in literal if isinstance(name, str) and "__" in name]
                if odd or len(literal) < min(1, len(node.args)):
                    yield "reflection", node, f"{called} with a name that is not plain"
            elif called in {"getattr", "setattr", "hasattr"} and len(node.args) > 1:
                name = literal[0] if literal else None
                if isinstance(name, str) and name in _DANGEROUS - _ORDINARY:
                    yield "hidden-name", node, name
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and node.slice.value in _DANGEROUS
            and _is_namespace(node.value, code)
        ):
            yield "hidden-name", node, str(node.slice.value)
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "__dict__"
            and _is_import(node.value, code)
        ):
            yield "reflection", node, f"the names of {code.name(node.value)}"


def _is_import(node: ast.AST, code: _Code) -> bool:
    return isinstance(node, ast.Name) and node.id in code.aliases


def _is_namespace(node: ast.AST, code: _Code) -> bool:
    """`globals()`, `vars(x)`, `x.__dict__`, `__builtins__`."""
    if isinstance(node, ast.Call):
        return code.name(node.func) in {"globals", "locals", "vars"}
    return (isinstance(node, ast.Attribute) and node.attr == "__dict__") or (
        isinstance(node, ast.Name) and node.id == "__builtins__"
    )


def _folded(node: ast.AST, depth: int = 0) -> str:
    """The text that an expression of constants gives; empty when it cannot be told."""
    if depth > 24:
        return ""
    if isinstance(node, ast.Constant):
        return node.value[:4000] if isinstance(node.value, str) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _folded(node.left, depth + 1), _folded(node.right, depth + 1)
        return (left + right)[:4000] if left and right else ""
    if isinstance(node, ast.JoinedStr):
        parts = [
            _folded(part.value if isinstance(part, ast.FormattedValue) else part, depth + 1)
            for part in node.values
        ]
        return "".join(parts) if all(parts) and len(parts) > 1 else ""
    if isinstance(node, ast.Subscript):
        return _reversed(node, depth)
    return _folded_call(node, depth) if isinstance(node, ast.Call) else ""


def _reversed(node: ast.Subscript, depth: int) -> str:
    part = node.slice
    if not isinstance(part, ast.Slice) or part.lower or part.upper:
        return ""
    step = part.step
    is_back = isinstance(step, ast.UnaryOp) and ast.unparse(step) == "-1"
    return _folded(node.value, depth + 1)[::-1] if is_back else ""


def _folded_call(node: ast.Call, depth: int) -> str:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "chr" and node.args and isinstance(node.args[0], ast.Constant):
        value = node.args[0].value
        return chr(value) if isinstance(value, int) and 0 < value < 0x110000 else ""
    if not isinstance(node.func, ast.Attribute):
        return ""
    method, owner = node.func.attr, node.func.value
    if method == "join" and isinstance(owner, ast.Constant) and isinstance(owner.value, str):
        return _joined(owner.value, node, depth)
    if method == "replace" and len(node.args) == 2:
        whole, old = _folded(owner, depth + 1), _folded(node.args[0], depth + 1)
        new = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
        return whole.replace(old, new)[:4000] if whole and old and isinstance(new, str) else ""
    if method in {"lower", "upper", "strip", "swapcase"} and not node.args:
        return str(getattr(_folded(owner, depth + 1), method)())
    if method == "decode":
        return _decoded(owner)
    return ""


def _joined(glue: str, node: ast.Call, depth: int) -> str:
    if not node.args:
        return ""
    items = node.args[0]
    if isinstance(items, ast.List | ast.Tuple):
        parts = [_folded(item, depth + 1) for item in items.elts[:200]]
        return glue.join(parts)[:4000] if all(parts) else ""
    if isinstance(items, ast.Call) and ast.unparse(items.func) == "reversed" and items.args:
        return glue.join(reversed(_folded(items.args[0], depth + 1)))
    if isinstance(items, ast.Call) and ast.unparse(items.func) == "map" and len(items.args) == 2:
        return _chars(items.args[1]) if ast.unparse(items.args[0]) == "chr" else ""
    if isinstance(items, ast.GeneratorExp | ast.ListComp) and ast.unparse(items.elt).startswith(
        "chr("
    ):
        return _chars(items.generators[0].iter)
    return ""


def _chars(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return node.value[:4000].decode("latin-1")
    if not isinstance(node, ast.List | ast.Tuple):
        return ""
    values = [item.value for item in node.elts[:500] if isinstance(item, ast.Constant)]
    return "".join(chr(v) for v in values if isinstance(v, int) and 0 < v < 0x110000)


def _decoded(node: ast.AST) -> str:
    """What `base64.b64decode(…).decode()` and `bytes.fromhex(…).decode()` give."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return node.value[:4000].decode("latin-1")
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute)):
        return ""
    first = node.args[0]
    value = first.value if isinstance(first, ast.Constant) else b""
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if not isinstance(data, bytes):
        return ""
    try:
        if node.func.attr in {"b64decode", "urlsafe_b64decode", "standard_b64decode"}:
            return base64.b64decode(data[:4000]).decode("latin-1")
        if node.func.attr in {"fromhex", "unhexlify"}:
            return bytes.fromhex(data[:4000].decode("ascii")).decode("latin-1")
    except (ValueError, binascii.Error):
        return ""
    return ""


# --- other people's code changed ------------------------------------------------------------------


def _patches(code: _Code) -> Iterator[Found]:
    for node in code.nodes:
        for target in _targets(node):
            base = _base(target)
            if isinstance(target, ast.Attribute) and base in code.foreign | {"builtins"}:
                if target.attr not in _PATCHABLE:
                    yield "patch", node, code.name(target) or target.attr
            elif isinstance(target, ast.Subscript) and base in code.foreign:
                name = code.name(target.value)
                if name.endswith((".__dict__", "sys.modules")):
                    yield "patch", node, name
        if (
            isinstance(node, ast.Call)
            and code.name(node.func) in {"setattr", "delattr"}
            and node.args
            and _base(node.args[0]) in code.foreign | {"builtins"}
        ):
            yield "patch", node, ast.unparse(node.args[0])[:80]


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign | ast.Delete):
        return [
            part
            for target in node.targets
            for part in (target.elts if isinstance(target, ast.Tuple | ast.List) else [target])
        ]
    if isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
        return [node.target]
    return []


def _base(node: ast.AST) -> str:
    """The name that a chain of attributes begins with; a call on the way makes it a value."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _shadows(tree: ast.Module) -> Iterator[Found]:
    for node in tree.body:
        names = [node.name] if isinstance(node, _Function | ast.ClassDef) else []
        names += [item.id for item in _targets(node) if isinstance(item, ast.Name)]
        for name in names:
            if name in _SHADOWED and hasattr(builtins, name):
                yield "shadows-builtin", node, name


def _loads(code: _Code) -> Iterator[Found]:
    for node, called in code.calls():
        keywords = {word.arg: ast.unparse(word.value) for word in node.keywords}
        given = [*map(ast.unparse, node.args), *keywords.values()]
        safe = any("SafeLoader" in text or "BaseLoader" in text for text in given)
        if (
            (called in _LOADERS and keywords.get("weights_only") != "True")
            or (called in _YAML and not safe)
            or (called == "numpy.load" and keywords.get("allow_pickle") == "True")
        ):
            yield "deserialise", node, called
