"""Two versions of a bundle side by side: which files differ, which lines face each other. Pure.

Files are compared as they are stored; only then is text spelled out with `visible`. Two lines that
differ but would read the same are therefore still told apart.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel, Postfix, Prefix

from toolvet_reviews.bundle import Files
from toolvet_reviews.diffs import Hunk, HunkLine, line_hunks
from toolvet_reviews.words import visible

Status = Literal["added", "removed", "changed", "same"]
RowKind = Literal["same", "changed", "added", "removed"]
Mark = tuple[int, int]
"""A range of characters, the end not included."""

LONGEST_BY_WORD = 2_000
"""Characters of the longest line compared word by word; of longer ones only the ends are cut off."""
MOST_PAIRS = 1_024
"""Removed times added lines of the largest block that is paired by likeness."""
PAIRS_PER_FILE = 40_000
"""Lines compared for likeness in one file; after that they are paired in order."""

_ALIKE = 0.5
"""Likeness from which two lines are taken for one line that was edited."""
_UNLIKE = 0.3
"""Likeness below which the words two lines share say nothing."""
_LOOKED_AT = 200
"""Characters of a line that its likeness is judged by."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class FileChange:
    """One file before and after; every text is spelled out already."""

    path: str
    """One line, spelled out; the file's own path unless a name hides something."""
    status: Status
    old: str | None
    """None when the file was not there, or one of the two is not text."""
    new: str | None
    binary: bool
    """One of the two is not UTF-8; there are only the sizes to show."""
    added: int
    """Lines."""
    removed: int
    hunks: tuple[Hunk, ...]
    old_size: int = 0
    """Bytes as stored."""
    new_size: int = 0


class Row(NamedTuple):
    """One row of two columns."""

    kind: RowKind
    old_no: int
    """Line number from 1; 0 when there is no line on this side."""
    new_no: int
    old: str
    new: str
    old_marks: tuple[Mark, ...] = ()
    """Words of a changed line that differ; none when the whole line does."""
    new_marks: tuple[Mark, ...] = ()
    old_ended: bool = True
    """False for a last line without a line feed."""
    new_ended: bool = True


def compare(old: Files, new: Files) -> tuple[FileChange, ...]:
    """Compare two file trees: what differs first, then what is the same, each by path."""
    changes = [_change(path, old.get(path), new.get(path)) for path in old.keys() | new.keys()]
    return tuple(sorted(changes, key=lambda change: (change.status == "same", change.path)))


def aligned(change: FileChange, *, marks: bool = True) -> tuple[Row, ...]:
    """Lay a file out in two columns, every line of it.

    Args:
        change: One file.
        marks: Compare changed lines word by word; a face that shows few rows of many leaves it and
            asks `word_marks` for the rows it shows.

    Returns:
        Rows in order. None when there is no text on either side.
    """
    rows = tuple(_rows(change))
    return tuple(_marked(row) for row in rows) if marks else rows


def word_marks(old: str, new: str) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """Tell which words of an edited line differ.

    Returns:
        Ranges in the old and in the new line. None in either when they have next to nothing in
        common; both whole when they read the same, since they were told apart by what was stored.
    """
    if old == new:
        return _whole(old), _whole(new)
    if max(len(old), len(new)) > LONGEST_BY_WORD:
        return _between_ends(old, new)
    before, after = _WORD.findall(old), _WORD.findall(new)
    codes = Indel.opcodes(before, after)
    shared = sum(
        len(word)
        for code in codes
        if code.tag == "equal"
        for word in before[code.src_start : code.src_end]
        if not word.isspace()
    )
    if shared < _UNLIKE * min(_letters(before), _letters(after)):
        return (), ()
    different = [code for code in codes if code.tag != "equal"]
    return (
        _ranges(before, [(code.src_start, code.src_end) for code in different]),
        _ranges(after, [(code.dest_start, code.dest_end) for code in different]),
    )


def shown_path(path: str) -> str:
    """Spell a path out on one line, line feeds and tabs too."""
    return visible(path).replace("\n", "<U+000A>").replace("\t", "<U+0009>")


def _change(path: str, old: bytes | None, new: bytes | None) -> FileChange:
    before, after = _text(old), _text(new)
    sizes = len(old or b""), len(new or b"")
    status = _status(old, new)
    if before is None or after is None:
        return FileChange(
            path=shown_path(path),
            status=status,
            old=None,
            new=None,
            binary=True,
            added=0,
            removed=0,
            hunks=(),
            old_size=sizes[0],
            new_size=sizes[1],
        )
    hunks = () if status == "same" else tuple(map(_spelled, line_hunks(before, after)))
    return FileChange(
        path=shown_path(path),
        status=status,
        old=None if old is None else _visible_lines(before),
        new=None if new is None else _visible_lines(after),
        binary=False,
        added=_count(hunks, "+"),
        removed=_count(hunks, "-"),
        hunks=hunks,
        old_size=sizes[0],
        new_size=sizes[1],
    )


def _status(old: bytes | None, new: bytes | None) -> Status:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "same" if old == new else "changed"


def _text(data: bytes | None) -> str | None:
    try:
        return (data or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None


def _visible_lines(text: str) -> str:
    # Line by line: a plain line is recognised at once, a whole text never is.
    return "\n".join(map(visible, text.split("\n")))


def _spelled(hunk: Hunk) -> Hunk:
    lines = tuple(line._replace(text=visible(line.text)) for line in hunk.lines)
    return Hunk(hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count, lines)


def _count(hunks: Sequence[Hunk], kind: Literal["-", "+"]) -> int:
    return sum(line.kind == kind for hunk in hunks for line in hunk.lines)


def _rows(change: FileChange) -> Iterator[Row]:
    old = _split(change.old)
    budget = PAIRS_PER_FILE
    old_at = new_at = 0
    for hunk in change.hunks:
        before = hunk.old_start - (1 if hunk.old_count else 0) - old_at
        yield from _same(old, old_at, new_at, before)
        for is_same, run in groupby(hunk.lines, lambda line: line.kind == " "):
            if is_same:
                yield from map(_unchanged, run)
                continue
            lines = list(run)
            removed = [line for line in lines if line.kind == "-"]
            added = [line for line in lines if line.kind == "+"]
            cost = len(removed) * len(added)
            is_judged = cost <= min(MOST_PAIRS, budget)
            budget -= cost if is_judged else 0
            yield from _faced(removed, added, is_judged=is_judged)
        old_at += before + hunk.old_count
        new_at += before + hunk.new_count
    last = list(_same(old, old_at, new_at, len(old) - old_at))
    if last and not (change.old or "").endswith("\n"):
        last[-1] = last[-1]._replace(old_ended=False, new_ended=False)
    yield from last


def _unchanged(line: HunkLine) -> Row:
    text, ended = line.text, line.ended
    return Row("same", line.old, line.new, text, text, (), (), ended, ended)


def _split(text: str | None) -> list[str]:
    lines = (text or "").split("\n")
    return lines if lines[-1] else lines[:-1]


def _same(lines: Sequence[str], old_at: int, new_at: int, count: int) -> Iterator[Row]:
    for index in range(count):
        text = lines[old_at + index]
        yield Row("same", old_at + index + 1, new_at + index + 1, text, text)


def _faced(
    removed: Sequence[HunkLine], added: Sequence[HunkLine], *, is_judged: bool
) -> Iterator[Row]:
    """Put the lines of one change opposite each other: edited lines first, the rest in order."""
    pairs = _alike(removed, added) if is_judged else []
    old_at = new_at = 0
    for old, new in [*pairs, (len(removed), len(added))]:
        left, right = removed[old_at:old], added[new_at:new]
        for index in range(max(len(left), len(right))):
            yield _facing(
                left[index] if index < len(left) else None,
                right[index] if index < len(right) else None,
            )
        if old < len(removed):
            yield _facing(removed[old], added[new])
        old_at, new_at = old + 1, new + 1


def _facing(old: HunkLine | None, new: HunkLine | None) -> Row:
    if old is None:
        assert new is not None  # noqa: S101 - for the type checker
        return Row("added", 0, new.new, "", new.text, new_ended=new.ended)
    if new is None:
        return Row("removed", old.old, 0, old.text, "", old_ended=old.ended)
    return Row("changed", old.old, new.new, old.text, new.text, (), (), old.ended, new.ended)


def _alike(removed: Sequence[HunkLine], added: Sequence[HunkLine]) -> list[tuple[int, int]]:
    """Pick pairs of lines in order, with the greatest likeness in all."""
    left = [line.text.strip()[:_LOOKED_AT] for line in removed]
    right = [line.text.strip()[:_LOOKED_AT] for line in added]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    alike = [[_likeness(one, other) for other in right] for one in left]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            paired = best[i + 1][j + 1] + alike[i][j] if alike[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if alike[i][j] and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    return Indel.normalized_similarity(one, other, score_cutoff=_ALIKE)


def _marked(row: Row) -> Row:
    if row.kind != "changed":
        return row
    old_marks, new_marks = word_marks(row.old, row.new)
    return row._replace(old_marks=old_marks, new_marks=new_marks)


def _whole(text: str) -> tuple[Mark, ...]:
    return ((0, len(text)),) if text else ()


def _between_ends(old: str, new: str) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    head = Prefix.similarity(old, new)
    tail = min(Postfix.similarity(old, new), min(len(old), len(new)) - head)
    if head + tail < _UNLIKE * min(len(old), len(new)):
        return (), ()
    ranges = ((head, len(old) - tail),), ((head, len(new) - tail),)
    first, second = (tuple(mark for mark in side if mark[0] < mark[1]) for side in ranges)
    return first, second


def _letters(words: Sequence[str]) -> int:
    return sum(len(word) for word in words if not word.isspace())


def _ranges(words: Sequence[str], runs: Sequence[tuple[int, int]]) -> tuple[Mark, ...]:
    """Turn runs of words into ranges of characters; blanks between two runs go with them."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    ranges: list[Mark] = []
    until = 0
    for start, end in runs:
        if start == end:
            continue
        if ranges and all(word.isspace() for word in words[until:start]):
            ranges[-1] = (ranges[-1][0], starts[end])
        else:
            ranges.append((starts[start], starts[end]))
        until = end
    return tuple(ranges)
