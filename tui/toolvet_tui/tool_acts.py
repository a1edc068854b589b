"""What is done to what is served: an earlier version again, a stop, a letter replayed. They block."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolvet.client.dead import ReplayedLetter
from toolvet.client.shapes import ReleaseItem
from toolvet.errors import ToolvetError
from toolvet_reviews.values import Digest
from toolvet_reviews.views import DeadView, ToolView
from toolvet_tui.desk import Desk

if TYPE_CHECKING:
    from toolvet_reviews.manifest import Manifest


class RollbackError(ToolvetError):
    """A version that cannot be served again."""

    code = "tui.rollback"
    hint = "`enter` on the tool lists its versions."


@dataclass(frozen=True)
class Earlier:
    """An earlier version as it would be served again, from bytes that were checked."""

    tool: str
    """As advertised."""
    release: ReleaseItem
    current: ReleaseItem | None
    approved: "Manifest"


def may_return(releases: list[ReleaseItem]) -> list[ReleaseItem]:
    """List versions that may be served again, the newest first.

    Raises:
        RollbackError: There is none.
    """
    found = [one for one in reversed(releases) if not one.stopped and not one.current]
    if not found:
        raise RollbackError("there is no other version that may be served")
    return found


def earlier(desk: Desk, tool: str, version: int) -> Earlier:
    """Fetch a version and check its bytes against its digest.

    Raises:
        RollbackError: It is of another tool, or may not be served.
        DifferenceError: Its bytes are not what its digest says.
    """
    from toolvet.client.shown import fetch_manifest  # noqa: PLC0415 - checking takes long to load

    releases = desk.reader.releases(tool)
    release = next((one for one in may_return(releases) if one.version == version), None)
    if release is None:
        raise RollbackError(f"version {version} of {tool} may not be served")
    approved = fetch_manifest(desk.reader, release.digest)
    if approved.definition.name != tool:
        raise RollbackError(f"release {release.digest} is of {approved.definition.name!r}")
    current = next((one for one in releases if one.current), None)
    return Earlier(tool, release, current, approved)


def roll_back(desk: Desk, to: Earlier, reason: str) -> ToolView:
    """Sign it and hand it in.

    Raises:
        LockedError: The key is locked.
        RemoteError: The service refused: another version is served by now, for one.
    """
    from toolvet.client.acts import Words  # noqa: PLC0415 - as above

    words = Words(reason)
    current = Digest(to.current.digest) if to.current else None
    envelope = desk.pen().rollback(to.approved, Digest(to.release.digest), current, words)
    return desk.person.rollback(to.tool, envelope, words.to_json())


def stop(desk: Desk, tool: str, reason: str) -> None:
    """Stop serving a tool, at once and for everybody.

    Raises:
        LockedError: The key is locked.
    """
    desk.person.disable(tool, reason)


def replay(desk: Desk, letter: DeadView) -> ReplayedLetter:
    """Call a dead letter again as it was shown, signed.

    Raises:
        LockedError: The key is locked.
    """
    signed = desk.pen().replay(letter)
    return desk.person.replay_dead(letter.id, signed.envelope, signed.document)


def discard(desk: Desk, letter: DeadView, reason: str) -> DeadView:
    """Give a letter up for good.

    Raises:
        LockedError: The key is locked.
    """
    return desk.person.discard_dead(letter.id, reason)
