"""Patterns that take exponential time on an engine that backtracks. Pure; no I/O.

Ours takes linear time for all of them, but callers receive the schema, and hosts check arguments
with the engine they have; so does the SDK beside the tool. Found is the mistake people make: a
repetition of something that may split what it matched in many ways, such as `(a+)+`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from toolvet_reviews.values import Json

_VALUES = frozenset({"default", "const", "enum", "examples"})
"""Keywords that hold values, not schemas."""


def patterns_of(schema: Json) -> Iterator[str]:
    """Find every pattern of a schema."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        if not isinstance(node, dict):
            continue
        if isinstance(pattern := node.get("pattern"), str):
            yield pattern
        if isinstance(named := node.get("patternProperties"), dict):
            yield from named
        waiting += [value for key, value in node.items() if key not in _VALUES]


def explodes(pattern: str) -> bool:
    """Tell whether a pattern repeats what can be split in many ways; linear in its length."""
    groups = [_Group()]
    place = 0
    while place < len(pattern):
        mark = pattern[place]
        place = _behind(pattern, place)
        if mark == "(":
            groups.append(_Group())
            continue
        if mark == "|":
            groups[-1].branches.append(_Branch())
            continue
        inner = groups.pop() if mark == ")" and len(groups) > 1 else None
        lowest, highest, place = _times(pattern, place)
        if inner is not None and inner.splits and (highest is None or highest > 1):
            return True
        groups[-1].branches[-1].add(inner, lowest, highest)
    return False


@dataclass
class _Branch:
    needed: int = 0
    """Atoms that cannot match nothing."""
    loose: int = 0
    """Atoms of those whose length is open."""
    is_open: bool = False
    """Whether an atom that may match nothing has an open length."""

    def add(self, inner: "_Group | None", lowest: int, highest: int | None) -> None:
        is_open = lowest != highest and (highest is None or highest > 1)
        is_open = is_open or (inner is not None and inner.splits)
        if lowest == 0 or (inner is not None and inner.is_empty):
            self.is_open = self.is_open or is_open
            return
        self.needed += 1
        self.loose += is_open

    @property
    def splits(self) -> bool:
        """Whether two of it in a row can share what they match in several ways."""
        return (self.loose == 1 and self.needed == 1) or (self.is_open and self.needed == 0)


@dataclass
class _Group:
    branches: list[_Branch] = field(default_factory=lambda: [_Branch()])

    @property
    def splits(self) -> bool:
        return any(branch.splits for branch in self.branches)

    @property
    def is_empty(self) -> bool:
        return any(branch.needed == 0 for branch in self.branches)


def _behind(pattern: str, place: int) -> int:
    """Step over an escape, a class, the head of a group, or one character."""
    if pattern[place] == "\\":
        return place + 2
    if pattern[place] == "[":
        return _behind_class(pattern, place + 1)
    if pattern.startswith("(?", place):
        ends = [at for mark in ":>=!)" if (at := pattern.find(mark, place, place + 40)) > 0]
        return min(ends, default=place + 1) + 1
    return place + 1


def _behind_class(pattern: str, place: int) -> int:
    place += pattern.startswith("^", place)
    place += pattern.startswith("]", place)
    while place < len(pattern) and pattern[place] != "]":
        place += 2 if pattern[place] == "\\" else 1
    return place + 1


def _times(pattern: str, place: int) -> tuple[int, int | None, int]:
    """Read how often the atom before is repeated; answer also the place behind that."""
    lowest, highest = 1, 1
    simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if place < len(pattern) and pattern[place] in simple:
        lowest, highest = simple[pattern[place]]
        place += 1
    elif pattern.startswith("{", place):
        first, comma, last = pattern[place + 1 : pattern.find("}", place)][:20].partition(",")
        if not first.isdecimal():
            return 1, 1, place
        lowest = int(first)
        highest = (int(last) if last.isdecimal() else None) if comma else lowest
        place = pattern.find("}", place) + 1
    else:
        return 1, 1, place
    return lowest, highest, place + (place < len(pattern) and pattern[place] in "?+")
