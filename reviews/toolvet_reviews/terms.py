"""Where two JSON values differ, term by term: specifications, definitions. Pure; no I/O.

A whole schema or list on either side would look the same to a reader, so both are gone down into:
members by name, items by a longest common subsequence of their canonical forms.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from rapidfuzz.distance import Indel

from toolvet_reviews import canonical, manifest
from toolvet_reviews.manifest import Manifest
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.words import flat, one_line

LONGEST = 400
"""Characters of a value as it is said."""
_MOST_ITEMS = 400
"""Items of a list that are told apart; a longer one is one term."""


class Term(NamedTuple):
    """A term that is another one now; None on a side where it is not there."""

    name: str
    """Members joined by dots, `examples[2].result`. A claim: spell it out before it is shown."""
    old: Json
    new: Json


def differing(old: Json, new: Json, *, items: bool = False, name: str = "") -> Iterator[Term]:
    """Go down to the terms that differ, members in order of their names.

    Args:
        old: The value before.
        new: The value after.
        items: Go into lists, too; else a list is one term.
        name: Of the place both are at.
    """
    if _same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for member in sorted(old.keys() | new.keys()):
            inside = f"{name}.{member}" if name else member
            found = list(differing(old.get(member), new.get(member), items=items, name=inside))
            if not found and (member in old) != (member in new):
                found = [Term(inside, _there(member, old), _there(member, new))]
            yield from found
    elif items and _is_short(old) and _is_short(new):
        yield from _items(old or [], new or [], name)  # type: ignore[arg-type]
    else:
        yield Term(name, old, new)


def _there(member: str, value: JsonObject) -> Json:
    """Tell a null or an empty list from nothing."""
    return canonical.dumps(value[member]).decode() if member in value else None


def of_manifest(approved: Manifest) -> JsonObject:
    """Give every term that people approve, code aside."""
    said = manifest.to_json(approved)
    definition, effects = said.pop("definition"), said.pop("effects")
    for name in ("schema", "revision", "workspace"):
        said.pop(name)
    if isinstance(definition, dict):
        said |= definition
    if isinstance(effects, dict):
        said |= effects
    return said


def said(value: Json) -> str:
    """Say a value in a few harmless words; `none` where there is nothing."""
    return one_line(flat(value), LONGEST) if value not in (None, "", [], {}) else "none"


def _items(old: Sequence[Json], new: Sequence[Json], name: str) -> Iterator[Term]:
    """Tell items apart that came, went, or were edited in their place."""
    before, after = [canonical.dumps(one) for one in old], [canonical.dumps(one) for one in new]
    for is_equal, run in groupby(Indel.opcodes(before, after), lambda code: code.tag == "equal"):
        if is_equal:
            continue
        codes = list(run)
        start, other = codes[0].src_start, codes[0].dest_start
        gone, come = old[start : codes[-1].src_end], new[other : codes[-1].dest_end]
        both = min(len(gone), len(come))
        for index in range(both):
            place = f"{name}[{other + index + 1}]"
            inside = list(differing(gone[index], come[index], items=True, name=place))
            # a null item is there, unlike a member that is not: it is told from an empty list
            yield from inside or (Term(place, gone[index], come[index]),)
        for index, one in enumerate(gone[both:], start + both + 1):
            yield Term(f"{name}[{index}]", one, None)
        for index, one in enumerate(come[both:], other + both + 1):
            yield Term(f"{name}[{index}]", None, one)


def _is_short(value: Json) -> bool:
    return value is None or (isinstance(value, list) and len(value) <= _MOST_ITEMS)


def _same(old: Json, new: Json) -> bool:
    """Tell whether two values are one in canonical JSON, where true is not 1."""
    return old is new or canonical.dumps(old) == canonical.dumps(new)
