"""Which words of an edited line differ. Pure; no I/O."""

import re
from collections.abc import Sequence

from rapidfuzz.distance import Indel, Postfix, Prefix

Mark = tuple[int, int]
"""A range of characters, the end not included."""

LONGEST_BY_WORD = 2_000
"""Characters of the longest line compared word by word; of longer ones only the ends are cut off."""
_UNLIKE = 0.3
"""Likeness below which the words two lines share say nothing."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


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
