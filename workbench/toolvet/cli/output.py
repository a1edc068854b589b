"""Writing: views as JSON, tables, and words of others made harmless before a terminal sees them."""

import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

from toolvet_reviews.words import one_line


def say(text: str) -> None:
    """Tell the person something; never data."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def emit(view: object, *, as_json: bool, render: Callable[[], str]) -> None:
    """Write the answer: the view as JSON, or a text for people."""
    sys.stdout.write(json.dumps(_plain(view), indent=1) + "\n" if as_json else render())
    sys.stdout.flush()


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out a table: with lines on a terminal, in plain columns elsewhere."""
    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    return _rich_table(headers, cells) if sys.stdout.isatty() else _columns(headers, cells)


def _columns(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(headers), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headers))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )


def _rich_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    laid_out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    columns = list(zip(headers, *rows, strict=True))
    roomy = sum(max(len(w) for cell in c for w in cell.split() or "") + 3 for c in columns)
    for header, *cells in columns:
        whole = roomy <= console.width and not any(" " in cell for cell in cells)
        laid_out.add_column(header, overflow="fold", no_wrap=whole)  # prose wraps, names do not
    for row in rows:
        laid_out.add_row(*map(Text, row))  # Text: no markup of others is obeyed
    with console.capture() as captured:
        console.print(laid_out)
    return captured.get()


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, object]", value).items()}
    return value
