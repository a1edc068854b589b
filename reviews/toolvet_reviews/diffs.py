"""Differences between two texts or file trees, made from stored bytes. Pure; no I/O.

Lines are compared by a longest common subsequence (rapidfuzz), so no moved line is missed and none
is invented. Characters that do not show, or that change the order of reading, are spelled out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Literal, NamedTuple

from toolvet_reviews.bundle import Files
from toolvet_reviews.line_blocks import MAX_CELLS, Block, blocks, split
from toolvet_reviews.review_views import Whitespace
from toolvet_reviews.words import visible

__all__ = ["MAX_CELLS", "Hunk", "HunkLine", "Whitespace", "line_hunks", "shown_hunks", "unified"]


class HunkLine(NamedTuple):
    """One line of a hunk."""

    kind: Literal[" ", "-", "+"]
    text: str
    """Without its line end."""
    old: int
    """Number in the old text, from 1; 0 when it is not there."""
    new: int
    ended: bool = True
    """False for a last line without a line feed."""


@dataclass(frozen=True)
class Hunk:
    """A run of changes with the unchanged lines around it."""

    old_start: int
    """From 1; where the lines would be when there are none."""
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[HunkLine, ...]

    @property
    def header(self) -> str:
        """The `@@` line of a unified diff."""
        old = f"{self.old_start},{self.old_count}"
        return f"@@ -{old} +{self.new_start},{self.new_count} @@"


def line_hunks(
    old: str, new: str, context: int = 3, *, whitespace: Whitespace = "exact"
) -> tuple[Hunk, ...]:
    r"""Compare two texts line by line.

    Args:
        old: The text before.
        new: The text after.
        context: Unchanged lines to show around a change.
        whitespace: What of space is passed over; an unchanged line is shown as it is after.

    Returns:
        Hunks in order; none when the texts are equal. Only `\n` ends a line. A last line without
        one differs from the same line with it.
    """
    return shown_hunks(old, new, (old, new), context, whitespace=whitespace)


def shown_hunks(
    old: str,
    new: str,
    shown: tuple[str, str],
    context: int = 3,
    *,
    whitespace: Whitespace = "exact",
) -> tuple[Hunk, ...]:
    """Compare two texts line by line, and put others with as many lines into the hunks.

    Args:
        old: The text before.
        new: The text after.
        shown: Both as they are spelled out.
        context: Unchanged lines to show around a change.
        whitespace: What of space is passed over.
    """
    found = blocks(split(old), split(new), whitespace)
    sides = _Side.of(shown[0]), _Side.of(shown[1])
    return tuple(_hunk(group, *sides) for group in _groups(found, max(0, context)) if group)


def unified(
    old_files: Files, new_files: Files, *, context: int = 3, whitespace: Whitespace = "exact"
) -> str:
    """Write the differences of two file trees as a unified diff to read, paths in order.

    Text is shown as `visible` does; a file that is not UTF-8 is only named, and so is one of which
    nothing differs but space that is passed over. `patches` writes what can be applied.
    """
    parts: list[str] = []
    for path in sorted(old_files.keys() | new_files.keys()):
        old, new = old_files.get(path), new_files.get(path)
        if old != new:
            parts.extend(_file_diff(path, old, new, context, whitespace))
    return "".join(f"{line}\n" for line in parts)


def _groups(blocks: Sequence[Block], context: int) -> Iterator[list[Block]]:
    """Gather changes whose context meets into one group, and cut the context to size."""
    group: list[Block] = []
    for index, block in enumerate(blocks):
        if not block.equal:
            group.append(block)
            continue
        is_last = index == len(blocks) - 1
        if group and not is_last and len(block.old) <= 2 * context:
            group.append(block)
            continue
        if group:
            yield [*group, _first(block, context)]
        group = [] if is_last else [_last(block, context)]
    if any(not block.equal for block in group):
        yield group


def _first(block: Block, count: int) -> Block:
    return Block("equal", block.old[:count], block.new[:count])


def _last(block: Block, count: int) -> Block:
    start = max(0, len(block.old) - count)
    return Block("equal", block.old[start:], block.new[start:])


class _Side(NamedTuple):
    """A text as lines without their ends."""

    lines: list[str]
    ended: bool
    """The last line has an end."""

    @classmethod
    def of(cls, text: str) -> "_Side":
        lines = text.split("\n")
        return cls(lines, ended=False) if lines[-1] else cls(lines[:-1], ended=True)

    def run(
        self, kind: Literal[" ", "-", "+"], at: range, old: Iterable[int], new: Iterable[int]
    ) -> list[HunkLine]:
        """Write lines of a hunk."""
        texts = self.lines[at.start : at.stop]
        found = list(map(partial(HunkLine, kind), texts, old, new))
        if found and not self.ended and at.stop == len(self.lines):
            found[-1] = found[-1]._replace(ended=False)
        return found


def _hunk(group: Sequence[Block], before: _Side, after: _Side) -> Hunk:
    lines: list[HunkLine] = []
    for block in group:
        if block.equal:
            lines += after.run(" ", block.new, _numbers(block.old), _numbers(block.new))
            continue
        lines += before.run("-", block.old, _numbers(block.old), repeat(0))
        lines += after.run("+", block.new, repeat(0), _numbers(block.new))
    old_count = sum(len(block.old) for block in group)
    new_count = sum(len(block.new) for block in group)
    # With no line on one side the header names the line before it, as diff(1) does.
    return Hunk(
        old_start=group[0].old.start + (1 if old_count else 0),
        old_count=old_count,
        new_start=group[0].new.start + (1 if new_count else 0),
        new_count=new_count,
        lines=tuple(lines),
    )


def _numbers(indices: range) -> range:
    return range(indices.start + 1, indices.stop + 1)


def _file_diff(
    path: str, old: bytes | None, new: bytes | None, context: int, whitespace: Whitespace
) -> Iterator[str]:
    name = visible(path).replace("\n", "<U+000A>")
    yield f"--- {'/dev/null' if old is None else f'a/{name}'}"
    yield f"+++ {'/dev/null' if new is None else f'b/{name}'}"
    before, after = _text(old), _text(new)
    if before is None or after is None:
        yield f"Binary files differ: {len(old or b'')} and {len(new or b'')} bytes"
        return
    for hunk in line_hunks(before, after, context, whitespace=whitespace):
        yield hunk.header
        for line in hunk.lines:
            yield f"{line.kind}{visible(line.text)}"
            if not line.ended:
                yield "\\ No newline at end of file"


def _text(data: bytes | None) -> str | None:
    """Decode a file; None when it is no text."""
    try:
        return (data or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
