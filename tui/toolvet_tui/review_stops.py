"""Where a reader has to stop: what needs attention, over every pane and file, in reading order. Pure.

A changed run of a file nobody marked viewed, a finding or thread on a line, an undeclared effect, an
unmet line of the rubric. Stops have places, not numbers, so that the next one is found from wherever
the reader is, also after they went somewhere else by themselves.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from toolvet_reviews.sides import FileChange
from toolvet_tui.code_notes import Beside
from toolvet_tui.code_sheet import Side
from toolvet_tui.paper import Block

_LOUD = ("error", "warning", "thread", "draft")
"""Notes that are stopped at; faults that no test notices are read in passing."""


class Spot(NamedTuple):
    """Where something is, in reading order."""

    pane: int
    """Number of the pane."""
    file: int
    """Number of the file; 0 on other panes."""
    at: int
    """Line of the text after, or number of the block."""


class Stop(NamedTuple):
    """Something that needs attention."""

    spot: Spot
    pane: str
    path: str = ""
    line: int = 0
    side: Side = "new"


def stops(
    panes: Sequence[str],
    pages: Mapping[str, Sequence[Block]],
    files: Sequence[FileChange],
    beside: Beside,
    *,
    viewed: Collection[str] = (),
    done: Collection[str] = (),
) -> list[Stop]:
    """List every stop, in order.

    Args:
        panes: Names of all panes, in order; `code` is the one of the files.
        pages: What is written on the others.
        files: In the order they are shown.
        beside: What is said about lines.
        viewed: Paths of files that were viewed as they are: only open threads on them are left.
        done: Names of pages that were viewed as they are.
    """
    found: dict[Spot, Stop] = {}
    for number, pane in enumerate(panes):
        if pane == "code":
            for file, change in enumerate(files):
                for stop in _in_file(change, beside, is_viewed=change.path in viewed):
                    spot = Spot(number, file, stop.spot.at)
                    found.setdefault(spot, stop._replace(spot=spot))
        elif pane not in done or pane == "talk":
            for at, block in enumerate(pages.get(pane, ())):
                if block.wanted:
                    spot = Spot(number, 0, at)
                    found[spot] = Stop(spot, pane)
    return [found[spot] for spot in sorted(found)]


def following(found: Sequence[Stop], here: Spot, by: int) -> Stop | None:
    """Give the stop after or before a place; None beyond the last."""
    spots = [one.spot for one in found]
    at = bisect_right(spots, here) if by > 0 else bisect_left(spots, here) - 1
    return found[at] if 0 <= at < len(found) else None


def _in_file(change: FileChange, beside: Beside, *, is_viewed: bool) -> Iterator[Stop]:
    if not is_viewed:
        yield from _runs(change)
    for note in beside.on(change.path):
        if note.tone in _LOUD and (not is_viewed or note.tone == "thread"):
            yield Stop(Spot(0, 0, note.line), "code", change.path, note.line)


def _runs(change: FileChange) -> Iterator[Stop]:
    """Find the runs of changed lines; one that only takes lines away is before the next line."""
    if change.status != "same" and not change.hunks:
        yield Stop(Spot(0, 0, 0), "code", change.path)
    for hunk in change.hunks:
        after = hunk.new_start if hunk.new_count else hunk.new_start + 1
        for is_same, run in groupby(hunk.lines, lambda line: line.kind == " "):
            lines = list(run)
            if is_same:
                after = lines[-1].new + 1
                continue
            added = [line for line in lines if line.kind == "+"]
            if added:
                yield Stop(Spot(0, 0, added[0].new), "code", change.path, added[0].new)
                after = added[-1].new + 1
            else:
                yield Stop(Spot(0, 0, after), "code", change.path, lines[0].old, "old")
