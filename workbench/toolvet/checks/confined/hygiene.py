"""What a reader of one Python file might not see. Runs confined; stdlib only.

Text that parses otherwise than it reads (encodings, look-alike names), comments that ask a checker
to look away, and tests that do not test. Characters are looked at in `letters`.
"""

import ast
import io
import re
import tokenize
import unicodedata
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_FINDINGS = 200
SUPPRESSION = re.compile(
    r"\b(nosem(?:grep)?|nosec|noqa|type:\s*ignore|pyright:\s*ignore|mypy:|pragma:\s*no\s*cover"
    r"|pylint:\s*disable|ruff:\s*noqa)",
    re.IGNORECASE,
)
_DODGES = {
    "pytest.skip", "pytest.importorskip", "pytest.xfail", "pytest.exit", "pytest.mark.skip",
    "pytest.mark.skipif", "pytest.mark.xfail", "unittest.skip", "unittest.skipIf",
    "unittest.skipUnless", "unittest.expectedFailure", "os._exit", "sys.exit", "sys.modules",
    "os.abort", "os.kill", "__test__", "pytestmark", "pytest_plugins", "collect_ignore",
    "collect_ignore_glob", "pytest.main", "pytest.hookimpl", "pytest.Item", "pytest.Session",
    "unittest.SkipTest", "sys.settrace", "sys.setprofile", "sys._getframe", "sys.excepthook",
    "sys.meta_path", "sys.path_hooks", "sys.monitoring", "sys.stdout", "sys.__stdout__",
    "threading.settrace", "threading.setprofile", "os.fork", "os.forkpty", "os.dup", "os.dup2",
    "os.write", "os.fdopen", "os.pipe", "os.close", "os.closerange", "os.environ", "os.getpid",
    "__builtins__", "SystemExit", "KeyboardInterrupt",
}  # fmt: skip
_DODGING_MODULES = {
    "_pytest", "pluggy", "gc", "atexit", "ctypes", "inspect", "importlib", "signal", "builtins",
    "faulthandler", "coverage", "sitecustomize",
}  # fmt: skip
_DODGING_TEXTS = ("/proc/", "/dev/fd", "TOOLVET_", "PYTEST_", "_pytest.")
_ALWAYS = {"__eq__", "__ne__", "__bool__", "__class__", "__instancecheck__"}
"""Methods by which an object can say that it is whatever it is held against."""


def inspect(source: str, is_test: bool) -> dict[str, Json]:  # noqa: FBT001 - called with JSON
    """Look at one file.

    Args:
        source: Its text.
        is_test: Whether it belongs to the author's tests.

    Returns:
        `findings` (rule, line, end_line, detail), `tests` (names as pytest writes them, without
        the file), `raises` and `classes` (names, sorted), `parsed`.
    """
    findings: list[Json] = [*_cookie(source)]
    try:
        tree = ast.parse(source)
        findings += _tokens(source)
    except SyntaxError as error:
        return _unreadable(findings, error.msg, error.lineno or 0)
    except (tokenize.TokenError, ValueError, RecursionError, MemoryError) as error:
        deep = isinstance(error, RecursionError | MemoryError)  # the parser's stack is full
        return _unreadable(findings, "nested too deeply" if deep else type(error).__name__, 0)
    findings += _suppressing_names(tree)
    if is_test:
        findings += _dodges(tree)
    tests: list[Json] = [*_tests(tree)] if is_test else []
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    return {
        "parsed": True,
        "findings": findings[:MAX_FINDINGS],
        "tests": tests,
        "classes": [*sorted(classes)],
        "raises": [*sorted(_raised(tree))],
    }


def _found(rule: str, line: int, detail: str, end_line: int = 0) -> dict[str, Json]:
    return {"rule": rule, "line": line, "end_line": end_line or line, "detail": detail[:200]}


def _unreadable(findings: list[Json], message: str, line: int) -> dict[str, Json]:
    found: list[Json] = [*findings[: MAX_FINDINGS - 1], _found("syntax", line, message)]
    return {"parsed": False, "findings": found, "tests": [], "classes": [], "raises": []}


def _cookie(source: str) -> list[Json]:
    data = source.encode("utf-8", "surrogatepass")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        return [_found("coding", 1, str(error))]
    return [] if encoding == "utf-8" else [_found("coding", 1, encoding)]


def _tokens(source: str) -> list[Json]:
    found: list[Json] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and not token.string.isascii():
            name = f"{token.string!a} ({_letters(token.string)})"
            found.append(_found("identifier", token.start[0], name))
        elif token.type == tokenize.COMMENT and (match := SUPPRESSION.search(token.string)):
            found.append(_found("suppression", token.start[0], match.group(0)))
    return found


def _letters(name: str) -> str:
    strange = sorted({mark for mark in name if not mark.isascii()})
    return ", ".join(f"U+{ord(m):04X} {unicodedata.name(m, '?')}" for m in strange[:3])


def _suppressing_names(tree: ast.Module) -> list[Json]:
    return [
        _found("suppression", node.lineno, name)
        for node in ast.walk(tree)
        if (name := _dotted(node)).rpartition(".")[2] in {"no_type_check", "TYPE_CHECKING"}
        and isinstance(node, ast.Name | ast.Attribute)
    ]


def _dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _dodges(tree: ast.Module) -> list[Json]:
    """Name what can make a test run look better than it is."""
    found: list[Json] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = [module] if module else [alias.name for alias in node.names]
            full = [f"{module}.{alias.name}" for alias in node.names] if module else []
            bad = {n for n in names if n.partition(".")[0] in _DODGING_MODULES} | (
                _DODGES.intersection(full)
            )
            found += [_found("test-dodge", node.lineno, name) for name in sorted(bad)]
        elif isinstance(node, ast.Name | ast.Attribute) and _dotted(node) in _DODGES:
            found.append(_found("test-dodge", node.lineno, _dotted(node)))
        elif isinstance(node, ast.FunctionDef) and _takes_part(node.name):
            found.append(_found("test-dodge", node.lineno, node.name))
        elif isinstance(node, ast.Name) and node.id in _ALWAYS:
            found.append(_found("test-dodge", node.lineno, node.id))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            found += [_found("test-dodge", node.lineno, t) for t in _DODGING_TEXTS if t in text]
    return found


def _takes_part(name: str) -> bool:
    """Tell whether a function decides on equality, or is one that pytest calls by its name."""
    return name in _ALWAYS or name.startswith("pytest_")


def _tests(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_test(node.name):
            names.append(node.name)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            names += [
                f"{node.name}::{item.name}"
                for item in node.body
                if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and _is_test(item.name)
            ]
    return names


def _is_test(name: str) -> bool:
    return name.startswith("test")


def _raised(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            found.add(_dotted(target).rpartition(".")[2])
    return found - {""}
