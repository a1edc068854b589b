"""Code that looks when, where or under what it runs, or works while it is imported. Runs confined.

Code that knows it is watched may behave only then. So conditions are read: on the clock held against
a date that is written out, on chance, on the machine, on a test runner in the same process. Stdlib
only; it reads names and constants, and follows assignments within a file.
"""

import ast
from collections.abc import Iterator
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Found: TypeAlias = "tuple[str, ast.AST, str]"

MAX_FINDINGS = 200
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_CLOCKS = frozenset({
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
    "datetime.date.today",
})  # fmt: skip
_DATES = frozenset({
    "datetime.datetime", "datetime.date", "datetime.datetime.fromisoformat",
    "datetime.date.fromisoformat", "datetime.datetime.strptime", "datetime.datetime.fromtimestamp",
})  # fmt: skip
_CHANCES = frozenset({
    "random.random", "random.randint", "random.randrange", "random.choice", "random.uniform",
    "random.getrandbits", "secrets.randbelow", "secrets.choice",
})  # fmt: skip
_MACHINE = frozenset({
    "socket.gethostname", "socket.getfqdn", "getpass.getuser", "os.getlogin", "os.uname",
    "os.getuid", "os.geteuid", "os.getppid", "platform.node", "platform.uname", "uuid.getnode",
    "os.getpgid", "os.ttyname", "os.isatty", "sys.gettrace", "sys.getprofile", "os.getcwd",
})  # fmt: skip
_PLACES = ("/proc/", "/.dockerenv", "/run/.containerenv", "/sys/class/net", "/sys/class/dmi")
_TEST_WORDS = frozenset({
    "pytest", "_pytest", "unittest", "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "py.test",
    "TOOLVET_REPORT_FD", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "pydevd", "coverage", "hypothesis",
})  # fmt: skip
_WAITS = frozenset({"time.sleep", "input", "signal.pause", "asyncio.run", "threading.Event"})
_EFFECTS = (
    "socket.", "urllib.request.", "http.client.", "smtplib.", "requests.", "httpx.", "subprocess.",
    "os.system", "os.popen", "shutil.", "ftplib.", "multiprocessing.", "threading.Timer",
)  # fmt: skip


def inspect(source: str) -> dict[str, Json]:
    """Look at one file that does not belong to the author's tests.

    Args:
        source: Text that parses.

    Returns:
        `findings`: rule, line, end_line, detail.
    """
    code = _Code(ast.parse(source))
    found = [
        *_at_import(code), *_under_test(code), *_machine(code), *_time_bombs(code), *_threads(code),
    ]  # fmt: skip
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

    def __init__(self, tree: ast.Module) -> None:
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


def _at_import(code: _Code) -> Iterator[Found]:
    """Calls that are made while the module is imported."""
    waiting: list[ast.AST] = [*code.tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Function):
            waiting += [*node.decorator_list, *node.args.defaults]
            continue
        if isinstance(node, ast.Lambda) or _is_main_guard(node):
            continue
        if isinstance(node, ast.Call):
            called = code.name(node.func)
            if called in _WAITS or called.startswith(_EFFECTS):
                yield "import-effect", node, called
        if isinstance(node, ast.While):
            yield "import-effect", node, "a loop without a known end"
        waiting += ast.iter_child_nodes(node)


def _is_main_guard(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and ast.unparse(node.test.left) == "__name__"
    )


def _conditions(code: _Code) -> Iterator[ast.expr]:
    """Whatever decides which code runs next."""
    for node in code.nodes:
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            yield node.test
        elif isinstance(node, ast.Match):
            yield node.subject
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.Compare | ast.BoolOp):
            yield node


def _under_test(code: _Code) -> Iterator[Found]:
    for node in code.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if text.startswith("PYTEST_") or text in {"TOOLVET_REPORT_FD", "TOOLVET_HOME"}:
                yield "knows-tests", node, text
            elif any(place in text for place in _PLACES) and len(text) < 200:
                yield "looks-around", node, text
        elif isinstance(node, ast.Compare):
            words = {
                part.value for part in ast.walk(node)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            }  # fmt: skip
            names = {code.name(part) for part in ast.walk(node)}
            if (words & _TEST_WORDS and names & {"sys.modules", "sys.argv", "os.environ"}) or (
                words & {"CI", "GITHUB_ACTIONS"} and "os.environ" in names
            ):
                yield "knows-tests", node, ast.unparse(node)[:120]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names}
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            tops = {name.partition(".")[0] for name in ({module} if module else names)}
            if tops & {"pytest", "_pytest", "unittest"}:
                yield "knows-tests", node, f"imports {sorted(tops)[0]}"


def _machine(code: _Code) -> Iterator[Found]:
    tainted = _assigned(code, _MACHINE)
    for test in _conditions(code):
        for part in ast.walk(test):
            name = code.name(part.func) if isinstance(part, ast.Call) else ""
            if name in _MACHINE or (isinstance(part, ast.Name) and part.id in tainted):
                yield "looks-around", test, ast.unparse(test)[:120]
                break


def _time_bombs(code: _Code) -> Iterator[Found]:
    clocks, chances = _assigned(code, _CLOCKS), _assigned(code, _CHANCES)
    dates = _written_dates(code)
    for test in _conditions(code):
        if not isinstance(test, ast.Compare):
            continue
        sides = [test.left, *test.comparators]
        timed = [side for side in sides if _reads(side, code, _CLOCKS, clocks)]
        if timed and any(_is_date(side, code, dates, timed) for side in sides if side not in timed):
            yield "time-bomb", test, ast.unparse(test)[:120]
        elif any(_reads(side, code, _CHANCES, chances) for side in sides) and any(
            isinstance(side, ast.Constant) for side in sides
        ):
            yield "by-chance", test, ast.unparse(test)[:120]


def _assigned(code: _Code, wanted: frozenset[str]) -> set[str]:
    """Names that are given the result of one of some calls, by themselves or in a chain of calls."""
    found: set[str] = set()
    for node in code.nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if _reads(node.value, code, wanted, set()):
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def _reads(node: ast.AST, code: _Code, wanted: frozenset[str], names: set[str]) -> bool:
    """Tell whether an expression is one of some calls, or made of its result."""
    while True:
        if isinstance(node, ast.Call):
            if code.name(node.func) in wanted:
                return True
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            plain = called in {"int", "str", "float", "round"} and node.args
            node = node.args[0] if plain else node.func
        elif isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.BinOp):
            node = node.left
        else:
            return isinstance(node, ast.Name) and node.id in names


def _written_dates(code: _Code) -> set[str]:
    """Names of moments that are written out."""
    return {
        target.id
        for node in code.nodes
        if isinstance(node, ast.Assign) and _is_date(node.value, code, set(), [])
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_date(node: ast.AST, code: _Code, names: set[str], timed: list[ast.expr]) -> bool:
    """Tell whether an expression is a moment that is written out."""
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Call) and code.name(node.func) in _DATES:
        return bool(node.args) and all(isinstance(arg, ast.Constant) for arg in node.args)
    if isinstance(node, ast.Constant):
        is_year = any(isinstance(side, ast.Attribute) and side.attr == "year" for side in timed)
        later = isinstance(node.value, int) and node.value > 2000
        return _is_iso(node.value) or _is_stamp(node.value) or (is_year and later)
    return False


def _is_iso(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) >= 8
        and value[:2] in {"19", "20"}
        and (value[:4].isdigit() and value[4] in "-/0123456789")
    )


def _is_stamp(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 1_000_000_000


def _threads(code: _Code) -> Iterator[Found]:
    joined = any(isinstance(node, ast.Attribute) and node.attr == "join"
                 and not isinstance(node.value, ast.Constant) for node in code.nodes)  # fmt: skip
    for node, called in code.calls():
        if called == "threading.Timer" or (called == "threading.Thread" and not joined):
            yield "left-running", node, called
