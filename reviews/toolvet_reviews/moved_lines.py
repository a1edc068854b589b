"""Blocks of lines that are gone in one place and have come in another, of any file. Pure; no I/O.

Only whole blocks count, equal to the character: what is marked as moved is read less closely, so a
line that was edited on its way is none, and neither are braces and blank lines that stand anywhere.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from toolvet_reviews.line_blocks import key_of
from toolvet_reviews.review_views import Whitespace
from toolvet_reviews.sides import FileChange, Moved

SHORTEST = 3
"""Lines of a block."""
LETTERS = 20
"""Letters and digits that a block has at least, as git asks of one."""
_MOST_PLACES = 16
"""Places that a block may come from; of text that repeats itself more often the rest is passed over."""


class _Run(NamedTuple):
    """Lines one after the other that are gone, or have come."""

    path: str
    first: int
    """Number of the first line, from 1."""
    keys: tuple[str, ...]


def moved_lines(
    changes: Sequence[FileChange], whitespace: Whitespace = "exact"
) -> Mapping[str, Moved]:
    """Find the lines that are elsewhere on the other side.

    Args:
        changes: Files of one comparison.
        whitespace: What of space is passed over, as when they were compared.

    Returns:
        By path; files without such lines are not in it.
    """
    gone_runs = [*_runs(changes, "-", whitespace)]
    come_runs = [*_runs(changes, "+", whitespace)]
    both = {key for run in gone_runs for key in run.keys} & {
        key for run in come_runs for key in run.keys
    }
    places = _places(gone_runs, both)
    gone: dict[str, set[int]] = {}
    come: dict[str, set[int]] = {}
    for run in come_runs if places else ():
        at = 0
        while at <= len(run.keys) - SHORTEST:
            known = places.get(run.keys[at : at + SHORTEST]) if run.keys[at] in both else None
            length, found = _longest(run, at, known or ())
            if found is None:
                at += 1
                continue
            source, start = found
            gone.setdefault(source.path, set()).update(_numbers(source, start, length))
            come.setdefault(run.path, set()).update(_numbers(run, at, length))
            at += length
    none = frozenset[int]()
    return {
        path: Moved(frozenset(gone.get(path, none)), frozenset(come.get(path, none)))
        for path in gone.keys() | come.keys()
    }


def _places(
    runs: Sequence[_Run], both: Collection[str]
) -> dict[tuple[str, ...], list[tuple[_Run, int]]]:
    """Note where each block of the shortest length is gone from."""
    places: dict[tuple[str, ...], list[tuple[_Run, int]]] = {}
    for run in runs:
        for at in range(len(run.keys) - SHORTEST + 1):
            if run.keys[at] in both:
                known = places.setdefault(run.keys[at : at + SHORTEST], [])
                if len(known) < _MOST_PLACES:
                    known.append((run, at))
    return places


def _longest(
    run: _Run, at: int, places: Sequence[tuple[_Run, int]]
) -> tuple[int, tuple[_Run, int] | None]:
    """Choose where the longest block that begins here comes from."""
    best = 0, None
    for source, start in places:
        length = 0
        for one, other in zip(run.keys[at:], source.keys[start:], strict=False):
            if one != other:
                break
            length += 1
        if length > best[0]:
            best = length, (source, start)
    return best if _says_something(run.keys[at : at + best[0]]) else (0, None)


def _says_something(keys: Sequence[str]) -> bool:
    letters = 0
    for key in keys:
        letters += sum(map(str.isalnum, key))
        if letters >= LETTERS:
            return True
    return False


def _numbers(run: _Run, at: int, length: int) -> range:
    return range(run.first + at, run.first + at + length)


def _runs(
    changes: Sequence[FileChange], kind: Literal["-", "+"], whitespace: Whitespace
) -> Iterator[_Run]:
    key = key_of(whitespace)
    for change in changes:
        for hunk in change.hunks:
            for is_wanted, lines in groupby(hunk.lines, lambda line: line.kind == kind):
                if not is_wanted:
                    continue
                run = list(lines)
                first = run[0].old if kind == "-" else run[0].new
                yield _Run(change.path, first, tuple(key(line.text) for line in run))
