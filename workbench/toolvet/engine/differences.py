"""Differences of files, each computed once: kept by digests, as many as fit, the least used given up."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar, cast

from toolvet_reviews import sides
from toolvet_reviews.moved_lines import moved_lines
from toolvet_reviews.review_views import Whitespace
from toolvet_reviews.sides import FileChange, Moved, Row

T = TypeVar("T")

MOST_LINES = 20_000
"""Lines of each side that are compared; of a longer file the first ones."""
KEPT_LINES = 250_000
"""Lines of all differences that are kept, both sides counted: some 60 MiB."""


class Pair(NamedTuple):
    """One file on both sides."""

    path: str
    old: bytes | None
    new: bytes | None
    old_digest: str | None
    new_digest: str | None

    @property
    def is_cut(self) -> bool:
        """Tell whether one of them is longer than what is compared."""
        return any(_is_long(data) for data in (self.old, self.new))


_Key = tuple[object, ...]


class Differences:
    """Computes differences of pairs of files; safe to share between threads.

    Args:
        kept_lines: Lines of both sides that are kept in all.
    """

    def __init__(self, kept_lines: int = KEPT_LINES) -> None:
        self._most = kept_lines
        self._kept: OrderedDict[_Key, tuple[object, int]] = OrderedDict()
        self._lines = 0
        self._lock = threading.Lock()

    @property
    def lines(self) -> int:
        """Lines that are kept now."""
        return self._lines

    def change(self, pair: Pair, whitespace: Whitespace = "exact") -> FileChange:
        """Compare one file, or the first lines of it."""
        key = ("change", pair.path, pair.old_digest, pair.new_digest, whitespace)
        return self._once(key, lambda: _change(pair, whitespace), _weight)

    def moved(self, pairs: Sequence[Pair], whitespace: Whitespace = "exact") -> Mapping[str, Moved]:
        """Find lines that moved within one file or between files; by path as shown."""
        key = ("moved", whitespace, _named(pairs))
        return self._once(
            key,
            lambda: moved_lines([self.change(pair, whitespace) for pair in pairs], whitespace),
            lambda found: sum(len(one.old) + len(one.new) for one in found.values()) + 1,
        )

    def rows(
        self,
        pair: Pair,
        pairs: Sequence[Pair],
        whitespace: Whitespace = "exact",
        context: int = -1,
    ) -> Sequence[Row]:
        """Lay one file of a comparison out in two columns, without marks of words.

        Args:
            pair: The file.
            pairs: Every file that differs.
            whitespace: What of space is passed over.
            context: Equal rows around those that differ; below 0 all of them.
        """
        key = ("rows", pair.path, whitespace, max(-1, context), _named([pair]), _named(pairs))

        def lay_out() -> Sequence[Row]:
            change = self.change(pair, whitespace)
            moved = self.moved(pairs, whitespace).get(change.path, sides.STAYED)
            return sides.aligned(change, marks=False, moved=moved, context=context)

        return self._once(key, lay_out, lambda rows: 2 * len(rows) + 1)

    def _once(self, key: _Key, make: Callable[[], T], weigh: Callable[[T], int]) -> T:
        """Give what is kept, or make it; two threads at once may both make it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast("T", self._kept[key][0])
        made = make()
        weight = weigh(made)
        with self._lock:
            if key not in self._kept and weight <= self._most:
                self._kept[key] = (made, weight)
                self._lines += weight
            while self._lines > self._most:
                self._lines -= self._kept.popitem(last=False)[1][1]
        return made


def _change(pair: Pair, whitespace: Whitespace) -> FileChange:
    old, new = _first_lines(pair.old), _first_lines(pair.new)
    change = sides.compare_one(pair.path, old, new, whitespace=whitespace)
    if not pair.is_cut:
        return change
    return replace(
        change,
        status="changed" if change.status == "same" else change.status,
        old_size=len(pair.old or b""),
        new_size=len(pair.new or b""),
    )


def _is_long(data: bytes | None) -> bool:
    return data is not None and data.count(b"\n") > MOST_LINES


def _first_lines(data: bytes | None) -> bytes | None:
    if data is None or not _is_long(data):
        return data
    return b"".join(line + b"\n" for line in data.split(b"\n", MOST_LINES)[:MOST_LINES])


def _named(pairs: Sequence[Pair]) -> frozenset[tuple[str, str | None, str | None]]:
    return frozenset((pair.path, pair.old_digest, pair.new_digest) for pair in pairs)


def _weight(change: FileChange) -> int:
    return sum((text or "").count("\n") + 1 for text in (change.old, change.new))
