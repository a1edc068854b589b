"""What of this host a run must see: the interpreter, the libraries it links to, nothing else."""

import atexit
import functools
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from toolvet.sandbox import inside, scratch

SDK = Path(__file__).parents[1] / "sdk"
MAIN = Path(inside.__path__[0]) / "main.py"

_SHARED_PREFIXES = (Path("/"), Path("/usr"), Path("/usr/local"))
"""Prefixes that hold more than an interpreter: only its own parts of them are shown."""
_SYSTEM_LIBRARIES = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/")
_TOP_LINKS = ("/lib", "/lib32", "/lib64", "/bin", "/sbin")


def executable() -> str:
    """Return the interpreter outside of any virtual environment."""
    return getattr(sys, "_base_executable", "") or sys.executable


def _own_parts(prefix: Path) -> list[Path]:
    """Name the interpreter's own files of a prefix that it shares with others."""
    program = Path(executable()).resolve()
    paths = {
        Path(sysconfig.get_path(name, vars={"base": str(prefix), "platbase": str(prefix)}))
        for name in ("stdlib", "platstdlib")
    }
    library = Path(sysconfig.get_config_var("LIBDIR") or "") / (
        sysconfig.get_config_var("INSTSONAME") or ""
    )
    paths |= {program, library} if library.is_file() else {program}
    return sorted(paths)


def _mapped_files() -> list[str]:
    """List the files this process has mapped; the interpreter's libraries are among them."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return []
    return [line.split(maxsplit=5)[5] for line in lines if "/" in line]


def _library_folders() -> list[Path]:
    """Return the system folders that hold the libraries the interpreter links to."""
    found = {
        Path(name).parent
        for name in _mapped_files()
        if name.startswith(_SYSTEM_LIBRARIES) and ".so" in name
    }
    multiarch = sysconfig.get_config_var("MULTIARCH")
    known = {Path("/usr/lib64"), Path("/lib64")}
    if multiarch:
        known |= {Path("/usr/lib") / multiarch, Path("/lib") / multiarch}
    return sorted({path.resolve() for path in found | known if path.is_dir()})


@functools.cache
def staged_sdk() -> Path:
    """Return a copy of the SDK beside an empty `toolvet`, for runs without mounts of their own."""
    folder = scratch.make()
    atexit.register(scratch.remove, folder)
    package = folder / "toolvet"
    shutil.copytree(SDK, package / "sdk", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").touch()
    (package / "py.typed").touch()
    folder.chmod(0o755)
    return package / "sdk"


@functools.cache
def visible_paths() -> tuple[Path, ...]:
    """Return every path of the host that each run may read, outermost first."""
    prefix = Path(sys.base_prefix)
    if prefix.resolve() in _SHARED_PREFIXES:
        own = _own_parts(prefix)
    else:
        own = [prefix, prefix.resolve(), Path(executable()).resolve().parent.parent]
    return without_nested([*own, *_library_folders()])


@functools.cache
def masked_paths() -> tuple[Path, ...]:
    """Return folders of packages inside what is shown: those of the host, which no tool locked."""
    base = {"base": sys.base_prefix, "platbase": sys.base_prefix}
    library = Path(sysconfig.get_path("stdlib", vars=base))
    found = {Path(sysconfig.get_path(name, vars=base)) for name in ("purelib", "platlib")}
    found |= {library / "site-packages", library / "dist-packages"}
    shown = visible_paths()
    return tuple(
        path
        for path in sorted(found)
        if path.is_dir() and any(path.is_relative_to(other) for other in shown)
    )


@functools.cache
def top_links() -> tuple[tuple[str, str], ...]:
    """Return links to keep: of a merged /usr, and those an environment finds its interpreter by."""
    merged = [(path, os.readlink(path)) for path in _TOP_LINKS if os.path.islink(path)]
    return (*merged, *_program_links())


def _program_links() -> list[tuple[str, str]]:
    """Follow `.venv/bin/python` to a `/usr/bin/python3` that is itself a link."""
    hops: list[Path] = []
    program = Path(sys.executable)
    while program.is_symlink():
        hops.append(program)
        program = Path(os.path.normpath(program.parent / program.readlink()))
    shown = (Path(sys.prefix), *visible_paths())
    missing = [hop for hop in hops if not any(hop.is_relative_to(path) for path in shown)]
    return [(str(hop), str(program)) for hop in missing]


def without_nested(paths: list[Path]) -> tuple[Path, ...]:
    """Drop repeated paths and those below another one, which are shown with it."""
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda path: len(path.parts)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return tuple(kept)


def readable_by_everybody(path: Path) -> bool:
    """Tell whether any user may reach and read a path."""
    try:
        parents_open = all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
        wanted = 0o005 if path.is_dir() else 0o004
        return parents_open and path.stat().st_mode & wanted == wanted
    except OSError:
        return False
