"""Two versions of a bundle side by side: which files differ, which lines face each other. Pure.

Files are compared as they are stored; only then is text spelled out with `visible`. Two lines that
differ but would read the same are therefore still told apart.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Literal, NamedTuple

from toolvet_reviews.bundle import Files
from toolvet_reviews.diffs import Hunk, HunkLine, shown_hunks
from toolvet_reviews.line_pairs import alike
from toolvet_reviews.review_views import Whitespace
from toolvet_reviews.word_marks import Mark, word_marks
from toolvet_reviews.words import visible

__all__ = [
    "STAYED", "FileChange", "Mark", "Moved", "Row", "RowKind", "Status", "aligned", "compare",
    "compare_one", "marked", "shown_path", "word_marks",
]  # fmt: skip

Status = Literal["added", "removed", "changed", "same"]
RowKind = Literal["same", "changed", "added", "removed", "moved"]
"""`moved`: a line of a block that is gone here and has come elsewhere, or the other way round."""
MOST_PAIRS = 1_024
"""Removed times added lines of the largest block that is paired by likeness."""
PAIRS_PER_FILE = 40_000
"""Lines compared for likeness in one file; after that they are paired in order."""


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


class Moved(NamedTuple):
    """Lines of one file that are elsewhere on the other side; see `moved_lines`."""

    old: Set[int]
    """Numbers from 1."""
    new: Set[int]


STAYED = Moved(frozenset(), frozenset())


def compare(old: Files, new: Files, *, whitespace: Whitespace = "exact") -> tuple[FileChange, ...]:
    """Compare two file trees: what differs first, then what is the same, each by path."""
    changes = [
        compare_one(path, old.get(path), new.get(path), whitespace=whitespace)
        for path in old.keys() | new.keys()
    ]
    return tuple(sorted(changes, key=lambda change: (change.status == "same", change.path)))


def compare_one(
    path: str, old: bytes | None, new: bytes | None, *, whitespace: Whitespace = "exact"
) -> FileChange:
    """Compare one file.

    Args:
        path: Of the file.
        old: None when it was not there.
        new: None when it is gone.
        whitespace: What of space is passed over. The status is about bytes all the same.
    """
    before, after = _text(old), _text(new)
    if before is None or after is None:
        return FileChange(
            path=shown_path(path),
            status=_status(old, new),
            old=None,
            new=None,
            binary=True,
            added=0,
            removed=0,
            hunks=(),
            old_size=len(old or b""),
            new_size=len(new or b""),
        )
    shown = _visible_text(before), _visible_text(after)
    is_same = old == new
    hunks = () if is_same else shown_hunks(before, after, shown, whitespace=whitespace)
    return FileChange(
        path=shown_path(path),
        status=_status(old, new),
        old=None if old is None else shown[0],
        new=None if new is None else shown[1],
        binary=False,
        added=_count(hunks, "+"),
        removed=_count(hunks, "-"),
        hunks=hunks,
        old_size=len(old or b""),
        new_size=len(new or b""),
    )


def aligned(
    change: FileChange, *, marks: bool = True, moved: Moved = STAYED, context: int = -1
) -> tuple[Row, ...]:
    """Lay a file out in two columns.

    Args:
        change: One file.
        marks: Compare changed lines word by word; a face that shows few rows of many leaves it and
            asks `marked` for the rows it shows.
        moved: Lines that are elsewhere on the other side: they face nothing.
        context: Equal rows to give around those that differ; below 0 every line of the file.

    Returns:
        Rows in order. None when there is no text on either side.
    """
    rows = tuple(_rows(change, moved, context))
    return tuple(marked(row) for row in rows) if marks else rows


def marked(row: Row) -> Row:
    """Compare an edited line word by word."""
    if row.kind != "changed":
        return row
    old_marks, new_marks = word_marks(row.old, row.new)
    return row._replace(old_marks=old_marks, new_marks=new_marks)


def shown_path(path: str) -> str:
    """Spell a path out on one line, line feeds and tabs too."""
    return visible(path).replace("\n", "<U+000A>").replace("\t", "<U+0009>")


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


def _visible_text(text: str) -> str:
    # A plain text is recognised at once; of another, each plain line is.
    if text.isascii() and text.translate(_PLAIN_BREAKS).isprintable():
        return text
    return "\n".join(map(visible, text.split("\n")))


_PLAIN_BREAKS = {ord("\n"): " ", ord("\t"): " "}


def _count(hunks: Sequence[Hunk], kind: Literal["-", "+"]) -> int:
    return sum(line.kind == kind for hunk in hunks for line in hunk.lines)


def _rows(change: FileChange, moved: Moved, context: int) -> Iterator[Row]:
    old, new = _split(change.old), _split(change.new)
    same = _Same(old, new, _is_ended(change.old), _is_ended(change.new), context)
    budget = PAIRS_PER_FILE
    old_at = new_at = 0
    for removed, added in _changes(change.hunks):
        gap = removed[0].old - 1 - old_at if removed else added[0].new - 1 - new_at
        yield from same.rows(old_at, new_at, gap, before=True, after=old_at + new_at > 0)
        old_at, new_at = old_at + gap + len(removed), new_at + gap + len(added)
        cost = len(removed) * len(added)
        is_judged = cost <= min(MOST_PAIRS, budget)
        budget -= cost if is_judged else 0
        yield from _in_place(removed, added, moved, is_judged=is_judged)
    is_after = bool(change.hunks)
    yield from same.rows(old_at, new_at, len(old) - old_at, before=False, after=is_after)


def _changes(hunks: Sequence[Hunk]) -> Iterator[tuple[list[HunkLine], list[HunkLine]]]:
    """Give the lines of each change: those that are gone, and those that have come."""
    for hunk in hunks:
        for is_same, run in groupby(hunk.lines, lambda line: line.kind == " "):
            if not is_same:
                lines = list(run)
                yield (
                    [line for line in lines if line.kind == "-"],
                    [line for line in lines if line.kind == "+"],
                )


class _Same(NamedTuple):
    """Lines of both sides, for those that are equal, or pass for it."""

    old: Sequence[str]
    new: Sequence[str]
    old_ended: bool
    new_ended: bool
    context: int
    """Equal rows that are wanted around a change; below 0 all."""

    def rows(
        self, old_at: int, new_at: int, count: int, *, before: bool, after: bool
    ) -> Iterator[Row]:
        """Lay as many lines opposite each other; what no change is near is left out."""
        wanted = self.context * (before + after)
        if self.context < 0 or count <= wanted:
            yield from self._run(old_at, new_at, count)
            return
        if after:
            yield from self._run(old_at, new_at, self.context)
        if before:
            skipped = count - self.context
            yield from self._run(old_at + skipped, new_at + skipped, self.context)

    def _run(self, old_at: int, new_at: int, count: int) -> list[Row]:
        found = list(
            map(
                partial(Row, "same"),
                range(old_at + 1, old_at + count + 1),
                range(new_at + 1, new_at + count + 1),
                self.old[old_at : old_at + count],
                self.new[new_at : new_at + count],
            )
        )
        if found:
            found[-1] = found[-1]._replace(
                old_ended=self.old_ended or old_at + count < len(self.old),
                new_ended=self.new_ended or new_at + count < len(self.new),
            )
        return found


def _is_ended(text: str | None) -> bool:
    return not text or text.endswith("\n")


def _split(text: str | None) -> list[str]:
    lines = (text or "").split("\n")
    return lines if lines[-1] else lines[:-1]


def _in_place(
    removed: Sequence[HunkLine], added: Sequence[HunkLine], moved: Moved, *, is_judged: bool
) -> Iterator[Row]:
    """Lay out one change: runs of moved lines by themselves, the rest opposite each other.

    A run of moved lines cuts its own column only, so what faces what around it is judged together.
    """
    if not any(line.old in moved.old for line in removed) and not any(
        line.new in moved.new for line in added
    ):
        yield from _faced(removed, added, is_judged=is_judged)
        return
    left = [line for line in removed if line.old not in moved.old]
    right = [line for line in added if line.new not in moved.new]
    gone = [line for line in removed if line.old in moved.old]
    come = [line for line in added if line.new in moved.new]
    yield from _merged(list(_faced(left, right, is_judged=is_judged)), gone, come)


def _merged(
    rows: Sequence[Row], gone: Sequence[HunkLine], come: Sequence[HunkLine]
) -> Iterator[Row]:
    """Put moved lines between rows, so that each column stays in order."""
    old_left, new_left = list(gone), list(come)
    for row in rows:
        while old_left and row.old_no and old_left[0].old < row.old_no:
            yield _moved_row(old_left.pop(0), None)
        while new_left and row.new_no and new_left[0].new < row.new_no:
            yield _moved_row(None, new_left.pop(0))
        yield row
    yield from (_moved_row(line, None) for line in old_left)
    yield from (_moved_row(None, line) for line in new_left)


def _moved_row(old: HunkLine | None, new: HunkLine | None) -> Row:
    return _facing(old, new)._replace(kind="moved")


def _faced(
    removed: Sequence[HunkLine], added: Sequence[HunkLine], *, is_judged: bool
) -> Iterator[Row]:
    """Put the lines of one change opposite each other: edited lines first, the rest in order."""
    pairs = alike(removed, added) if is_judged else []
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
