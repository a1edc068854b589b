"""Write src/wire.ts, the types of what the server side answers, from the dataclasses it answers.

`python extension/make_wire.py` writes; `--check` only tells whether it would.
"""

import dataclasses
import importlib
import inspect
import json
import sys
import types
import typing
from pathlib import Path
from typing import Any, Literal, Union

from toolvet.client.shapes import QueuePage
from toolvet_reviews.moves import MOVES
from toolvet_reviews.policy import CRITERIA

TARGET = Path(__file__).parent / "src" / "wire.ts"
SOURCE = "toolvet_jupyter.wire"
HEAD = """\
// Written by make_wire.py from the dataclasses of the server side; do not edit.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };
"""
_PLAIN = {bool, int, float, str}
"""Members of the union that is any JSON value."""
_SCALARS = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


class Writer:
    """Collects interfaces, each after those it refers to."""

    def __init__(self) -> None:
        self._done: dict[str, str] = {}

    def text(self) -> str:
        """Give the whole file."""
        return "\n".join([HEAD, *self._done.values()])

    def constant(self, name: str, value: object) -> None:
        """Write a constant that both sides use."""
        said = json.dumps(value).replace('"', "'")
        self._done[name] = f"export const {name} = {said};\n"

    def add(self, kind: type[object]) -> str:
        """Write a dataclass or NamedTuple, once; answers its name in TypeScript."""
        name = f"I{kind.__name__}"
        if name not in self._done:
            self._done[name] = self._interface(name, kind)
        return name

    def _interface(self, name: str, kind: type[object]) -> str:
        hints = typing.get_type_hints(kind, localns={"Json": Any})  # not every module imports it
        lines = [f"  {field}: {self.type(hint)};\n" for field, hint in _fields(kind, hints)]
        return f"export interface {name} {{\n{''.join(lines)}}}\n"

    def type(self, hint: Any) -> str:  # noqa: ANN401, RUF100
        """Write one type hint."""
        if hint is Any or _PLAIN.issubset(typing.get_args(hint)):
            return "Json"
        hint = getattr(hint, "__supertype__", hint)
        if hint in _SCALARS:
            return _SCALARS[hint]
        if inspect.isclass(hint) and (dataclasses.is_dataclass(hint) or hasattr(hint, "_fields")):
            return self.add(hint)
        return self._generic(typing.get_origin(hint), typing.get_args(hint))

    def _generic(self, origin: object, inside: tuple[Any, ...]) -> str:
        if origin is Literal:
            return " | ".join(f"'{value}'" for value in inside)
        if origin is Union or origin is types.UnionType:
            return " | ".join(self.type(member) for member in inside)
        if origin is tuple and Ellipsis not in inside:
            return f"[{', '.join(self.type(member) for member in inside)}]"
        if origin in (tuple, list):
            item = self.type(inside[0])
            return f"({item})[]" if " " in item else f"{item}[]"
        if origin is dict and self.type(inside[1]) == "Json":
            return "JsonObject"
        if origin is dict:
            return f"{{ [name: string]: {self.type(inside[1])} }}"
        raise TypeError(f"the wire holds no {origin!r}")


def _fields(kind: type[object], hints: dict[str, Any]) -> list[tuple[str, Any]]:
    if dataclasses.is_dataclass(kind):
        return [(field.name, hints[field.name]) for field in dataclasses.fields(kind)]
    return list(hints.items())


def wire() -> str:
    """Write everything that the module of the wire defines, and what it refers to."""
    writer = Writer()
    for name, value in vars(importlib.import_module(SOURCE)).items():
        if name.isupper():
            writer.constant(name, value)
        elif dataclasses.is_dataclass(value) and getattr(value, "__module__", "") == SOURCE:
            writer.add(typing.cast("type[object]", value))
    writer.add(QueuePage)
    writer.constant("CRITERIA", list(CRITERIA))
    writer.constant("CHANGES_FROM", sorted(MOVES["request_changes"].sources))
    writer.constant("REJECT_FROM", sorted(MOVES["reject"].sources))
    return writer.text()


def main(arguments: list[str]) -> int:
    """Write the file, or say whether it is what it should be."""
    text = wire()
    if "--check" not in arguments:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    return 0 if TARGET.read_text(encoding="utf-8") == text else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
