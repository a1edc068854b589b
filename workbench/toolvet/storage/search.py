"""The words of releases, and where words are found in them: FTS5 on SQLite, tsvector on PostgreSQL.

A cache by release digest: what a release says never changes, so a row is right for ever. Which of
them are served, and who may know of them, is nothing this table knows.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from toolvet.storage.session import Session
from toolvet_reviews.search import FIELDS, Concept, Field, Hit, Words
from toolvet_reviews.values import Digest

TABLE = "tool_words"
"""Its name, and on SQLite the beginning of those of the tables FTS5 keeps beside it."""

_TABLE = sa.table(TABLE, *(sa.column(name, sa.Text()) for name in ("digest", *FIELDS)))
_LABELS: Mapping[Field, str] = dict(zip(FIELDS, "ABCD", strict=True))
_QUOTED = '"%s"'
_AT_ONCE = 100
"""Of the parts of one UNION; SQLite takes 500."""


class _Asked(NamedTuple):
    """Any of some words, in one field."""

    concept: int
    field: Field
    exact: bool
    words: tuple[str, ...]


class ToolWords:
    """Words by release digest."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def stored(self, digests: Collection[Digest]) -> dict[Digest, Words]:
        """Fetch the words of releases, as far as they are there."""
        query = sa.select(_TABLE.c.digest, *(_TABLE.c[field] for field in FIELDS))
        wanted = set(digests)
        return {
            digest: Words(*texts)
            for digest, *texts in self._session.rows(query)
            if digest in wanted
        }

    def put(self, words: Mapping[Digest, Words]) -> None:
        """Store the words of releases, over older ones."""
        # FTS5 has no primary key: a row that is there has to go first
        there = {digest for (digest,) in self._session.rows(sa.select(_TABLE.c.digest))}
        for digest in there & words.keys():
            self._session.write(sa.delete(_TABLE).where(_TABLE.c.digest == digest))
        rows = [
            {"digest": digest, **{field: getattr(said, field) for field in FIELDS}}
            for digest, said in words.items()
        ]
        if rows:
            self._session.write(sa.insert(_TABLE), rows)

    def hits(self, concepts: Sequence[Concept]) -> list[Hit]:
        """Find each concept, and its synonyms, in every field of every release."""
        asked = [
            _Asked(number, field, exact, words)
            for number, concept in enumerate(concepts)
            for exact, words in ((True, (concept.word,)), (False, concept.synonyms))
            for field in FIELDS
            if words
        ]
        found: list[Hit] = []
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            for place, digest in self._find(some):
                one = some[int(place)]
                found.append(Hit(one.concept, one.field, digest, one.exact))
        return found

    def _find(self, asked: Sequence[_Asked]) -> Sequence[Sequence[Any]]:
        """Look for all that is asked in one statement; each row is its place and a release."""
        condition, quote = _DIALECTS[self._session.dialect]
        parts = [
            f"SELECT {place} AS place, digest FROM {TABLE} WHERE {condition.format(place)}"  # noqa: S608 (numbers and our own names)
            for place in range(len(asked))
        ]
        values = {f"q{place}": quote(one.field, one.words) for place, one in enumerate(asked)}
        return self._session.rows(sa.text(" UNION ALL ".join(parts)), values)


def _fts5(field: Field, words: Sequence[str]) -> str:
    """Ask FTS5 for any of some words; in quotes a word is never an operator."""
    return f"{field} : ({' OR '.join(_QUOTED % word for word in words)})"


def _tsquery(field: Field, words: Sequence[str]) -> str:
    """Ask PostgreSQL for any of some words; in quotes a word is never an operator."""
    return " | ".join(f"'{word}':{_LABELS[field]}" for word in words)


_DIALECTS = {
    "sqlite": (f"{TABLE} MATCH :q{{0}}", _fts5),
    "postgresql": ("words @@ to_tsquery('pg_catalog.english', :q{0})", _tsquery),
}
