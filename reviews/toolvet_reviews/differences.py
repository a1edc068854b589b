"""Two answers to one question, and groups of those that differ: smallest first. Pure; no I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from toolvet_reviews import canonical
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import counted, one_line

MOST_PLACES = 3
"""Places by which answers are told apart in one group's name."""
MOST_GROUPS = 20
LARGEST = 4096
"""Bytes of one value that a group shows as it is."""
_DEEPEST = 32
_ORDERED = 6
"""Levels of lists of which the order is looked at: each takes as long as the answer is large."""
_MOST_FOUND = 50


class Place(NamedTuple):
    """Where two values differ, and how."""

    pointer: str
    """JSON pointer, in which every item of a list is `*`."""
    kind: str
    """`type`, `number`, `text`, `value`, `length`, `order`, `added` or `gone`."""

    def words(self) -> str:
        """Say it in a few words."""
        where = one_line(self.pointer, 120) or "the result"
        return _WORDS[self.kind].format(where=where)


_WORDS = {
    "type": "{where} is of another type",
    "number": "{where} is another number",
    "text": "{where} is another text",
    "value": "{where} is another value",
    "length": "{where} has more or fewer items",
    "order": "{where} is in another order",
    "added": "{where} is new",
    "gone": "{where} is gone",
}


@dataclass(frozen=True)
class Answer:
    """What one version made of one call."""

    value: Json = None
    """None unless it gave a result."""
    error: str = ""
    """Code or name of the failure; empty when it gave a result."""
    left: JsonObject = field(default_factory=dict[str, Json])
    """What it left behind: counts of mails and requests, records by collection."""

    def shown(self) -> Json:
        """Give it as a reviewer sees it."""
        said: Json = {"error": self.error} if self.error else self.value
        return said if not self.left else {"answer": said, "left": self.left}


@dataclass(frozen=True)
class Case:
    """One call through two versions."""

    arguments: JsonObject
    old: Answer
    new: Answer
    source: str = ""
    """Where the arguments come from: `recorded`, `example` or `generated`."""

    @property
    def differs(self) -> bool:
        """Tell whether the versions disagree."""
        return not _same(_comparable(self.old), _comparable(self.new))

    def size(self) -> int:
        """Bytes of the arguments."""
        return len(canonical.dumps(self.arguments))


@dataclass(frozen=True)
class Group:
    """Cases that differ at the same places in the same way."""

    what: str
    cases: tuple[Case, ...]
    """Smallest first."""

    def to_json(self) -> JsonObject:
        """Write it as evidence carries it."""
        first = self.cases[0]
        sources = [case.source for case in self.cases]
        return {
            "what": self.what,
            "cases": len(self.cases),
            "from": {name: sources.count(name) for name in sorted(set(sources)) if name},
            "smallest": {
                "arguments": shortened(first.arguments),
                "old": shortened(first.old.shown()),
                "new": shortened(first.new.shown()),
            },
        }


def grouped(cases: Iterable[Case]) -> list[Group]:
    """Group the cases that differ; the group with the smallest case comes first."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        if case.differs:
            found.setdefault(what_differs(case), []).append(case)
    groups = [
        Group(what, tuple(sorted(members, key=lambda case: case.size())))
        for what, members in found.items()
    ]
    return sorted(groups, key=lambda group: (group.cases[0].size(), group.what))


def what_differs(case: Case) -> str:
    """Say in one line how the new version differs from the old."""
    old, new = case.old, case.new
    if new.error and not old.error:
        return f"fails now: {one_line(new.error, 80)}"
    if old.error and not new.error:
        return f"gives a result now, instead of {one_line(old.error, 80)}"
    if old.error != new.error:
        return f"fails otherwise: {one_line(new.error, 80)}, not {one_line(old.error, 80)}"
    places = differences(old.value, new.value)
    said = [place.words() for place in places[:MOST_PLACES]]
    if len(places) > MOST_PLACES:
        said.append(f"and {counted(len(places) - MOST_PLACES, 'other place')}")
    if not _same(old.left, new.left):
        names = [name for name in sorted(old.left.keys() | new.left.keys())
                 if not _same(old.left.get(name), new.left.get(name))]  # fmt: skip
        said.append(f"leaves other {', '.join(one_line(name, 60) for name in names)}")
    return "; ".join(said) or "differs"


def differences(old: Json, new: Json) -> list[Place]:
    """Find where two values differ, each place and kind once, in the order of the old value."""
    found: dict[Place, None] = {}
    _walk(old, new, "", found, _DEEPEST)
    return list(found)


def _walk(old: Json, new: Json, at: str, found: dict[Place, None], room: int) -> None:
    """Visit every place once: answers are as large as hostile code makes them."""
    if len(found) >= _MOST_FOUND:
        return
    if isinstance(old, dict) and isinstance(new, dict) and room:
        for name in (*old, *(name for name in new if name not in old)):
            place = f"{at}/{name}"
            if name not in new:
                found[Place(place, "gone")] = None
            elif name not in old:
                found[Place(place, "added")] = None
            else:
                _walk(old[name], new[name], place, found, room - 1)
    elif isinstance(old, list) and isinstance(new, list) and room:
        _walk_list(old, new, at, found, room)
    elif _is_branch(old) and _is_branch(new):
        found.update({} if _same(old, new) else {Place(at, _kind(old, new)): None})
    elif (type(old) is not type(new) and _kind(old, new) == "type") or old != new:
        found[Place(at, _kind(old, new))] = None


def _walk_list(
    old: Sequence[Json], new: Sequence[Json], at: str, found: dict[Place, None], room: int
) -> None:
    if len(old) != len(new):
        found[Place(at, "length")] = None
        return
    inside: dict[Place, None] = {}
    for one, other in zip(old, new, strict=True):
        _walk(one, other, f"{at}/*", inside, room - 1)
    if inside and room > _DEEPEST - _ORDERED and _is_permuted(old, new):
        inside = {Place(at, "order"): None}
    found.update(inside)


def _is_permuted(old: Sequence[Json], new: Sequence[Json]) -> bool:
    return sorted(map(canonical.dumps, old)) == sorted(map(canonical.dumps, new))


def _is_branch(value: Json) -> bool:
    return isinstance(value, dict | list)


def _kind(old: Json, new: Json) -> str:
    if isinstance(old, bool) or isinstance(new, bool):
        return "value" if isinstance(old, bool) and isinstance(new, bool) else "type"
    if isinstance(old, int | float) and isinstance(new, int | float):
        return "number"
    if isinstance(old, str) and isinstance(new, str):
        return "text"
    return "type"


def _comparable(answer: Answer) -> Json:
    return [answer.error, answer.value, answer.left]


def _same(one: Json, other: Json) -> bool:
    """Tell whether two values are one in canonical JSON, where true is not 1 and 1.0 is 1."""
    return canonical.dumps(one) == canonical.dumps(other)


def shortened(value: Json) -> Json:
    """Give a value as it is, or when it is large the beginning of its text."""
    data = canonical.dumps(value)
    if len(data) <= LARGEST:
        return value
    cut = data[:LARGEST].decode("utf-8", "ignore")
    return f"{cut}… ({len(data)} bytes)"
