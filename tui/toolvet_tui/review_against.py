"""What a proposal is compared with: the published release, an earlier revision, one's own last look.

The service names what was seen; the bytes are fetched by their digests and compared here, so a
service that lies can leave something out of the screen, and cannot put something else on it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from toolvet.client.client import Client
from toolvet_reviews import sides
from toolvet_reviews.digests import is_digest, sha256
from toolvet_reviews.review_views import SeenMark
from toolvet_reviews.sides import FileChange
from toolvet_reviews.values import Digest
from toolvet_reviews.views import ProposalView

if TYPE_CHECKING:
    from toolvet.client.review import Review

PUBLISHED = "published"
SEEN = "seen"


def choices(view: ProposalView, seen: Iterable[SeenMark]) -> list[str]:
    """List what this revision can be compared with, in the order a key goes through them."""
    earlier = [str(one.number) for one in view.revisions if one.number < view.revision]
    has_looked = any(one.kind == "file" for one in seen)
    return [PUBLISHED, *[SEEN] * has_looked, *reversed(earlier)]


def files_against(
    client: Client, review: "Review", against: str, seen: Iterable[SeenMark]
) -> tuple[FileChange, ...]:
    """Compare the files of the shown revision with what was chosen; blocks.

    Raises:
        DifferenceError: Bytes are not those of their digest.
        RemoteError: They cannot be fetched.
    """
    from toolvet.client.shown import fetch_files  # noqa: PLC0415 - checks take what the queue does not need

    if against == PUBLISHED:
        return review.files
    digests = {str(one.number): one.digest for one in review.view.revisions}
    new = (
        dict(review.shown.files)
        if review.shown is not None
        else fetch_files(client, Digest(review.view.revision_digest))
    )
    if against != SEEN:
        return sides.compare(fetch_files(client, Digest(digests[against])), new)
    old = {} if review.view.base_release is None else _base(client, review.view.base_release)
    known: dict[int, dict[str, bytes]] = {}
    for mark in seen:
        digest = digests.get(str(mark.revision))
        if mark.kind != "file" or digest is None:
            continue
        if not mark.digest:
            old.pop(mark.name, None)
        elif is_digest(mark.digest):
            if mark.revision not in known:
                known[mark.revision] = fetch_files(client, Digest(digest))
            then = known[mark.revision].get(mark.name)
            if then is not None and sha256(then) == mark.digest:
                old[mark.name] = then
    return sides.compare(old, new)


def _base(client: Client, release: str) -> dict[str, bytes]:
    from toolvet.client.shown import fetch_files, fetch_manifest  # noqa: PLC0415 - as above

    return fetch_files(client, fetch_manifest(client, release).revision)
