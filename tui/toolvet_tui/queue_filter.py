"""Words that narrow the queue, and words that find one item in it. Pure; no I/O.

Each word must hold. A word is part of what an item says, or one of

    kind:write   author:claude   tool:invoices/   state:reviewing   change:new   whose:ada
    risk>50      risk<20         warnings>0       errors>0          threads>0
    is:mine      is:low  is:late  is:claimed  is:free  is:snoozed  is:twin  is:against

and the opposite of it with a `-` before. What looks like one of these and is none is looked for as
it stands.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from toolvet.config import parse_stamp
from toolvet_reviews.views import QueueItem

Keeps = Callable[[QueueItem], bool]

_COMPARED = re.compile(r"(risk|warnings|errors|threads|reach)([<>]=?|=)(\d{1,6})")
_FIELDS: dict[str, Callable[[QueueItem], str]] = {
    "kind": lambda one: one.kind or "unknown",
    "author": lambda one: one.author,
    "tool": lambda one: f"{one.toolset}/{one.tool}",
    "state": lambda one: one.state,
    "change": lambda one: one.change,
    "whose": lambda one: " ".join(one.whose),
}
_FIGURES: dict[str, Callable[[QueueItem], int]] = {
    "risk": lambda one: one.risk,
    "warnings": lambda one: one.warnings,
    "errors": lambda one: one.errors,
    "threads": lambda one: one.open_threads,
    "reach": lambda one: one.reach,
}
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}
FIND_MOST = 200
_NEAR_ENOUGH = 60.0
"""Of 100; below it a name has little to do with what was typed."""


def keeps(words: str, now: datetime) -> Keeps:
    """Read a filter."""
    tests = [_test(word, now) for word in words.lower().split()]
    return lambda item: all(test(item) for test in tests)


def text_of(item: QueueItem) -> str:
    """Write what words are looked for in."""
    said = (
        item.id,
        item.toolset,
        item.tool,
        item.kind or "",
        item.state,
        item.author,
        item.change,
        item.summary,
        *item.whose,
        item.claimed_by,
    )
    return " ".join(said).lower()


def is_late(item: QueueItem, now: datetime) -> bool:
    """Tell whether it should have been decided by now."""
    if item.due_at is None or not item.clock_runs:
        return False
    try:
        return parse_stamp(item.due_at) < now
    except ValueError:
        return False


def find(items: Sequence[QueueItem], typed: str) -> list[QueueItem]:
    """Find the items whose name is near to what was typed, the nearest first.

    Args:
        items: What is looked through; within equally near ones their order is kept.
        typed: Letters of an id or a tool, with some missing or wrong.
    """
    from rapidfuzz import fuzz, process, utils  # noqa: PLC0415 - the queue paints without it

    if not typed.strip():
        return list(items[:FIND_MOST])
    names = [f"{one.id} {one.toolset}/{one.tool}" for one in items]
    found = process.extract(
        typed, names, scorer=fuzz.WRatio, processor=utils.default_process,
        limit=FIND_MOST, score_cutoff=_NEAR_ENOUGH,
    )  # fmt: skip
    return [items[at] for _, _, at in sorted(found, key=lambda one: (-one[1], one[2]))]


def _test(word: str, now: datetime) -> Keeps:
    if len(word) > 1 and word.startswith("-"):
        test = _test(word[1:], now)
        return lambda item: not test(item)
    if (found := _COMPARED.fullmatch(word)) is not None:
        figure, compare, than = _FIGURES[found[1]], _COMPARISONS[found[2]], int(found[3])
        return lambda item: compare(figure(item), than)
    name, colon, value = word.partition(":")
    if colon and value and name == "is" and value in _FACTS:
        fact = _FACTS[value]
        return lambda item: fact(item, now)
    if colon and value and name in _FIELDS:
        field = _FIELDS[name]
        return lambda item: value in field(item).lower()
    return lambda item: word in text_of(item)


_FACTS: dict[str, Callable[[QueueItem, datetime], bool]] = {
    "mine": lambda one, _: one.mine,
    "low": lambda one, _: one.low_risk,
    "late": is_late,
    "claimed": lambda one, _: bool(one.claimed_by),
    "free": lambda one, _: not one.claimed_by,
    "snoozed": lambda one, _: one.snoozed_until is not None,
    "twin": lambda one, _: one.same_as is not None,
    "against": lambda one, _: one.objections > 0,
}


def words_known() -> Iterable[str]:
    """List the words that mean more than they say, for whoever types."""
    yield from (f"{name}:" for name in _FIELDS)
    yield from (f"{name}>" for name in _FIGURES)
    yield from (f"is:{name}" for name in _FACTS)
