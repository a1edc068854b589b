"""What calls import, made ready once: the SDK, the standard modules a tool names, its code compiled.

Compiling is not running. A file that does not compile is left alone, so that the import inside the
call raises the error where the author sees it.
"""

import ast
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from toolvet.sandbox.inside import seeds
from toolvet.sandbox.inside.config import Config

if TYPE_CHECKING:  # at run time it would load half of importlib, for a name
    from importlib.abc import PathEntryFinder as PathEntryFinderProtocol

_NEVER_AHEAD = frozenset(
    {"antigravity", "this", "idlelib", "turtle", "turtledemo", "tkinter", "test", "__main__"}
)
_MAX_FILES = 256
_ALWAYS = (
    "toolvet.sdk",
    "toolvet.sdk.convert",
    "toolvet.sdk.schema",
    "traceback",
    "linecache",
)

_compiled: dict[str, types.CodeType] = {}
_found: dict[str, importlib.machinery.ModuleSpec] = {}
"""Of the tool's own modules, by name."""


class ToolLoader(importlib.machinery.SourceFileLoader):
    """Loads a tool's file from the code compiled ahead."""

    def get_code(self, fullname: str) -> types.CodeType | None:
        """Return the code compiled ahead, else what the file gives now."""
        return _compiled.get(self.path) or super().get_code(fullname)


def _sources(root: str) -> Iterator[str]:
    found = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if name.endswith(".py"):
                found += 1
                if found > _MAX_FILES:
                    return
                yield os.path.join(folder, name)


def _named_modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.AsyncFunctionDef):
            yield "asyncio"  # with what the SDK awaits it


def _compile(path: str) -> set[str]:
    """Compile one file; returns the modules it names."""
    try:
        with open(path, "rb") as handle:
            tree = ast.parse(handle.read(), path)
        _compiled[path] = compile(tree, path, "exec", dont_inherit=True)
        return set(_named_modules(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return set()


def _import_ahead(names: Iterable[str]) -> None:
    for name in sorted(names):
        try:
            importlib.import_module(name)
        except BaseException:  # noqa: BLE001, S112 - the import in the call raises it where it is seen
            continue


def _is_standard(name: str) -> bool:
    """Tell whether a module is of the standard library, and no program."""
    top, *below = name.split(".")
    return top in sys.stdlib_module_names and top not in _NEVER_AHEAD and "__main__" not in below


def _is_of_packages(name: str, config: Config) -> bool:
    """Tell whether a module comes from the packages, and not from the tool's own files."""
    top, *below = name.split(".")
    own = {top, f"{top}.py"}
    return (
        top not in sys.stdlib_module_names
        and "__main__" not in below
        and not own.intersection(os.listdir(config.tool_root))
        and top not in sys.modules
    )


def _import_packages(config: Config, named: set[str]) -> None:
    """Import what a person approved and the tool names, in place of every call."""
    if config.deps_ahead:
        wanted = [name for name in named if _is_of_packages(name, config)]
        with seeds.watched():
            _import_ahead(wanted)


def find_ahead(name: str) -> None:
    """Look up where a tool's module is, without running anything of it."""
    if "." in name:  # looking for it would run the package around it
        return
    spec = importlib.machinery.PathFinder.find_spec(name)
    if spec is not None and isinstance(spec.loader, ToolLoader):
        _found[name] = spec


def load(name: str) -> types.ModuleType:
    """Import a tool's module, without another search where it was found ahead.

    Source: `importlib`, "Importing a source file directly".
    """
    spec = _found.get(name)
    if spec is None or spec.loader is None or name in sys.modules:
        return importlib.import_module(name)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return sys.modules[name]


def _use_loader_below(root: str) -> None:
    details = (ToolLoader, importlib.machinery.SOURCE_SUFFIXES)
    make = importlib.machinery.FileFinder.path_hook(details)

    def hook(path: str) -> "PathEntryFinderProtocol":
        if path == root or path.startswith(root + os.sep):
            return make(path)
        raise ImportError

    sys.path_hooks.insert(0, hook)


def prepare(config: Config) -> None:
    """Fill this process with all that calls can share. Standard modules come before the tool's."""
    root = config.tool_root
    sys.modules["toolvet"].__path__ = [f"{config.sdk_root}/toolvet"]
    named = set(config.preload)
    for path in _sources(root):
        named |= _compile(path)
    for name in _ALWAYS:
        importlib.import_module(name)
    _import_ahead(filter(_is_standard, named))
    if config.deps:
        sys.path.append(config.deps_root)
        _import_packages(config, named)
    _use_loader_below(root)
    sys.path.insert(len(sys.path) - bool(config.deps), root)
