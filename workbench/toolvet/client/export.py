"""Write what a service serves as plain files; every byte is held against its digest here.

The service is not believed: a manifest must hash to the release digest, every file to the digest in
the tree that the manifest names, every envelope to its own, and say what it is listed for. Whether
the signatures hold is the log's question: `toolvet audit verify` answers it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from toolvet.client.client import Client
from toolvet.client.errors import DifferenceError
from toolvet.client.shelf import FolderError, Shelf
from toolvet.errors import ToolvetError
from toolvet_reviews import canonical, catalogue, digests, manifest, statements
from toolvet_reviews.catalogue import Ballot, Published
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import Digest
from toolvet_reviews.views import ToolView, VoteView


class NotAnExportError(FolderError):
    """A folder with something in it that no export wrote."""

    code: ClassVar[str] = "export.not_ours"


@dataclass
class Exported:
    """What an export did, by `TOOLSET/NAME`."""

    folder: str
    written: list[str] = field(default_factory=list[str])
    removed: list[str] = field(default_factory=list[str])
    unchanged: list[str] = field(default_factory=list[str])


def export(client: Client, folder: Path, told: Callable[[str], None] = lambda _: None) -> Exported:
    """Write every served tool below a folder, and remove those that are served no more.

    Args:
        folder: Empty, missing, or written by an earlier export; what else git keeps there stays.
        told: Is told what is being written.

    Raises:
        DifferenceError: Something is not what its digest says; that tool was not written.
        FolderError: The folder cannot be written, or is not an export's.
    """
    service = client.service()
    served = [one for one in client.tools(everything=True) if one.served]
    with Shelf(folder) as shelf:
        _check_ours(shelf)
        shelf.claim()
        done = Exported(str(folder))
        published = [_one(client, shelf, one, done, told) for one in served]
        _remove_others(shelf, {one.place for one in published}, done)
        shelf.write(catalogue.INDEX, catalogue.index(service.service_id, published))
    return done


def _check_ours(shelf: Shelf) -> None:
    if all(name.startswith(".") for name in shelf.names()):
        return
    try:
        found = canonical.parse_object(shelf.read_file(catalogue.INDEX) or b"")
    except ReviewError:
        found = {}
    if found.get("schema") != catalogue.INDEX_SCHEMA:
        raise NotAnExportError(f"{shelf.path} holds something that no export wrote")


def _one(
    client: Client, shelf: Shelf, tool: ToolView, done: Exported, told: Callable[[str], None]
) -> Published:
    place = f"{tool.toolset}/{tool.name}"
    told(place)
    try:
        catalogue.check_place(tool.toolset, tool.name)
        published = _published(client, tool)
        there = _read(shelf, tool)
        files = catalogue.tool_files(published, _contents(client, published, there or {}))
    except ReviewError as error:
        raise DifferenceError(f"{place} cannot be written: {error}") from error
    if there == files:
        done.unchanged.append(place)
        return published
    before = shelf.put(tool.toolset, tool.name, files)
    if before is not None:
        shelf.discard(before)
    done.written.append(place)
    return published


def _read(shelf: Shelf, tool: ToolView) -> dict[str, bytes] | None:
    """Read what is there already; what cannot be read is written anew."""
    try:
        return shelf.read(tool.toolset, tool.name)
    except ToolvetError:
        return None


def _published(client: Client, tool: ToolView) -> Published:
    release = Digest(tool.release_digest)
    approved = manifest.from_bytes(_checked(client, release))
    said = (approved.toolset, approved.name, approved.definition.name)
    if said != (tool.toolset, tool.name, tool.advertised_name):
        raise DifferenceError(f"{release} is of {'/'.join(said[:2])!a}, not of {tool.name!a}")
    listed = [one for one in client.releases(tool.advertised_name) if one.digest == release]
    if not listed:
        raise DifferenceError(f"{release} is served and was never released")
    votes = client.show(listed[0].proposal).votes
    return Published(
        manifest=approved,
        version=tool.version,
        channel=tool.channel,
        proposal=listed[0].proposal,
        published_at=listed[0].published_at,
        votes=tuple(_ballot(client, vote) for vote in votes if vote.release_digest == release),
    )


def _ballot(client: Client, vote: VoteView) -> Ballot:
    """Hold a vote against the words that were signed."""
    from toolvet.audit.envelopes import payload_of

    envelope = Digest(vote.envelope)
    said = statements.parse(payload_of(_checked(client, envelope)))
    if (said.subject, said.actor, said.verdict) != (vote.release_digest, vote.voter_id, "approve"):
        raise DifferenceError(f"the envelope {envelope} says something else than its vote")
    return Ballot(vote.voter, vote.voter_id, vote.as_sponsor, said.time, said.policy, envelope)


def _contents(client: Client, published: Published, there: dict[str, bytes]) -> dict[str, bytes]:
    """Fetch the bundle's files; those that lie there already under the same digest are taken."""
    approved = published.manifest
    tree = digests.read_tree(_checked(client, approved.revision))
    _check_size(tree)
    return {
        path: _content(client, digest, there.get(f"{catalogue.BUNDLE}/{path}"))
        for path, digest in tree.items()
    }


def _content(client: Client, digest: Digest, there: bytes | None) -> bytes:
    if there is not None and digests.sha256(there) == digest:
        return there
    return _checked(client, digest)


def _check_size(tree: Collection[str]) -> None:
    from toolvet.client.shelf import WIDE

    if len(tree) > WIDE.max_files:
        raise DifferenceError(f"a bundle holds no {len(tree)} files")


def _checked(client: Client, digest: Digest) -> bytes:
    data = client.blob(digest)
    if digests.sha256(data) != digest:
        raise DifferenceError(f"the bytes of {digest} are not what their digest says")
    return data


def _remove_others(shelf: Shelf, kept: Collection[tuple[str, str]], done: Exported) -> None:
    for toolset, name in shelf.tools():
        if (toolset, name) not in kept:
            shelf.discard(shelf.take(toolset, name))
            done.removed.append(f"{toolset}/{name}")
