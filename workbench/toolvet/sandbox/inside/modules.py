"""What calls import, made ready once: the SDK, the standard modules a tool names, its code compiled.

Compiling is not running. A file that does not compile is left alone, so that the import inside the
call raises the error where the author sees it.
"""

import ast
import importlib
import importlib.machinery
import os
import sys
import types
from collections.abc import Iterator
from importlib.abc import PathEntryFinder as PathEntryFinderProtocol

from toolvet.sandbox.inside.config import Config

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


def _compile(path: str) -> set[str]:
    """Compile one file; returns the modules it names."""
    try:
        with open(path, "rb") as handle:
            tree = ast.parse(handle.read(), path)
        _compiled[path] = compile(tree, path, "exec", dont_inherit=True)
        return set(_named_modules(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
        return set()


def _import_ahead(names: set[str]) -> None:
    for name in sorted(names):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names or top in _NEVER_AHEAD:
            continue
        try:
            importlib.import_module(name)
        except ImportError:
            continue


def _use_loader_below(root: str) -> None:
    details = (ToolLoader, importlib.machinery.SOURCE_SUFFIXES)
    make = importlib.machinery.FileFinder.path_hook(details)

    def hook(path: str) -> PathEntryFinderProtocol:
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
    _import_ahead(named)
    _use_loader_below(root)
    sys.path.append(root)
