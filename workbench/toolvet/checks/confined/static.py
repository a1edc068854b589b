"""Every pass over text behind one door, so that one warm process serves them all. Stdlib only."""

import importlib
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_FOLDER = __name__.rpartition(".")[0]
_PASSES = {
    name: importlib.import_module(f"{_FOLDER}.{name}" if _FOLDER else name).inspect
    for name in (
        "claims",
        "docs",
        "effects",
        "evasions",
        "hygiene",
        "leaks",
        "letters",
        "naming",
        "speech",
        "stripped",
        "tricks",
        "wording",
    )
}
_PASSES["outline"] = importlib.import_module(f"{_FOLDER}.outline" if _FOLDER else "outline").outline

for _known in importlib.import_module(f"{_FOLDER}.docs" if _FOLDER else "docs").MODULES:
    importlib.import_module(_known)  # `docs` asks what is in them, in each process anew otherwise


def read(steps: list[Json]) -> list[Json]:
    """Run passes one after the other.

    Args:
        steps: Pairs of a pass and its arguments by name.

    Returns:
        What each brought back; null for text that it cannot parse.
    """
    found: list[Json] = []
    for step in steps:
        name, arguments = cast("tuple[str, dict[str, Json]]", step)
        try:
            found.append(_PASSES[name](**arguments))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            found.append(None)
    return found
