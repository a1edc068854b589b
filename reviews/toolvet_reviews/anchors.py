"""The places that threads are about: what makes one, and where it went in another revision. Pure.

Lines are followed by a longest common subsequence of the stored texts, never by their numbers. A
place that cannot be found again is lost, and that is said: nothing a person wrote about one line is
ever shown at another that merely stands where the first one stood.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Indel

from toolvet_reviews.diffs import line_hunks
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.policy import CRITERIA
from toolvet_reviews.review_views import Anchor, Followed
from toolvet_reviews.words import visible

LONGEST_NAME = 400
"""Characters of a path or a name."""
MOST_LINES = 500
"""Lines of one range."""
QUOTED_LINES = 30
QUOTED_CHARACTERS = 4_000

_ALIKE = 0.6
"""Likeness from which a line is taken for one that was edited."""
_LOOKED_AT = 200
"""Characters of a line that its likeness is judged by."""
_MOST_PAIRS = 4_000
"""Old times new lines that are compared for likeness; of more, none are."""
_TELLING = 8
"""Letters and digits that make a text one to know again where its neighbours are gone."""


class AnchorError(ReviewError):
    """A place that is none, or is not there."""

    code = "thread.place"
    hint = "Name a line of the revision, a file, or a finding by its fingerprint."


class Place(NamedTuple):
    """Where a thread's place is in the shown revision."""

    anchor: Anchor
    """What still holds of it: when the lines are lost the file, when that is gone the proposal."""
    followed: Followed


def checked(anchor: Anchor) -> Anchor:
    """Keep of an anchor what its kind is made of.

    Raises:
        AnchorError: Something is missing, too long, or no range.
    """
    if max(len(anchor.path), len(anchor.name)) > LONGEST_NAME:
        raise AnchorError(f"a path or name has at most {LONGEST_NAME} characters")
    if anchor.kind == "proposal":
        return Anchor()
    if anchor.kind in ("file", "line"):
        return _of_file(anchor)
    if not anchor.name:
        raise AnchorError(f"a thread about a {anchor.kind} names it", place=anchor.kind)
    if anchor.kind == "criterion" and anchor.name not in CRITERIA:
        raise AnchorError(f"no such criterion; there are {', '.join(CRITERIA)}", place="criterion")
    return Anchor(anchor.kind, name=anchor.name)


def lines_of(data: bytes | None) -> list[str] | None:
    """Split a file into lines without their ends; None when it is not there or is no text."""
    text = text_of(data)
    return None if text is None else _lines(text)


def text_of(data: bytes | None) -> str | None:
    """Decode a file; None when it is not there or is no text."""
    if data is None:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def quote(anchor: Anchor, data: bytes | None) -> str:
    """Spell out the lines a thread was opened on; empty for another kind of place."""
    lines = lines_of(data)
    if anchor.kind != "line" or lines is None:
        return ""
    until = min(anchor.end_line, anchor.line - 1 + QUOTED_LINES)
    quoted = "\n".join(lines[anchor.line - 1 : until])[:QUOTED_CHARACTERS]
    return visible(quoted) + ("\n…" if until < anchor.end_line else "")


def check_there(anchor: Anchor, data: bytes | None) -> None:
    """Check that a file has the lines of an anchor.

    Raises:
        AnchorError: There is no such file, or it has fewer lines, or is no text.
    """
    if data is None:
        raise AnchorError("the revision has no such file", place=visible(anchor.path))
    if anchor.kind == "file":
        return
    lines = lines_of(data)
    if lines is None:
        raise AnchorError("the file is no text, so it has no lines", place=visible(anchor.path))
    if anchor.end_line > len(lines):
        raise AnchorError(f"the file has {len(lines)} lines", place=visible(anchor.path))


def place_of(anchor: Anchor, old: bytes | None, new: bytes | None) -> Place:
    """Follow a file, or lines of it, into another revision.

    Args:
        anchor: Of kind `file` or `line`.
        old: The file in the revision the anchor is about.
        new: The file of that path in the other; None when there is none.

    Returns:
        `here` and `moved` lead to exactly the same text; `changed` to a range that holds lines of
        it, or edited ones; `lost` to the file, or to the proposal when that is gone.
    """
    if new is None:
        return Place(Anchor(), "lost")
    if anchor.kind == "file" or old == new:
        return Place(anchor, "here")
    before, after = text_of(old), text_of(new)
    if before is None or after is None:
        return _lost(anchor)
    return _followed(anchor, before, after)


def named_place(anchor: Anchor, before: Collection[str], now: Collection[str]) -> Place:
    """Follow what is known by a name.

    Args:
        before: Names there were in the anchor's revision.
        now: Names there are in the other.
    """
    is_gone = anchor.name in before and anchor.name not in now
    return Place(anchor, "lost" if is_gone else "here")


def is_alike(one: str, other: str) -> bool:
    """Tell whether a line may be another one that was edited, or is the same."""
    return one == other or _likeness(one, other) >= _ALIKE


def _of_file(anchor: Anchor) -> Anchor:
    if not anchor.path:
        raise AnchorError(f"a thread about a {anchor.kind} names the file", place="path")
    if anchor.kind == "file":
        return Anchor("file", anchor.path)
    last = anchor.end_line or anchor.line
    if anchor.line < 1 or last < anchor.line:
        raise AnchorError("lines count from 1, and a range ends where it began or later")
    if last - anchor.line >= MOST_LINES:
        raise AnchorError(f"a range has at most {MOST_LINES} lines")
    return Anchor("line", anchor.path, anchor.line, last)


def _lost(anchor: Anchor) -> Place:
    return Place(Anchor("file", anchor.path), "lost")


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


class _Change(NamedTuple):
    """Lines of one text in place of lines of the other."""

    old: range
    """From 0."""
    new: range


@lru_cache(maxsize=16)
def _changes(old: str, new: str) -> tuple[_Change, ...]:
    """Compare two texts once for all the threads on them; a missing last line end is no change."""
    hunks = line_hunks(_ended(old), _ended(new), context=0)
    return tuple(
        _Change(_counted(hunk.old_start, hunk.old_count), _counted(hunk.new_start, hunk.new_count))
        for hunk in hunks
    )


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _counted(start: int, count: int) -> range:
    # A hunk without lines on one side names the line before them.
    first = start - 1 if count else start
    return range(first, first + count)


def _followed(anchor: Anchor, old: str, new: str) -> Place:
    before, after = _lines(old), _lines(new)
    wanted = range(anchor.line - 1, anchor.end_line)
    if wanted.stop > len(before):
        return _lost(anchor)
    changes = _changes(old, new)
    spots = {line: spot for line in wanted if (spot := _spot(line, changes)) is not None}
    if len(spots) == len(wanted) and spots[wanted[-1]] - spots[wanted[0]] == len(wanted) - 1:
        return _at(anchor, spots[wanted[0]], len(wanted))
    block = before[wanted.start : wanted.stop]
    found = _only_copy(block, before, after)
    if found is not None:
        return _at(anchor, found, len(wanted))
    left = [spot for line, spot in spots.items() if _tells(before[line])]
    left += _edited(wanted, before, after, changes)
    if not left:
        return _lost(anchor)
    return Place(Anchor("line", anchor.path, min(left) + 1, max(left) + 1), "changed")


def _at(anchor: Anchor, start: int, count: int) -> Place:
    place = Anchor("line", anchor.path, start + 1, start + count)
    return Place(place, "here" if place == anchor else "moved")


def _spot(line: int, changes: Sequence[_Change]) -> int | None:
    """Find where an unchanged line stands now; None when it was changed."""
    by = 0
    for change in changes:
        if line < change.old.start:
            break
        if line in change.old:
            return None
        by += len(change.new) - len(change.old)
    return line + by


def _only_copy(block: list[str], before: list[str], after: list[str]) -> int | None:
    """Find lines that were cut out and put elsewhere; None unless nothing else reads the same."""
    if sum(map(str.isalnum, "".join(block))) < _TELLING:
        return None
    places = _copies(block, after)
    return places[0] if len(places) == 1 == len(_copies(block, before)) else None


def _copies(block: list[str], lines: list[str]) -> list[int]:
    """List where a block begins, two at most."""
    found: list[int] = []
    at = -1
    while len(found) < 2:
        try:
            at = lines.index(block[0], at + 1)
        except ValueError:
            break
        if lines[at : at + len(block)] == block:
            found.append(at)
    return found


def _tells(line: str) -> bool:
    """Tell whether a line says something: blank ones and brackets stand everywhere."""
    return any(map(str.isalnum, line))


def _edited(
    wanted: range, before: list[str], after: list[str], changes: Sequence[_Change]
) -> list[int]:
    """Find the lines that are edited ones of those that were wanted."""
    found: list[int] = []
    for change in changes:
        mine = range(max(wanted.start, change.old.start), min(wanted.stop, change.old.stop))
        if not mine or len(mine) * len(change.new) > _MOST_PAIRS:
            continue
        for line in mine:
            alike = [(_likeness(before[line], after[spot]), -spot) for spot in change.new]
            likeness, spot = max(alike, default=(0.0, 0))
            if likeness >= _ALIKE:
                found.append(-spot)
    return found


def _likeness(one: str, other: str) -> float:
    left, right = one.strip()[:_LOOKED_AT], other.strip()[:_LOOKED_AT]
    if not _tells(left) or not _tells(right):
        return 0.0
    return Indel.normalized_similarity(left, right, score_cutoff=_ALIKE)
