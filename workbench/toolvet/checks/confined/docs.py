"""Whether any code of a bundle can read docstrings or comments. Runs confined; stdlib only.

A revision that changes a docstring or a comment alone behaves as before, **if** none of its code can
read either. Comments are gone once a file is compiled; a docstring stays as an attribute, and both
stay in the file. So there is a doubt unless nothing in the bundle can reach an attribute by a name
that is not written out, nor a file, a frame, or a module that could:

- every identifier, wherever the grammar has one, is no dunder but a few, and none of those that
  lead to frames, code or attributes by text; so `x.__doc__` cannot be written;
- no text holds two underscores in a row, and nothing that is allowed reads an attribute whose name
  is a text: no `getattr`, `vars`, `eval`; no `format` of a text made at run time; no class made of
  a name and a dictionary, for its `__match_args__` name attributes; no class keywords, for a
  metaclass is handed the docstring;
- only modules that do nothing of the kind are imported, of them only public names that are no
  modules, and a module is only ever the left side of a dot: `json.codecs` opens files;
- the platform evaluates annotations that are texts (`typing.get_type_hints`). So annotations are
  names, subscripts and constants, and a name in them is a builtin, imported, a class, or assigned
  once to such an annotation;
- the author's tests may use of pytest what neither hands out frames nor files, and no docstring
  of theirs may hold the word by which pytest leaves a module alone.

Sound rather than complete: one doubt, in one file, and everything is run again, which costs time and
nothing else. What a revision is known by then, `stripped` says.
"""

import ast
import importlib
import keyword
import re
import sys
import types
from collections.abc import Iterator
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MODULES = frozenset({
    "abc", "array", "base64", "binascii", "bisect", "calendar", "cmath", "collections",
    "collections.abc", "colorsys", "contextlib", "csv", "dataclasses", "datetime", "decimal", "difflib", "enum",
    "fractions", "functools", "graphlib", "hashlib", "heapq", "hmac", "html", "io", "itertools", "json",
    "math", "numbers", "operator", "random", "re", "statistics", "string", "textwrap", "time",
    "typing", "unicodedata", "urllib.parse", "uuid", "zlib", "__future__",
})  # fmt: skip
"""Of the standard library; what they do follows from arguments, clock and chance alone."""
SDK = frozenset({
    "BatchResult", "Context", "Ge", "Gt", "Le", "Lt", "MaxLen", "MinLen", "MultipleOf", "Pattern",
    "ToolError", "Unit", "AddIfAbsent", "Put", "Collection", "Step", "ArgumentError", "File",
})  # fmt: skip
PYTEST = frozenset({"raises", "mark", "param", "approx", "fixture"})
_DUNDERS = frozenset({
    "__init__", "__post_init__", "__str__", "__repr__", "__len__", "__iter__", "__next__",
    "__contains__", "__getitem__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__",
    "__bool__", "__call__", "__enter__", "__exit__", "__name__", "__add__", "__sub__", "__mul__",
    "__all__", "__future__",
})  # fmt: skip
_BUILTINS = frozenset({
    "vars", "globals", "locals", "dir", "eval", "exec", "compile", "open", "help", "input",
    "breakpoint", "memoryview",
})  # fmt: skip
"""Refused as names; as attributes they are something else, such as `re.compile`."""
_REFUSED = frozenset({
    "getattr", "setattr", "delattr", "hasattr", "metaclass",
    "get_type_hints", "ForwardRef", "make_dataclass", "singledispatch", "singledispatchmethod",
    "update_wrapper",   "Formatter", "format_map", "vformat", "get_field",
    "attrgetter", "methodcaller", "get_overloads", "clear_overloads", "no_type_check",
    "traceback", "getrepr", "tb", "f_back", "f_globals", "f_locals", "f_builtins", "getsource",
    "getsourcelines", "read_text", "read_bytes", "getfixturevalue", "file_digest", "EnumMeta",
    "EnumType", "ABCMeta",
})  # fmt: skip
_WATCHED = frozenset({"type", "File", "wraps"})
"""What is harmless in plain use only: a class made of a dictionary, a file of a name, attributes copied
by name."""
_PREFIXES = ("pytest_", "co_", "f_code", "gi_", "cr_", "ag_", "tb_")
_FIXTURES = frozenset({
    "request", "tmp_path", "tmp_path_factory", "tmpdir", "tmpdir_factory", "monkeypatch", "capsys",
    "capfd", "capsysbinary", "capfdbinary", "caplog", "recwarn", "pytestconfig", "cache", "pytester",
    "testdir", "record_property", "record_xml_attribute", "record_testsuite_property", "subtests",
    "doctest_namespace",
})  # fmt: skip
_DONT_REWRITE = "PYTEST_DONT_REWRITE"
_SAFE_TEXT = re.compile(r"[\w\[\], .|]*\Z", re.ASCII)
_TYPES = frozenset({
    "bool", "int", "float", "str", "bytes", "list", "dict", "set", "frozenset", "tuple", "object",
    "None", "type", "complex", "bytearray", "BaseException", "Exception", "range",
})  # fmt: skip
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class _DoubtError(Exception):
    """Something by which a run might tell the texts apart."""


def inspect(files: dict[str, str]) -> dict[str, Json]:
    """Say whether a run might read a docstring, a comment or a file of its own.

    Args:
        files: Every Python file of a bundle, path to text that parses.

    Returns:
        `doubt`: where it might, for people; empty when it cannot.
    """
    trees = {path: ast.parse(text) for path, text in files.items()}
    try:
        bundle = _Bundle(trees)
        for path in trees:
            _File(bundle, path).check()
    except _DoubtError as doubt:
        return {"doubt": str(doubt)[:200]}
    return {"doubt": ""}


# --- what could read them -------------------------------------------------------------------------


class _Bundle:
    """All files of a bundle, for what one takes from another."""

    def __init__(self, trees: dict[str, ast.Module]) -> None:
        self.trees = trees
        self.modules: dict[str, str] = {}
        for path in trees:
            dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            self.modules[dotted] = path
            self.modules.setdefault(dotted.rpartition(".")[2], path)
        self.aliases = {
            alias.asname or alias.name.partition(".")[0]
            for tree in trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }

    def own(self, name: str) -> str:
        """The path of one of its own modules; empty when it is none."""
        return self.modules.get(name, "")


class _File:
    """One file under suspicion."""

    def __init__(self, bundle: _Bundle, path: str) -> None:
        self.bundle, self.path, self.tree = bundle, path, bundle.trees[path]
        self.is_test = path.startswith("tests/") or path.rpartition("/")[2].startswith("test_")
        self.nodes = list(ast.walk(self.tree))
        self.modules: dict[str, str] = {}
        """Local names of imported modules."""
        self.imported: dict[str, tuple[str, str]] = {}
        """Local names of what was imported from a module: the module, and the name there."""
        self.bound = _bindings(self.nodes)

    def doubt(self, node: ast.AST, why: str) -> _DoubtError:
        """Say where and why; the caller raises it."""
        return _DoubtError(f"{self.path}:{getattr(node, 'lineno', 0)}: {why}")

    def check(self) -> None:
        """Find the first doubt.

        Raises:
            _DoubtError: Something might read docstrings or source.
        """
        for node in self.nodes:
            self._imports(node)
        docs = {
            id(node.body[0].value)
            for node in self.nodes
            if isinstance(node, _Documented) and node.body and isinstance(node.body[0], ast.Expr)
        }
        left = {id(node.value) for node in self.nodes if isinstance(node, ast.Attribute)}
        for node in self.nodes:
            self._identifiers(node)
            self._constant(node, is_doc=id(node) in docs)
            self._module_use(node, is_left=id(node) in left)
            self._call(node)
            self._class(node)
        for annotation in _annotations(self.nodes):
            self._annotation(annotation, set())

    def _identifiers(self, node: ast.AST) -> None:
        """Hold every identifier of a node against what is refused, whatever its field is called."""
        if isinstance(node, ast.Constant):
            return
        for _, field in ast.iter_fields(node):
            values = cast("list[object]", field if isinstance(field, list) else [field])
            for name in values:
                if isinstance(name, str):
                    self._name(node, name)

    def _name(self, node: ast.AST, name: str) -> None:
        if isinstance(node, ast.Name | ast.alias) and name in _BUILTINS:
            raise self.doubt(node, f"the name {name}")
        for part in name.split("."):
            hidden = "__" in part and part not in _DUNDERS
            if hidden or part in _REFUSED or part.startswith(_PREFIXES):
                raise self.doubt(node, f"the name {part}")

    def _constant(self, node: ast.AST, *, is_doc: bool) -> None:
        if not isinstance(node, ast.Constant):
            return
        value = node.value
        if is_doc:
            if self.is_test and isinstance(value, str) and _DONT_REWRITE in value:
                raise self.doubt(node, _DONT_REWRITE)
        elif isinstance(value, str | bytes):
            text = value if isinstance(value, str) else value.decode("latin-1")
            if "__" in text and text != "__main__":
                raise self.doubt(node, "a text with two underscores")

    def _imports(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._known_module(node, alias.name)
                if "." in alias.name and not alias.asname:
                    raise self.doubt(node, "a module below a module")
                self.modules[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                local = alias.asname or alias.name
                if alias.name in _WATCHED and local != alias.name:
                    raise self.doubt(node, f"{alias.name} under another name")
                if node.level or self.bundle.own(module):
                    self._own_import(node, module, alias.name, local)
                else:
                    self._known_module(node, module)
                    self._public(node, module, alias.name)
                self.imported[local] = (module, alias.name)

    def _own_import(self, node: ast.AST, module: str, name: str, local: str) -> None:
        if name == "*" or name in self.bundle.aliases:
            raise self.doubt(node, f"import of {name}")
        whole = f"{module}.{name}" if module else name
        if self.bundle.own(whole):
            self.modules[local] = whole

    def _known_module(self, node: ast.AST, module: str) -> None:
        known = module in MODULES or bool(self.bundle.own(module)) or module == "toolvet.sdk"
        if not known and not (self.is_test and module == "pytest"):
            raise self.doubt(node, f"import of {module}")

    def _public(self, node: ast.AST, module: str, name: str) -> None:
        """Refuse a name of a module that is private, a module itself, or not there."""
        if module in {"pytest", "toolvet.sdk"}:
            if name not in (PYTEST if module == "pytest" else SDK):
                raise self.doubt(node, f"{module}.{name}")
        elif path := self.bundle.own(module):
            if name in self.bundle.aliases or name.startswith("_"):
                raise self.doubt(node, f"{name} of {path}")
        elif module == "io" and name not in {"StringIO", "BytesIO"}:
            raise self.doubt(node, f"io.{name}")
        elif name.startswith("_") or name not in _names_of(module):
            raise self.doubt(node, f"{module}.{name}")
        if name in _WATCHED and isinstance(node, ast.Attribute):
            raise self.doubt(node, f"{module}.{name}")

    def _module_use(self, node: ast.AST, *, is_left: bool) -> None:
        """A module is the left side of a dot; what is right of it is public, and no module."""
        if isinstance(node, ast.Name) and node.id in self.modules:
            if not is_left or not isinstance(node.ctx, ast.Load):
                raise self.doubt(node, f"the module {node.id} as a value")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = self.modules.get(node.value.id)
            if module is not None:
                self._public(node, module, node.attr)
                if not isinstance(node.ctx, ast.Load):
                    raise self.doubt(node, f"a change of {module}")

    def _call(self, node: ast.AST) -> None:
        """Formats of texts made at run time, and what opens files or makes classes."""
        if isinstance(node, ast.Attribute) and node.attr == "format" and not _is_text(node.value):
            raise self.doubt(node, "a format made at run time")
        watched = node if isinstance(node, ast.Name) and node.id in _WATCHED else None
        if watched is not None and not self._is_plain_use(watched):
            raise self.doubt(node, f"a use of {watched.id}")
        if isinstance(node, ast.arg) and self.is_test and node.arg in _FIXTURES:
            raise self.doubt(node, f"the fixture {node.arg}")

    def _is_plain_use(self, name: ast.Name) -> bool:
        """`type(x)` and `wraps(f)` with one argument, and any of the names in an annotation."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and node.func is name:
                is_one = len(node.args) == 1 and not isinstance(node.args[0], ast.Starred)
                return name.id != "File" and is_one and not node.keywords
        return any(
            part is name for annotation in _annotations(self.nodes) for part in ast.walk(annotation)
        )

    def _class(self, node: ast.AST) -> None:
        if isinstance(node, ast.ClassDef) and any(
            word.arg not in {"total", "frozen"} for word in node.keywords
        ):
            raise self.doubt(node, "a class keyword")

    # --- annotations, which the platform evaluates ---

    def _annotation(self, node: ast.AST, seen: set[str]) -> None:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and not _SAFE_TEXT.match(node.value):
                raise self.doubt(node, "an annotation that is a text")
            if isinstance(node.value, str):
                for word in re.findall(r"\w+", node.value):
                    if not keyword.iskeyword(word):
                        self._type_name(node, word, seen)
        elif isinstance(node, ast.Name):
            self._type_name(node, node.id, seen)
        elif isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id in self.modules):
                raise self.doubt(node, "an annotation with a dot")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            self._annotation(node.left, seen)
            self._annotation(node.right, seen)
        elif isinstance(node, ast.Tuple | ast.List):
            for item in node.elts:
                self._annotation(item, seen)
        elif isinstance(node, ast.Subscript):
            self._subscript(node, seen)
        else:
            raise self.doubt(node, "an annotation of another form")

    def _subscript(self, node: ast.Subscript, seen: set[str]) -> None:
        self._annotation(node.value, seen)
        origin = self._typing_name(node.value)
        if origin == "Literal":
            return
        if origin == "Annotated" and isinstance(node.slice, ast.Tuple):
            self._annotation(node.slice.elts[0], seen)
            return
        self._annotation(node.slice, seen)

    def _typing_name(self, node: ast.AST) -> str:
        """What of `typing` a name or attribute is, if it is bound once."""
        if isinstance(node, ast.Name) and self.bound.get(node.id) == 1:
            module, name = self.imported.get(node.id, ("", ""))
            return name if module == "typing" else ""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr if self.modules.get(node.value.id) == "typing" else ""
        return ""

    def _type_name(self, node: ast.AST, name: str, seen: set[str]) -> None:
        if name in seen or (name in _TYPES and name not in self.bound) or name in self.modules:
            return
        if self.bound.get(name) != 1:
            raise self.doubt(node, f"the annotation {name}, which is not bound once")
        seen = seen | {name}
        if name in self.imported:
            module, there = self.imported[name]
            if path := self.bundle.own(module):
                _File(self.bundle, path)._declared(node, there, seen)
            return
        self._declared(node, name, seen)

    def _declared(self, node: ast.AST, name: str, seen: set[str]) -> None:
        """A class, or an alias that is an annotation itself, at the top level."""
        if self.bound.get(name) != 1:
            raise self.doubt(node, f"the annotation {name}, which is not bound once")
        for item in self.tree.body:
            if isinstance(item, ast.ClassDef) and item.name == name:
                return
            targets = item.targets if isinstance(item, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                self._all_imports()
                self._annotation(item.value, seen)  # type: ignore[union-attr]
                return
        raise self.doubt(node, f"the annotation {name}")

    def _all_imports(self) -> None:
        if not self.imported and not self.modules:
            for node in self.nodes:
                self._imports(node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _names_of(module: str) -> frozenset[str]:
    """Public names of a module of the standard library that are no modules themselves."""
    if module not in sys.modules:
        importlib.import_module(module)
    return frozenset(
        name
        for name, value in vars(sys.modules[module]).items()
        if not isinstance(value, types.ModuleType)
    )


def _bindings(nodes: list[ast.AST]) -> dict[str, int]:
    """How often each name is given a meaning, anywhere in a file."""
    found: dict[str, int] = {}
    for node in nodes:
        names: list[str] = []
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names = [node.id]
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.Global | ast.Nonlocal):
            names = node.names
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names = [node.name]
        for name in names:
            found[name] = found.get(name, 0) + 1
    return found


def _annotations(nodes: list[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        found: ast.expr | None = None
        if isinstance(node, ast.AnnAssign | ast.arg):
            found = node.annotation
        elif isinstance(node, _Function):
            found = node.returns
        if found is not None:
            yield found
