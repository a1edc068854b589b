"""The code of a tool under test, and putting a variant's in its place. Runs confined; stdlib only.

Loaded by its path into the process that imports what was submitted. Code objects are swapped in the
functions that hold them, wherever those are: under decorators, in closures, in tables.
"""

import gc
import importlib.abc
import importlib.machinery
import os
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

_Record = dict[str, Any]
_Codes = dict[str, types.CodeType]


def edited(data: bytes, edits: Iterable[_Record]) -> bytes:
    """Apply edits that are in order."""
    parts: list[bytes] = []
    position = 0
    for edit in edits:
        parts += [data[position : edit["start"]], edit["text"].encode()]
        position = edit["end"]
    return b"".join([*parts, data[position:]])


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the tool's own modules from code that was compiled here."""

    def __init__(self, tool: str, sources: dict[str, bytes]) -> None:
        self._tool, self.sources = tool, sources
        self.codes: _Codes = {}
        self.loaded: _Codes = {}
        """Of every module that was imported, the code that ran."""
        self._paths = {_module_name(path): path for path in sources}

    def compile(self, path: str, data: bytes) -> types.CodeType:
        """Compile a file as if it lay in the tool's folder."""
        return compile(data, f"{self._tool}/{path}", "exec", dont_inherit=True)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module of the tool."""
        del path, target
        place = self._paths.get(fullname)
        if place is None:
            return None
        full = f"{self._tool}/{place}"
        is_package = place.endswith("__init__.py")
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=full, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(full)]
        return spec

    def exec_module(self, module: types.ModuleType) -> None:
        """Run a module of the tool."""
        place = self._paths[module.__name__]
        code = self.codes.get(place) or self.compile(place, self.sources[place])
        self.codes[place] = self.loaded[place] = code
        exec(code, module.__dict__)  # noqa: S102 - this is how a module is loaded


def _module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class UnswappableError(Exception):
    """The variant changes what ran at import."""


class Swapper:
    """Puts the code of a variant in place of the code in use."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._pristine = {path: finder.compile(path, data) for path, data in finder.sources.items()}
        self._live: dict[int, list[types.FunctionType]] = {}
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType:
                self._live.setdefault(id(thing.__code__), []).append(thing)

    def prepare(self, edits: Sequence[_Record]) -> Callable[[], None]:
        """Find out what to swap for a set of edits.

        Returns:
            What does it.

        Raises:
            UnswappableError: Some of it ran at import already.
            SyntaxError: The edits make no Python.
        """
        swaps: list[tuple[types.FunctionType, types.CodeType]] = []
        codes: _Codes = {}
        for path in dict.fromkeys(edit["path"] for edit in edits):
            data = edited(self._finder.sources[path], [e for e in edits if e["path"] == path])
            codes[path] = self._finder.compile(path, data)
            if path in self._finder.loaded:
                before = self._finder.loaded[path]
                self._walk(self._pristine[path], before, codes[path], swaps, is_covered=False)

        def swap() -> None:
            self._finder.codes.update(codes)
            for function, code in swaps:
                function.__code__ = code

        return swap

    def _walk(
        self,
        pristine: types.CodeType,
        used: types.CodeType,
        made: types.CodeType,
        swaps: list[tuple[types.FunctionType, types.CodeType]],
        *,
        is_covered: bool,
    ) -> bool:
        """Compare code object by code object; tell whether anything changed."""
        inner = [_inner(code) for code in (pristine, used, made)]
        is_same_form = [c.co_name for c in inner[0]] == [c.co_name for c in inner[2]]
        is_changed = not is_same_form or _shape(pristine) != _shape(made)
        live = [f for f in self._live.get(id(used), []) if f.__code__ is used]
        if any(function.__code__.co_freevars != made.co_freevars for function in live):
            raise UnswappableError
        if is_changed and not live and not is_covered:
            raise UnswappableError
        if is_same_form:
            covered = is_covered or bool(live)
            for one, other, third in zip(*inner, strict=True):
                is_changed |= self._walk(one, other, third, swaps, is_covered=covered)
        if is_changed:
            swaps += [(function, made) for function in live]
        return is_changed


def _inner(code: types.CodeType) -> list[types.CodeType]:
    return [part for part in code.co_consts if isinstance(part, types.CodeType)]


def _shape(code: types.CodeType) -> tuple[object, ...]:
    """What a code object itself does; those that never ran can be compared."""
    constants = [
        (type(part).__name__, repr(part))
        for part in code.co_consts
        if not isinstance(part, types.CodeType)
    ]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return code.co_code, names, code.co_flags, code.co_exceptiontable, constants


class Probes:
    """Collects what probes tell while one test runs."""

    def __init__(self) -> None:
        self.blocks: set[int] = set()
        self.ways: set[int] = set()

    def __call__(self, number: int, *tested: object) -> bool:
        """Note a block, or which way a condition goes: twice its number, and one more when true."""
        if not tested:
            self.blocks.add(number)
            return True
        is_true = bool(tested[0])
        self.ways.add(2 * number + is_true)
        return is_true

    def take(self) -> _Record:
        """Give what was noted, and begin anew."""
        said: _Record = {"blocks": sorted(self.blocks), "ways": sorted(self.ways)}
        self.blocks.clear()
        self.ways.clear()
        return said
