"""Differences between two texts or file trees, made from stored bytes. Pure; no I/O.

Lines are compared by a longest common subsequence (rapidfuzz), so no moved line is missed and none
is invented. Characters that do not show, or that change the order of reading, are spelled out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel

from toolvet_reviews.bundle import Files
from toolvet_reviews.words import visible

MAX_CELLS = 400_000_000
"""Lines times lines; the table of bits behind it takes an eighth of that in bytes."""


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


class _Block(NamedTuple):
    kind: Literal["equal", "different"]
    old: range
    new: range

    @property
    def equal(self) -> bool:
        return self.kind == "equal"


def line_hunks(old: str, new: str, context: int = 3) -> tuple[Hunk, ...]:
    r"""Compare two texts line by line.

    Args:
        old: The text before.
        new: The text after.
        context: Unchanged lines to show around a change.

    Returns:
        Hunks in order; none when the texts are equal. Only `\n` ends a line. A last line without
        one differs from the same line with it.
    """
    before, after = _lines(old), _lines(new)
    blocks = _blocks(before, after)
    return tuple(_hunk(group, before, after) for group in _groups(blocks, max(0, context)) if group)


def unified(old_files: Files, new_files: Files, *, context: int = 3) -> str:
    """Write the differences of two file trees as a unified diff, paths in order.

    Text is shown as `visible` does; a file that is not UTF-8 is only named.
    """
    parts: list[str] = []
    for path in sorted(old_files.keys() | new_files.keys()):
        old, new = old_files.get(path), new_files.get(path)
        if old != new:
            parts.extend(_file_diff(path, old, new, context))
    return "".join(f"{line}\n" for line in parts)


def _lines(text: str) -> list[str]:
    """Split at line feeds, ends kept, so that a missing last one is a difference."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _blocks(before: Sequence[str], after: Sequence[str]) -> list[_Block]:
    """Cut both texts into equal and different blocks, in order, ends trimmed first."""
    head = _common(zip(before, after, strict=False))
    rest = min(len(before), len(after)) - head
    tail = min(rest, _common(zip(reversed(before), reversed(after), strict=False)))
    old_end, new_end = len(before) - tail, len(after) - tail
    middle = _middle(before[head:old_end], after[head:new_end])
    blocks = [_Block("equal", range(head), range(head))]
    for block in middle:
        moved = _Block(block.kind, _moved(block.old, head), _moved(block.new, head))
        if blocks[-1].kind == moved.kind:
            last = blocks.pop()
            moved = _Block(moved.kind, _joined(last.old, moved.old), _joined(last.new, moved.new))
        blocks.append(moved)
    blocks.append(_Block("equal", range(old_end, len(before)), range(new_end, len(after))))
    return [block for block in blocks if block.old or block.new]


def _common(pairs: Iterator[tuple[str, str]]) -> int:
    count = 0
    for left, right in pairs:
        if left != right:
            break
        count += 1
    return count


def _moved(lines: range, by: int) -> range:
    return range(lines.start + by, lines.stop + by)


def _joined(first: range, second: range) -> range:
    return range(first.start, second.stop)


def _middle(before: Sequence[str], after: Sequence[str]) -> Iterator[_Block]:
    if len(before) * len(after) > MAX_CELLS:
        yield _Block("different", range(len(before)), range(len(after)))
        return
    numbers: dict[str, int] = {}
    left = [numbers.setdefault(line, len(numbers)) for line in before]
    right = [numbers.setdefault(line, len(numbers)) for line in after]
    for code in Indel.opcodes(left, right):
        old = range(code.src_start, code.src_end)
        kind = "equal" if code.tag == "equal" else "different"
        yield _Block(kind, old, range(code.dest_start, code.dest_end))


def _groups(blocks: Sequence[_Block], context: int) -> Iterator[list[_Block]]:
    """Gather changes whose context meets into one group, and cut the context to size."""
    group: list[_Block] = []
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


def _first(block: _Block, count: int) -> _Block:
    return _Block("equal", block.old[:count], block.new[:count])


def _last(block: _Block, count: int) -> _Block:
    start = max(0, len(block.old) - count)
    return _Block("equal", block.old[start:], block.new[start:])


def _hunk(group: Sequence[_Block], before: Sequence[str], after: Sequence[str]) -> Hunk:
    lines: list[HunkLine] = []
    for block in group:
        if block.equal:
            pairs = zip(block.old, block.new, strict=True)
            lines += [_line(" ", before[old], old + 1, new + 1) for old, new in pairs]
            continue
        lines += [_line("-", before[old], old + 1, 0) for old in block.old]
        lines += [_line("+", after[new], 0, new + 1) for new in block.new]
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


def _line(kind: Literal[" ", "-", "+"], raw: str, old: int, new: int) -> HunkLine:
    return HunkLine(kind, raw.removesuffix("\n"), old, new, raw.endswith("\n"))


def _file_diff(path: str, old: bytes | None, new: bytes | None, context: int) -> Iterator[str]:
    name = visible(path).replace("\n", "<U+000A>")
    yield f"--- {'/dev/null' if old is None else f'a/{name}'}"
    yield f"+++ {'/dev/null' if new is None else f'b/{name}'}"
    before, after = _text(old), _text(new)
    if before is None or after is None:
        yield f"Binary files differ: {len(old or b'')} and {len(new or b'')} bytes"
        return
    for hunk in line_hunks(before, after, context):
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
