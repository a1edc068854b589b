"""Intake: the rules on a bundle's files, before anything looks inside them. Pure; no I/O.

A path is checked as if every file system of the world had to hold it: ASCII, no case twins, no
name that runs code or changes a tool's settings by merely lying there.
"""

import codecs
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from toolvet_reviews.bundle import Files
from toolvet_reviews.errors import (
    EmptyBundleError,
    EncodingError,
    ForbiddenFileError,
    IntakeError,
    PathError,
    TooLargeError,
)

MAX_PATH = 200
MAX_PARTS = 8
SPEC_FILE = "tool.toml"

DATA_FOLDERS = ("data/", "tests/data/")
"""Below these a file may hold any bytes."""

FORBIDDEN_ENDINGS = frozenset(
    {".pyc", ".pyo", ".pyi", ".pyw", ".pyz", ".pth", ".egg", ".whl", ".zip", ".ipynb"}
    | {".so", ".pyd", ".dll", ".dylib"}
)
FORBIDDEN_NAMES = frozenset(
    {"sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py", "noxfile.py"}
    | {"pytest.ini", "tox.ini", "mypy.ini", "setup.cfg", "pyproject.toml", "ruff.toml"}
)
FORBIDDEN_FOLDERS = frozenset({"__pycache__", "site-packages", "node_modules"})
OUR_NAMES = frozenset({"toolvet", "toolvet_reviews", "toolvet_tui", "toolvet_jupyter"})

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\- ]*\Z")
_WINDOWS_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10)}
)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""PEP 263; only the first two lines count."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Caps:
    """How much one bundle may hold."""

    max_bytes: int = 2 * 1024 * 1024
    """Of all files together."""
    max_file_bytes: int = 256 * 1024
    max_files: int = 64
    max_spec_bytes: int = 64 * 1024


USUAL = Caps()


def check_files(files: Files, caps: Caps = USUAL) -> None:
    """Refuse a bundle whose files break a rule.

    Raises:
        IntakeError: The first problem; `problems` lists all.
    """
    for problem in _each_problem(files, caps):
        raise problem


def problems(files: Files, caps: Caps = USUAL) -> list[IntakeError]:
    """List everything that is wrong, at most 100."""
    found: list[IntakeError] = []
    for problem in _each_problem(files, caps):
        found.append(problem)
        if len(found) >= _MAX_PROBLEMS:
            break
    return found


_MAX_PROBLEMS = 100


def _each_problem(files: Files, caps: Caps) -> Iterator[IntakeError]:
    if not files:
        yield EmptyBundleError("the bundle holds no file")
        return
    yield from _size_problems(files, caps)
    yield from _twins(files)
    for path, data in files.items():
        bad_path = _path_problem(path)
        yield from filter(None, (bad_path, None if bad_path else _name_problem(path)))
        if len(data) <= caps.max_file_bytes:
            yield from filter(None, (_content_problem(path, data),))
    if not any(path.endswith((".py", ".toml")) for path in files):
        yield EmptyBundleError("the bundle holds no Python file and no tool.toml")


def _size_problems(files: Files, caps: Caps) -> Iterator[IntakeError]:
    if len(files) > caps.max_files:
        yield TooLargeError(f"expected at most {caps.max_files} files, got {len(files)}")
    total = sum(map(len, files.values()))
    if total > caps.max_bytes:
        yield TooLargeError(f"expected at most {caps.max_bytes} bytes in all, got {total}")
    for path, data in files.items():
        most = caps.max_spec_bytes if path == SPEC_FILE else caps.max_file_bytes
        if len(data) > most:
            yield TooLargeError(
                f"{_shown(path)}: expected at most {most} bytes, got {len(data)}",
                place=_shown(path),
            )


def _twins(files: Files) -> Iterator[IntakeError]:
    """Find paths that are one path on some file system, and files that are also folders."""
    seen: dict[str, str] = {}
    for path in files:
        twin = seen.setdefault(path.casefold(), path)
        if twin != path:
            yield PathError(f"{_shown(path)} and {_shown(twin)} differ only in case")
    for path in files:
        for folder in PurePosixPath(path.casefold()).parents:
            if str(folder) in seen:
                yield PathError(f"{_shown(str(folder))} is a file and a folder", place=_shown(path))


def _path_problem(path: str) -> IntakeError | None:
    parts = path.split("/")
    if not path or len(path) > MAX_PATH or len(parts) > MAX_PARTS:
        return _bad_path(path, f"expected 1 to {MAX_PATH} characters in {MAX_PARTS} parts at most")
    if "\\" in path or path.startswith("/") or ":" in path:
        return _bad_path(path, "expected a relative path with forward slashes")
    for part in parts:
        if part in ("", ".", ".."):
            return _bad_path(path, "no part may be empty, '.' or '..'")
        if part.startswith("."):
            return ForbiddenFileError(f"{_shown(path)}: hidden files are refused", place=path)
        if not _PART.match(part) or part[-1] in ". ":
            return _bad_path(path, "expected letters, digits, '_', '-', '.' and inner spaces")
        if part.partition(".")[0].casefold() in _WINDOWS_DEVICES:
            return _bad_path(path, "the name is a device on Windows")
    return None


def _bad_path(path: str, why: str) -> PathError:
    return PathError(f"{_shown(path)}: {why}", place=_shown(path))


def _name_problem(path: str) -> IntakeError | None:
    pure = PurePosixPath(path.casefold())
    why = ""
    if pure.suffix in FORBIDDEN_ENDINGS:
        why = f"files ending in {pure.suffix} are refused"
    elif pure.name in FORBIDDEN_NAMES:
        why = "the file would run or change settings by its name"
    elif FORBIDDEN_FOLDERS.intersection(pure.parts):
        why = "the folder is refused"
    elif len(pure.parts) > 1 or pure.suffix == ".py":
        why = _shadow(pure)
    return ForbiddenFileError(f"{_shown(path)}: {why}", place=path) if why else None


def shadows(module: str) -> bool:
    """Tell whether a top-level module of this name would hide another from the import system."""
    return bool(_shadow(PurePosixPath(f"{module.casefold()}.py")))


def _shadow(path: PurePosixPath) -> str:
    """Say what a top-level module or folder would hide from the import system."""
    top = path.parts[0].removesuffix(".py")
    if top in _STDLIB:
        return f"it would shadow the standard library's {top!r}"
    if top in OUR_NAMES or top.startswith("toolvet"):
        return f"the name {top!r} is ours"
    if top in _RUNNERS:
        return f"it would shadow {top!r}"
    return ""


_RUNNERS = frozenset({"pytest", "_pytest", "pluggy", "mypy", "ruff", "semgrep"})
_STDLIB = frozenset(name.casefold() for name in sys.stdlib_module_names)


def _content_problem(path: str, data: bytes) -> IntakeError | None:
    if path.startswith(DATA_FOLDERS) and not path.endswith(".py"):
        return None
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _bad_text(path, "it starts with a byte order mark")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _bad_text(path, f"not UTF-8 at byte {error.start}")
    control = _CONTROLS.search(text)
    if control:
        return _bad_text(path, f"control character U+{ord(control[0]):04X}")
    cookie = _cookie(data) if path.endswith(".py") else ""
    if cookie:
        return _bad_text(path, f"coding cookie {cookie!r}")
    return None


def _cookie(data: bytes) -> str:
    """Find a PEP 263 cookie that names another encoding than UTF-8.

    Lines end as the compiler ends them: a lone carriage return counts.
    """
    head = data[:2000].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for line in head.split(b"\n")[:2]:
        match = _COOKIE.match(line)
        if match and match[1].lower().replace(b"_", b"-") not in (b"utf-8", b"utf8"):
            return match[1].decode("ascii", "replace")
    return ""


def _bad_text(path: str, why: str) -> EncodingError:
    return EncodingError(f"{_shown(path)}: {why}", place=_shown(path))


def _shown(path: str) -> str:
    """Write a path for people: printable, and short."""
    return ascii(path)[1:-1][:120]
