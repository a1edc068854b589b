"""Which effects the code of one file can reach, by name. Runs confined; stdlib only.

Follows import aliases, so that `from os import system as s` is still `os.system`. It reads names,
not values: what it cannot read (a built attribute name, a module imported by text) it reports.
"""

import ast
from collections.abc import Iterator
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
_Function = ast.FunctionDef | ast.AsyncFunctionDef

MAX_USES = 300

# Names as they are imported; an entry also covers everything below it.
GROUPS: dict[str, tuple[str, ...]] = {
    "network": (
        "socket", "socketserver", "ssl", "urllib.request", "http.client", "http.server", "ftplib",
        "smtplib", "poplib", "imaplib", "nntplib", "telnetlib", "xmlrpc", "webbrowser",
        "asyncio.open_connection", "asyncio.start_server", "asyncio.open_unix_connection",
        "requests", "httpx", "aiohttp", "urllib3", "paramiko", "psycopg", "psycopg2", "asyncpg",
        "pymysql", "pymongo", "redis", "websockets", "boto3", "grpc", "zmq", "dns",
    ),
    "processes": (
        "subprocess", "multiprocessing", "pty", "os.system", "os.popen", "os.fork", "os.forkpty",
        "os.execl", "os.execle", "os.execlp", "os.execlpe", "os.execv", "os.execve", "os.execvp",
        "os.execvpe", "os.spawnl", "os.spawnle", "os.spawnlp", "os.spawnlpe", "os.spawnv",
        "os.spawnve", "os.spawnvp", "os.spawnvpe", "os.posix_spawn", "os.posix_spawnp", "os.kill",
        "os.killpg", "concurrent.futures.ProcessPoolExecutor", "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell", "os.startfile",
    ),
    "files": (
        "open", "io.open", "io.FileIO", "io.open_code", "codecs.open", "pathlib.Path",
        "pathlib.PosixPath", "shutil", "glob", "fileinput", "sqlite3.connect", "sqlite3.dbapi2", "dbm", "shelve", "mmap",
        "linecache", "os.open", "os.remove", "os.unlink", "os.rename", "os.renames", "os.replace",
        "os.mkdir", "os.makedirs", "os.rmdir", "os.removedirs", "os.listdir", "os.scandir",
        "os.walk", "os.fwalk", "os.stat", "os.lstat", "os.chmod", "os.chown", "os.link",
        "os.symlink", "os.readlink", "os.truncate", "os.utime", "os.mkfifo", "os.mknod",
        "os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.getsize", "os.chdir",
    ),
    "scratch": ("tempfile",),
    "environment": (
        "os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.getlogin",
        "os.getcwd", "os.uname", "platform", "getpass", "pwd", "locale.getlocale",
    ),
    "clock": (
        "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime",
        "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
        "datetime.date.today",
    ),
    "random": (
        "secrets", "uuid.uuid1", "uuid.uuid4", "os.urandom", "os.getrandom", "random.random",
        "random.randint", "random.randrange", "random.choice", "random.choices", "random.sample",
        "random.shuffle", "random.uniform", "random.gauss", "random.getrandbits",
        "random.randbytes", "random.SystemRandom",
    ),
    "dynamic": (
        "eval", "exec", "compile", "__import__", "__builtins__", "builtins", "importlib", "imp",
        "runpy", "code", "codeop", "pkgutil", "zipimport", "marshal",
    ),
    "inner": (
        "ctypes", "cffi", "_ctypes", "gc", "sys.modules", "sys._getframe", "sys.settrace",
        "sys.setprofile", "sys.meta_path", "sys.path", "sys.addaudithook", "inspect.currentframe",
        "inspect.stack", "os._exit", "os.abort", "atexit", "signal", "faulthandler", "resource",
        "os.dup2", "os.write", "os.read", "os.pipe", "os.fdopen", "_thread", "_posixsubprocess",
        "_socket", "posix", "_io", "_pickle",
    ),
}  # fmt: skip
INNER_ATTRIBUTES = frozenset({
    "__subclasses__", "__globals__", "__builtins__", "__code__", "__bases__", "__mro__", "__base__",
    "__closure__", "__getattribute__", "f_globals", "f_locals", "f_back", "f_builtins", "gi_frame",
    "cr_frame", "tb_frame", "__loader__", "__spec__",
})  # fmt: skip
BUILTINS = frozenset({"open", "eval", "exec", "compile", "__import__", "__builtins__"})
"""Names of the table that are there without an import."""

_BY_NAME = {name: group for group, names in GROUPS.items() for name in names}


def inspect(source: str) -> dict[str, Json]:
    """List the effects that one file can reach.

    Args:
        source: Text that parses.

    Returns:
        `uses`: a list of `{group, name, line, end_line}`, one for each name and line.
    """
    tree = ast.parse(source)
    aliases = _aliases(tree)
    found: dict[tuple[str, str, int], int] = {}
    for group, name, node in (*_imports(tree), *_names(tree, aliases), *_context_uses(tree)):
        found.setdefault((group, name, node.lineno), node.end_lineno or node.lineno)
    uses: list[Json] = [
        {"group": group, "name": name[:100], "line": line, "end_line": end}
        for (group, name, line), end in sorted(found.items(), key=lambda item: item[0][2])
    ]
    return {"uses": uses[:MAX_USES], "cut": len(uses) > MAX_USES}


def _group(name: str) -> str:
    """The group of the longest known name that this one is or lies below."""
    while name:
        if name in _BY_NAME:
            return _BY_NAME[name]
        name = name.rpartition(".")[0]
    return ""


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Local name to what it was imported as."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _imports(tree: ast.Module) -> Iterator[tuple[str, str, ast.stmt]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            if any(alias.name == "*" for alias in node.names):
                yield "dynamic", f"from {node.module} import *", node
        else:
            names = []
        for name in names:
            if group := _group(name):
                yield group, name, node
        if name := _test_module(node):
            yield "tests", name, node


def _test_module(node: ast.Import | ast.ImportFrom) -> str:
    """The module of the author's tests that is imported here; less is asked of such files."""
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names.append(node.module or "")
    for name in names:
        if any(part == "tests" or part.startswith("test_") for part in name.split(".")):
            return name
    return ""


def _names(tree: ast.Module, aliases: dict[str, str]) -> Iterator[tuple[str, str, ast.expr]]:
    own = _bound(tree) - set(aliases)
    in_memory = _memory_databases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in INNER_ATTRIBUTES:
            yield "inner", node.attr, node
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            name = _resolve(node, aliases)
            if (group := _group(name)) and name not in own and id(node) not in in_memory:
                yield group, name, node
        if isinstance(node, ast.Call) and _is_built_attribute(node):
            yield (
                "built-name",
                f"{ast.unparse(node.func)} with a name that is not written out",
                node,
            )


def _resolve(node: ast.expr, aliases: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    if node.id not in aliases and (parts or node.id not in BUILTINS):
        return ""  # a local value, or an attribute of one, such as `file.open`
    return ".".join([aliases.get(node.id, node.id), *reversed(parts)])


def _bound(tree: ast.Module) -> set[str]:
    """Names that the file gives a meaning of its own at its top level: `def open(...)`."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, _Function | ast.ClassDef):
            found.add(node.name)
    return found


def _memory_databases(tree: ast.Module) -> set[int]:
    """Where `connect` is called for a database without a file."""
    return {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == ":memory:"
    }


def _is_built_attribute(node: ast.Call) -> bool:
    if not isinstance(node.func, ast.Name) or node.func.id not in {"getattr", "setattr", "delattr"}:
        return (
            node.func.id in {"globals", "locals", "vars"}
            if isinstance(node.func, ast.Name)
            else False
        )
    return len(node.args) > 1 and not (
        isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
        and not node.args[1].value.startswith("__")
    )


def _context_uses(tree: ast.Module) -> Iterator[tuple[str, str, ast.expr]]:
    """Collections, and other tools, that are reached through a `Context` parameter."""
    contexts = {
        arg.arg
        for node in ast.walk(tree)
        if isinstance(node, _Function)
        for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        if arg.annotation is not None
        and ast.unparse(arg.annotation).strip("'\"").endswith("Context")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_of(node.value, "store", contexts):
            yield "store", _literal(node.slice), node
        elif isinstance(node, ast.Call) and _is_of(node.func, "call", contexts):
            yield "tool", _literal(node.args[0] if node.args else None), node


def _is_of(node: ast.expr, attribute: str, names: set[str]) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.value, ast.Name)
        and node.value.id in names
    )


def _literal(node: ast.expr | None) -> str:
    """The text written there, or `*` when it is made at run time."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "*"
