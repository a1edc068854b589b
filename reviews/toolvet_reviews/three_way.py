"""Where two changes to the same files meet: what a three-way merge would call a conflict. Pure; no I/O.

Lines are compared as bytes: nothing here depends on what an encoding makes of them. Two changes
conflict when both touch the same lines of what they started from, or put something at the same
place, unless both did exactly the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.distance import Indel

MOST_LINES = 20_000
"""Of one file; a larger one that both changed conflicts as a whole."""


@dataclass(frozen=True)
class Conflict:
    """A place that both changed."""

    path: str
    line: int = 0
    """Of what both started from, from 1; 0 is the file as a whole."""


@dataclass(frozen=True)
class _Change:
    start: int
    """First line that is replaced, from 0."""
    end: int
    """After the last; equal to `start` when lines are put in."""
    lines: tuple[bytes, ...]


def conflicts(
    old: Mapping[str, bytes], theirs: Mapping[str, bytes], ours: Mapping[str, bytes]
) -> tuple[Conflict, ...]:
    """List what two changes of the same files do not agree on, at most one of each file.

    Args:
        old: What both started from.
        theirs: One change.
        ours: The other.
    """
    found: list[Conflict] = []
    for path in sorted(old.keys() | theirs.keys() | ours.keys()):
        before, one, two = old.get(path), theirs.get(path), ours.get(path)
        if one in (before, two) or two == before:
            continue
        if before is None or one is None or two is None:
            found.append(Conflict(path))
            continue
        line = _first(before, one, two)
        if line is not None:
            found.append(Conflict(path, line))
    return tuple(found)


def _first(before: bytes, one: bytes, two: bytes) -> int | None:
    """Find the first line both changed; 0 when the file is too large to tell."""
    base = before.splitlines(keepends=True)
    sides = [text.splitlines(keepends=True) for text in (one, two)]
    if any(len(lines) > MOST_LINES for lines in (base, *sides)):
        return 0
    mine, other = (_changes(base, lines) for lines in sides)
    places = [
        max(left.start, right.start) for left in mine for right in other if _meet(left, right)
    ]
    return min(places) + 1 if places else None


def _meet(left: _Change, right: _Change) -> bool:
    if left == right:
        return False
    if left.start == left.end and right.start == right.end:
        return left.start == right.start
    return (left.start < right.end and right.start < left.end) or left.start == right.start


def _changes(base: list[bytes], lines: list[bytes]) -> list[_Change]:
    """List what was replaced, dropped and put in; what is next to each other is one change."""
    found: list[_Change] = []
    start = place = 0
    for match in Indel.opcodes(base, lines).as_matching_blocks() if base and lines else ():
        if (match.a, match.b) != (start, place):
            found.append(_Change(start, match.a, tuple(lines[place : match.b])))
        start, place = match.a + match.size, match.b + match.size
    if (start, place) != (len(base), len(lines)):
        found.append(_Change(start, len(base), tuple(lines[place:])))
    return found
