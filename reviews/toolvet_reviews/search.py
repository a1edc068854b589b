"""Finding tools by words: what a query asks for, and in which order what was found is shown. Pure.

A database only says which words it found where; the order is computed here, from the tools a caller
may call and from nothing else. A full-text index ranks by how rare a word is among everything it
holds, so its own order would tell of tools that the caller must not know of.

Source: the weight of a rare word is that of BM25 (Robertson and Zaragoza, 2009), with each field
saturating by itself; how often a word occurs within a field does not count.
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from toolvet_reviews.synonyms import alike
from toolvet_reviews.values import Digest, Json

Field = Literal["name", "description", "parameters", "examples"]
FIELDS: tuple[Field, ...] = ("name", "description", "parameters", "examples")

MOST_CONCEPTS = 16
"""Words of a query that count; those after it are not looked for."""
MOST_TEXT = 2_000
"""Characters of a query that are read."""
LONGEST_WORD = 60

_WEIGHTS: Mapping[Field, float] = {
    "name": 8.0,
    "description": 4.0,
    "parameters": 2.0,
    "examples": 1.0,
}
_TELLING: frozenset[Field] = frozenset({"name", "description"})
"""Fields that say what a tool does; the others say what it does it with."""
_SATURATION = 4.0
_SYNONYM = 0.6
_CUT = 0.25
"""What scores less than this part of the best match is noise beside it."""
_BY_NAME = 1_000.0

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SCRIPT = re.compile("([\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+)")
"""Kana and Chinese characters, which are written without spaces."""
_SAYING_NOTHING = """
    a about all also an and any are as at be but by can could do does for from had has have how i if
    in into is it its like me my need no not of on one or our out please should so some such than
    that the their them then there these they this those to tool tools toolvet up us use used using
    want was we were what when where which who why will with would you your
"""
_EMPTY = frozenset(_SAYING_NOTHING.split())
"""Words that say nothing about a tool."""


@dataclass(frozen=True)
class Words:
    """What of a tool is searched, as words with single spaces between them."""

    name: str
    description: str
    parameters: str
    examples: str


@dataclass(frozen=True)
class Concept:
    """One word of a query, and others that mean much the same."""

    word: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A concept was found in a field of a release."""

    concept: int
    """Place of the concept in the query."""
    field: Field
    digest: Digest
    exact: bool
    """True for the word itself, False for a synonym."""


_Found = dict[tuple[int, Digest], dict[Field, float]]
"""Concept and release to the fields it was found in, and how well."""


def words(text: str, most: int = MOST_TEXT) -> list[str]:
    """Split text into lower-case words: at anything that is no letter or digit, and at humps.

    Args:
        text: Any text; names such as `line_total` and `lineTotal` come apart.
        most: Characters that are read.
    """
    parts = (part for run in _WORD.findall(_bare(text[:most])) for part in _HUMP.split(run))
    return [word for part in parts for word in _spaced(part.lower()[:LONGEST_WORD])]


def _spaced(word: str) -> list[str]:
    """Take writing without spaces apart into pairs of signs, so that a part of it is found."""
    if word.isascii():
        return [word]
    return [
        found
        for run in _SCRIPT.split(word)
        if run
        for found in (
            [run[place : place + 2] for place in range(max(1, len(run) - 1))]
            if _SCRIPT.fullmatch(run)
            else [run]
        )
    ]


def _bare(text: str) -> str:
    """Take accents and other marks off; both databases then see the same letters."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(mark for mark in apart if not unicodedata.combining(mark))
    return unicodedata.normalize("NFC", bare)


def concepts(query: str) -> tuple[Concept, ...]:
    """Read what a query asks for; nothing, when it holds no word that says anything."""
    asked = dict.fromkeys(word for word in words(query) if not _says_nothing(word))
    return tuple(Concept(word, alike(word)) for word in list(asked)[:MOST_CONCEPTS])


def _says_nothing(word: str) -> bool:
    return word in _EMPTY or (len(word) == 1 and word.isascii())


def rank(
    query: str, hits: Iterable[Hit], visible: Mapping[Digest, str], count: int | None = None
) -> list[Digest]:
    """Order what was found, best first; among equals by name.

    Args:
        query: As it was asked; a tool whose whole name is in it comes first.
        hits: Where its concepts were found; those of other tools do not count in any way.
        visible: Every tool the caller may call: release digest to advertised name.
        count: How many concepts the query has; by default those that were found.

    Returns:
        Release digests.
    """
    found = _strongest(hits, visible)
    number = count if count is not None else len({concept for concept, _ in found})
    kept = _without_noise(_scores(found, number, len(visible)))
    said = query[:MOST_TEXT].lower()
    for digest, name in visible.items():
        if _is_named(name, said):
            kept[digest] = kept.get(digest, 0.0) + _BY_NAME
    return sorted(kept, key=lambda digest: (-kept[digest], visible[digest]))


def _scores(found: _Found, number: int, everything: int) -> dict[Digest, float]:
    spread: dict[int, int] = defaultdict(int)
    for concept, _ in found:
        spread[concept] += 1
    scores: dict[Digest, float] = defaultdict(float)
    matched: dict[Digest, int] = defaultdict(int)
    told: set[Digest] = set()
    for (concept, digest), fields in found.items():
        weight = sum(_WEIGHTS[field] * part for field, part in fields.items())
        scores[digest] += _rarity(spread[concept], everything) * weight / (weight + _SATURATION)
        matched[digest] += 1
        if not _TELLING.isdisjoint(fields):
            told.add(digest)
    return {
        digest: score * math.sqrt(matched[digest] / max(1, number))
        for digest, score in scores.items()
        # a parameter `email` does not make a tool one that sends it
        if digest in told or matched[digest] >= number
    }


def _strongest(hits: Iterable[Hit], visible: Mapping[Digest, str]) -> _Found:
    found: _Found = defaultdict(dict)
    for hit in hits:
        if hit.digest in visible:
            fields = found[hit.concept, hit.digest]
            part = 1.0 if hit.exact else _SYNONYM
            fields[hit.field] = max(part, fields.get(hit.field, 0.0))
    return found


def _rarity(holders: int, everything: int) -> float:
    return math.log(1 + (everything - holders + 0.5) / (holders + 0.5))


def _without_noise(scores: Mapping[Digest, float]) -> dict[Digest, float]:
    least = _CUT * max(scores.values(), default=0.0)
    return {digest: score for digest, score in scores.items() if score >= least}


def _is_named(name: str, query: str) -> bool:
    """Tell whether a query holds a whole name; one of a single word is also just a word."""
    name = name.lower()
    if query.strip() == name:
        return True
    if "_" not in name or name not in query:  # most names: no pattern to compile
        return False
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", query) is not None


def texts(value: Json) -> list[str]:
    """List every key and text in a JSON value, in order; without recursion, so of any depth."""
    found: list[str] = []
    left: list[Json] = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            for key, item in reversed(one.items()):
                left += (item, key)
        elif isinstance(one, list):
            left += reversed(one)
    return found
