"""Search: find a tool by what it does, among those the caller may call and no others."""

import logging
from dataclasses import dataclass

from toolvet.config import stamp
from toolvet.engine.catalogue import Served
from toolvet.engine.services import Services
from toolvet.engine.tool_index import examples_of
from toolvet_reviews.bundle import Example
from toolvet_reviews.principals import Caller
from toolvet_reviews.search import concepts, rank
from toolvet_reviews.signatures import signature
from toolvet_reviews.views import ToolMatch
from toolvet_reviews.words import one_line

_log = logging.getLogger(__name__)

MOST = 20
_SUMMARY = 200


@dataclass(frozen=True)
class ToolInfo:
    """One tool with everything a caller needs to call it well."""

    served: Served
    signature: str
    examples: tuple[Example, ...]


async def search(
    services: Services, caller: Caller, query: str, limit: int = 10
) -> list[ToolMatch]:
    """Find tools by words: in name, description, parameters and examples, in that order of weight.

    Words are stemmed and some synonyms are known. A tool that the caller may not call is not
    found, and changes nothing about the order of the others.

    Args:
        query: Any text. One without a word that says anything lists the first tools by name.
        limit: At most this many, up to `MOST`.

    Raises:
        StorageError: The index cannot be read.
    """
    now = stamp(services.clock())
    # One list answers for the whole search: the same `may_call` as for `tools/list` and calls.
    offered = {
        release.digest: release for release in services.catalogue.visible(caller.principal, now)
    }
    wanted = concepts(query)
    if wanted and offered:
        await services.tool_index.refresh(offered.values())
        hits = await services.store.query(lambda view: view.tool_words.hits(wanted))
        names = {digest: release.name for digest, release in offered.items()}
        found = rank(query, hits, names, count=len(wanted))
    else:
        found = [*offered]
    return [match(offered[digest]) for digest in found[: max(1, min(limit, MOST))]]


async def info(services: Services, caller: Caller, name: str) -> ToolInfo:
    """Show one tool with its examples.

    Raises:
        ToolNotFoundError: None of that name that the caller may call.
    """
    release = services.catalogue.find(caller.principal, name, stamp(services.clock()))
    examples = await services.store.query(lambda view: examples_of(view, release))
    approved = release.manifest.definition
    line = signature(approved.name, approved.input_schema, approved.output_schema)
    return ToolInfo(release, line, examples)


async def keep_index(services: Services) -> None:
    """Bring what is served into the index as it is published, until the service is stopping.

    A search does so too; this way the first one after a publication need not wait for it.
    """
    async with services.feed.subscribe() as changes:
        await _refresh(services)
        async for change in changes:
            if change.catalogue:
                await _refresh(services)


async def _refresh(services: Services) -> None:
    try:
        await services.tool_index.refresh(services.catalogue.snapshot.served.values())
    except Exception:  # noqa: BLE001 (logged; one odd release must not end the endpoint)
        _log.exception("the index of tools waits for the next search")


def match(release: Served) -> ToolMatch:
    """Show a release as one line of what was found."""
    approved = release.manifest.definition
    return ToolMatch(
        name=release.name,
        summary=one_line(approved.description.partition("\n")[0])[:_SUMMARY],
        kind=release.kind,
        version=release.version,
        release_digest=release.digest,
        signature=one_line(signature(approved.name, approved.input_schema, approved.output_schema)),
    )
