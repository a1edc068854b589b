"""Texts measured in the cells of a terminal: cut, filled, wrapped; and short names for long things."""

import json
from collections.abc import Iterator
from datetime import datetime

from rich.cells import cell_len, chop_cells, set_cell_size

from toolvet.config import parse_stamp
from toolvet_reviews.values import Json
from toolvet_reviews.words import one_line


def fit(text: str, width: int) -> str:
    """Cut or pad one line to a number of cells."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)


def wrap(text: str, width: int) -> list[str]:
    """Break a text at spaces, and a word that is too long anywhere.

    Args:
        width: Cells; at least one is used.
    """
    width = max(1, width)
    return [row for line in text.expandtabs(4).split("\n") for row in _wrapped(line, width)]


def _wrapped(line: str, width: int) -> Iterator[str]:
    if cell_len(line) <= width:
        yield line
        return
    row = ""
    for word in line.split(" "):
        longer = f"{row} {word}" if row else word
        if cell_len(longer) <= width:
            row = longer
            continue
        if row:
            yield row
        *whole, row = chop_cells(word, width) or [""]
        yield from whole
    yield row


def short(digest: str | None) -> str:
    """Name a digest by its first twelve hexadecimal digits."""
    return (digest or "").removeprefix("sha256:")[:12]


def age(stamp: str, now: datetime) -> str:
    """Say how long ago something was, in at most four characters."""
    try:
        seconds = int((now - parse_stamp(stamp)).total_seconds())
    except ValueError:
        return "?"
    if seconds < 60:
        return "now"
    for unit, size in (("m", 60), ("h", 3600), ("d", 86400)):
        if seconds < size * (60 if unit == "m" else 24 if unit == "h" else 1000):
            return f"{seconds // size}{unit}"
    return "old"


def qualified(toolset: str, tool: str) -> str:
    """Name a tool as people do: without the toolset when it is the default one."""
    name = tool if toolset == "default" else f"{toolset}/{tool}"
    return one_line(name, 120)


def in_json(value: Json) -> str:
    """Write a value as JSON on one line, spelled out by whoever shows it."""
    return json.dumps(value, ensure_ascii=False)


def moment(stamp: str) -> str:
    """Write a time to the minute."""
    return stamp[:16].replace("T", " ") if len(stamp) > 16 else one_line(stamp, 40)
