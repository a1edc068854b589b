"""The kept catalogue: what is served, as files in the home that people and git can read.

It is written from the log and the stored bytes, and nothing is ever read back from it to be served.
Whoever edits it proposes: the edited files go to the inbox as the local agent's, the kept ones come
back.
"""

import asyncio
import logging
import os
import stat
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from toolvet.client import trees
from toolvet.client.shelf import Shelf, read_file
from toolvet.engine import inbox_verdict
from toolvet.engine.kept_tools import Expected, KeptTools, Place, content_digest
from toolvet.engine.services import Services
from toolvet.errors import KNOWN, ToolvetError
from toolvet_reviews import catalogue, digests
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.values import Digest

_log = logging.getLogger(__name__)

LOOK_S = 5.0
"""How often the folder is held against what is served; less often when that takes long."""
SETTLE_S = 1.0
"""How long an edit must hold still before it is taken for one."""
EDITED = ".edited"
"""End of the name that an edit has in the inbox: `TOOLSET.NAME.edited`."""
_SHARE = 50
"""Looking takes at most one part in so many of the time."""

_MOST_NAMES = 100_000
_NOT_THEIRS = catalogue.OURS | {EDITED}
_NOTHING = digests.sha256(b"")


@dataclass(frozen=True)
class Found:
    """What lies at one place and should not."""

    mark: trees.Mark | None
    release: Digest
    """Digest of the manifest that lies there."""
    is_edited: bool
    """Whether its bundle is neither what is served nor any release of the tool."""


class KeptCatalogue:
    """The worker behind the folder.

    Args:
        services: Of the home.
        clock: Monotonic seconds.
    """

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._tools = KeptTools(services)
        self._is_claimed = False
        self._said = ""
        self._marks: dict[Place, tuple[Digest, trees.Mark | None]] = {}
        """What was found right: its content, and the mark it had."""
        self._unsure: dict[Place, tuple[trees.Mark | None, float]] = {}
        """How an edit looked last, and since when."""

    async def run(self) -> None:
        """Keep the folder until the service stops."""
        async with self._services.feed.subscribe() as changes:
            while not self._services.stopping.is_set():
                began = self._clock()
                unsettled = await asyncio.to_thread(self._guarded)
                pause = max(LOOK_S, _SHARE * (self._clock() - began))
                with suppress(TimeoutError, StopAsyncIteration):
                    async with asyncio.timeout(SETTLE_S if unsettled else pause):
                        while not (await anext(changes)).catalogue:
                            pass

    def sync(self, shelf: Shelf) -> bool:
        """Bring the folder in line with what is served; tell whether an edit still settles.

        Raises:
            ToolvetError: The folder cannot be written.
        """
        self._tools.refresh()
        expected = self._tools.expected
        wrong = [place for place, one in expected.items() if not self._is_right(shelf, place, one)]
        over = [place for place in shelf.tools() if place not in expected]
        unsettled = False
        for place, make in (
            *((p, self._restore) for p in wrong),
            *((p, self._remove) for p in over),
        ):
            try:
                unsettled |= not make(shelf, place)
            except KNOWN as error:  # the others must not wait for this one
                self._say_once(f"catalogue/{'/'.join(place)} cannot be written: {error}")
        index = self._tools.index()
        if shelf.read_file(catalogue.INDEX) != index:
            shelf.write(catalogue.INDEX, index)
        return unsettled

    def _is_right(self, shelf: Shelf, place: Place, expected: Expected) -> bool:
        mark = shelf.glimpse(*place)
        return mark is not None and self._marks.get(place) == (expected.content, mark)

    def differences(self, shelf: Shelf) -> list[tuple[Place, Found]]:
        """List what lies in the folder and was changed by others, without touching it."""
        self._tools.refresh()
        places = self._tools.expected.keys() | set(shelf.tools())
        found = ((place, self._found(shelf, place)) for place in sorted(places))
        return [
            (place, one) for place, one in found if one is not None and self._is_act(place, one)
        ]

    def _is_act(self, place: Place, found: Found) -> bool:
        """Tell an edit from a copy that the worker has not renewed yet."""
        if found.is_edited or found.mark is None:
            return found.is_edited
        expected = self._tools.expected.get(place)
        is_newest = expected is not None and expected.published.digest == found.release
        return is_newest or found.release not in self._services.standing.ledger.releases

    def _guarded(self) -> bool:
        try:
            with Shelf(self._services.paths.catalogue) as shelf:
                if not self._is_claimed:
                    shelf.claim()  # sweeps what a crash left half done
                    self._is_claimed = True
                return self.sync(shelf)
        except (*KNOWN, OSError) as error:
            self._say_once(f"the kept catalogue cannot be written: {error}")
        except Exception:  # noqa: BLE001 - the worker's outermost loop
            _log.exception("the kept catalogue met something unforeseen")
        return False

    # --- what is there -----------------------------------------------------------------------

    def _found(self, shelf: Shelf, place: Place) -> Found | None:
        """Look at one place; None when all there is as it should be."""
        mark = shelf.glimpse(*place)
        try:
            there = shelf.read(*place)
        except ToolvetError:  # links, special files, far too much, or somebody writes right now
            return Found(mark, _NOTHING, is_edited=True)
        if there is None:
            return Found(None, _NOTHING, is_edited=False)
        ours = {path: data for path, data in there.items() if path.split("/")[0] in catalogue.OURS}
        expected = self._tools.expected.get(place)
        if expected is not None and content_digest(ours) == expected.content:
            self._marks[place] = (expected.content, mark)
            return None
        release = digests.sha256(ours.get(catalogue.MANIFEST, b""))
        return Found(mark, release, is_edited=self._is_edited(place, ours))

    def _is_edited(self, place: Place, there: Mapping[str, bytes]) -> bool:
        """Tell whether the bundle that lies there is no release of this tool, and so somebody's work."""
        top = f"{catalogue.BUNDLE}/"
        bundle = {
            path.removeprefix(top): data for path, data in there.items() if path.startswith(top)
        }
        if not bundle:
            return False
        try:
            revision = digests.file_tree(bundle)
        except ReviewError:  # a name that no bundle may have
            return True
        return not self._tools.is_release(place, revision)

    # --- making it so ------------------------------------------------------------------------

    def _restore(self, shelf: Shelf, place: Place) -> bool:
        """Put the served files where something else lies; False while an edit settles."""
        found = self._found(shelf, place)
        if found is None:
            return True
        if found.is_edited and not self._is_settled(place, found.mark):
            return False
        before = shelf.put(*place, self._tools.files(place))
        if before is not None:
            self._put_away(shelf, place, before, is_edited=found.is_edited)
        self._found(shelf, place)  # notes how it looks when it is right
        return True

    def _remove(self, shelf: Shelf, place: Place) -> bool:
        """Take away what is served no more; False while an edit settles."""
        found = self._found(shelf, place)
        is_edited = found is not None and found.is_edited
        if found is not None and is_edited and not self._is_settled(place, found.mark):
            return False
        self._put_away(shelf, place, shelf.take(*place), is_edited=is_edited)
        return True

    def _is_settled(self, place: Place, mark: trees.Mark | None) -> bool:
        was, since = self._unsure.get(place, (None, 0.0))
        if mark is None or was != mark:
            self._unsure[place] = (mark, self._clock())
            return False
        return self._clock() - since >= SETTLE_S

    def _put_away(self, shelf: Shelf, place: Place, before: str, *, is_edited: bool) -> None:
        """Give an edit to the inbox, keep what is not ours, remove the rest."""
        self._unsure.pop(place, None)
        name = "/".join(place)
        try:
            if is_edited:
                kept = _to_inbox(self._services, shelf, before, place)
                _log.warning("catalogue/%s was edited; inbox/%s holds the edit", name, kept or "-")
            _keep_theirs(shelf, before, place)
        except OSError as error:
            kept = shelf.save(before)
            _log.warning("catalogue/%s was changed; %s holds it: %s", name, kept, error)
            return
        shelf.discard(before)

    def _say_once(self, words: str) -> None:
        if words != self._said:
            self._said = words
            _log.warning("%s", words)


def _to_inbox(services: Services, shelf: Shelf, before: str, place: Place) -> str:
    """Move an edited bundle to the inbox, over an earlier edit that became a proposal.

    Returns:
        Its name there; empty when there is no bundle any more.

    Raises:
        OSError: It cannot be moved.
    """
    if not _is_folder(before, shelf.root):
        return ""
    services.paths.inbox.mkdir(mode=0o700, exist_ok=True)
    with _opened(services.paths.inbox) as inbox, _opened(before, shelf.root) as old:
        if catalogue.BUNDLE not in trees.names(old, _MOST_NAMES):
            return ""
        free = _free_name(inbox, ".".join(place) + EDITED)
        with suppress(FileNotFoundError):
            os.rename(free, EDITED, src_dir_fd=inbox, dst_dir_fd=old)
        os.rename(catalogue.BUNDLE, free, src_dir_fd=old, dst_dir_fd=inbox)
        return free


def _free_name(inbox: int, name: str) -> str:
    """Find a name in the inbox whose bytes are nobody's only copy."""
    there = frozenset(trees.names(inbox, _MOST_NAMES))
    for one in (name, *(f"{name}-{number}" for number in range(2, 100))):
        said = read_file(inbox, one + inbox_verdict.ENDING, inbox_verdict.LARGEST)
        earlier = inbox_verdict.read(said)
        if one not in there or (earlier is not None and earlier.proposal):
            return one
    raise OSError("the inbox is full of edits")


def _keep_theirs(shelf: Shelf, before: str, place: Place) -> None:
    """Move back what somebody keeps beside our files, such as notes."""
    if not _is_folder(before, shelf.root):
        return
    with _opened(before, shelf.root) as old:
        theirs = [one for one in trees.names(old, _MOST_NAMES) if one not in _NOT_THEIRS]
        if not theirs:
            return
        with shelf.opened(*place, make=True) as new:
            for name in theirs:
                os.rename(name, name, src_dir_fd=old, dst_dir_fd=new)


def _is_folder(name: str, inside: int) -> bool:
    found = os.stat(name, dir_fd=inside, follow_symlinks=False)
    return stat.S_ISDIR(found.st_mode)


@contextmanager
def _opened(path: str | Path, inside: int | None = None) -> Generator[int]:
    folder = trees.open_folder(path, inside=inside)
    try:
        yield folder
    finally:
        os.close(folder)
