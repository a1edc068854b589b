"""Two texts cut into blocks of lines that are equal or differ, by a longest common subsequence. Pure.

No common line is missed and none is invented: the subsequence is the longest there is (rapidfuzz).
Lines that only one side has cannot be in it, so they are left out before it is looked for.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from rapidfuzz.distance import Indel, Opcodes

from toolvet_reviews.review_views import Whitespace

MAX_CELLS = 400_000_000
"""Lines times lines; the table of bits behind it takes an eighth of that in bytes."""

_END = " \t\r\n"
"""Marks at the end of a line that a reader may pass over."""
_BLANKS = re.compile(r"[ \t]+")


class Block(NamedTuple):
    """A run of lines, equal on both sides or not."""

    kind: Literal["equal", "different"]
    old: range
    """Indices from 0."""
    new: range

    @property
    def equal(self) -> bool:
        """Tell whether both sides read the same here."""
        return self.kind == "equal"


def split(text: str) -> list[str]:
    """Split at line feeds, ends kept, so that a missing last one is a difference."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def blocks(
    before: Sequence[str], after: Sequence[str], whitespace: Whitespace = "exact"
) -> list[Block]:
    """Cut both texts into equal and different blocks, in order.

    Args:
        before: Lines with their ends.
        after: The same of the other text.
        whitespace: What is passed over. Only space, tab and a carriage return before the line feed
            are: within a line that one starts another for Python, and other blanks are letters to it.
    """
    left, right = before, after
    if whitespace != "exact":
        key = key_of(whitespace)
        left, right = [key(line) for line in before], [key(line) for line in after]
    head = _common(zip(left, right, strict=False))
    rest = min(len(left), len(right)) - head
    tail = min(rest, _common(zip(reversed(left), reversed(right), strict=False)))
    old_end, new_end = len(left) - tail, len(right) - tail
    found = [Block("equal", range(head), range(head))]
    for block in _middle(left[head:old_end], right[head:new_end]):
        moved = Block(block.kind, _moved(block.old, head), _moved(block.new, head))
        if found[-1].kind == moved.kind:
            last = found.pop()
            moved = Block(moved.kind, _joined(last.old, moved.old), _joined(last.new, moved.new))
        found.append(moved)
    found.append(Block("equal", range(old_end, len(left)), range(new_end, len(right))))
    return [block for block in found if block.old or block.new]


def key_of(whitespace: Whitespace) -> Callable[[str], str]:
    """Give what a line is compared by."""
    return _KEYS[whitespace]


def _without_end(line: str) -> str:
    return line.rstrip(_END)


def _without_blanks(line: str) -> str:
    return _BLANKS.sub("", line.rstrip(_END))


_KEYS: dict[Whitespace, Callable[[str], str]] = {
    "exact": str,
    "trailing": _without_end,
    "ignore": _without_blanks,
}


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


def _middle(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    """Find the longest common subsequence among the lines that both sides have."""
    numbers = {line: number for number, line in enumerate(dict.fromkeys(before))}
    right_at = [at for at, line in enumerate(after) if line in numbers]
    shared = {after[at] for at in right_at}
    left_at = [at for at, line in enumerate(before) if line in shared]
    if not left_at or len(left_at) * len(right_at) > MAX_CELLS:
        yield Block("different", range(len(before)), range(len(after)))
        return
    left = [numbers[before[at]] for at in left_at]
    right = [numbers[after[at]] for at in right_at]
    old_at = new_at = 0
    for old, new, length in _runs(left_at, right_at, Indel.opcodes(left, right)):
        if old > old_at or new > new_at:
            yield Block("different", range(old_at, old), range(new_at, new))
        old_at, new_at = old + length, new + length
        yield Block("equal", range(old, old_at), range(new, new_at))
    if old_at < len(before) or new_at < len(after):
        yield Block("different", range(old_at, len(before)), range(new_at, len(after)))


def _runs(
    left_at: Sequence[int], right_at: Sequence[int], codes: Opcodes
) -> Iterator[tuple[int, int, int]]:
    """Give equal runs as they lie in the whole texts: start on each side, and length."""
    for code in codes:
        if code.tag != "equal":
            continue
        lefts = left_at[code.src_start : code.src_end]
        rights = right_at[code.dest_start : code.dest_end]
        start = 0
        for at in range(1, len(lefts) + 1):
            if (
                at == len(lefts)
                or lefts[at] != lefts[at - 1] + 1
                or rights[at] != rights[at - 1] + 1
            ):
                yield lefts[start], rights[start], at - start
                start = at
