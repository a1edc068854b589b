"""Keeps the words of what is served in the database, ready to be searched.

A cache of what the log says: the words follow from the approved manifest and bundle alone, and rows
that are missing, or say something else, are written again before anybody searches by them.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import cast

from toolvet.engine.catalogue import Served
from toolvet.errors import KNOWN, StorageError
from toolvet.storage import Store, View
from toolvet_reviews.bundle import Example
from toolvet_reviews.search import Words, texts, words
from toolvet_reviews.spec import parse_spec
from toolvet_reviews.values import Digest, Json, JsonObject

_log = logging.getLogger(__name__)

_MOST_TEXT = 20_000
"""Characters of one field that are searched."""


class ToolIndex:
    """Knows which releases have their words in the database.

    Each release is compared once in a process, when it is first served or searched.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._right: set[Digest] = set()

    async def refresh(self, releases: Iterable[Served]) -> None:
        """Bring the words of releases into the database, as far as they are not there.

        Raises:
            StorageError: They cannot be read or written.
        """
        unsure = [release for release in releases if release.digest not in self._right]
        if not unsure:
            return
        wrong = await self._store.query(lambda view: _differing(view, unsure))
        if wrong:
            await self._store.write(lambda unit: unit.tool_words.put(wrong))
        self._right.update(release.digest for release in unsure)


def _differing(view: View, releases: Sequence[Served]) -> dict[Digest, Words]:
    expected = {release.digest: words_of(view, release) for release in releases}
    stored = view.tool_words.stored(expected)
    return {digest: said for digest, said in expected.items() if stored.get(digest) != said}


def words_of(view: View, release: Served) -> Words:
    """Collect what of a release is searched."""
    approved = release.manifest.definition
    shown: list[str] = []
    for example in examples_of(view, release):
        shown += texts([example.arguments, cast("Json", example.result)])
    return Words(
        name=_joined([release.manifest.toolset, release.manifest.name]),
        description=_joined([approved.description]),
        parameters=_joined(_told_of(approved.input_schema)),
        examples=_joined(shown),
    )


def examples_of(view: View, release: Served) -> tuple[Example, ...]:
    """Read the examples out of the approved bundle; none, when it cannot be read."""
    try:
        spec = view.blob(release.files["tool.toml"]).decode("utf-8")
        return parse_spec(spec).examples
    except (*KNOWN, KeyError, UnicodeDecodeError) as error:
        if isinstance(error, StorageError):
            raise
        _log.warning("the examples of %s cannot be read: %s", release.digest, error)
        return ()


def _told_of(schema: JsonObject) -> list[str]:
    """List names and descriptions of parameters, those inside of others too."""
    told: list[str] = []
    left: list[Json] = [schema]
    while left:
        found = left.pop()
        if isinstance(found, list):
            left += found
        if not isinstance(found, dict):
            continue
        properties = found.get("properties")
        told += properties if isinstance(properties, dict) else ()
        description = found.get("description")
        told += (description,) if isinstance(description, str) else ()
        left += (value for name, value in found.items() if name != "default")
        left += properties.values() if isinstance(properties, dict) else ()
    return told


def _joined(parts: Iterable[str]) -> str:
    found: list[str] = []
    left = _MOST_TEXT
    for text in parts:
        if left <= 0:
            break
        found += words(text, left)
        left -= len(text) + 1
    return " ".join(found)
