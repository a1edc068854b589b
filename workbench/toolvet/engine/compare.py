"""Compare a revision with what it starts from: the release, an earlier one, or one's last look."""

import asyncio
import re
from dataclasses import replace

from toolvet.engine import compared, seen
from toolvet.engine.compared import Compared
from toolvet.engine.differences import Pair
from toolvet.engine.services import Services
from toolvet.errors import NotFoundError, ToolvetError
from toolvet.storage import View
from toolvet_reviews import sides
from toolvet_reviews.principals import Caller
from toolvet_reviews.review_views import (
    Comparison,
    FileComparison,
    LineMark,
    ThingChanged,
    Whitespace,
)
from toolvet_reviews.sides import FileChange, Row

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
MOST_ROWS = 2_000
"""Rows of one page."""


class FromError(ToolvetError):
    """Nothing to compare with under that name."""

    code = "compare.from"
    hint = "`published`, `seen`, or the number of a revision."


async def compare(
    services: Services,
    caller: Caller,
    proposal: str,
    from_: str = "published",
    to: int | None = None,
) -> Comparison:
    """Compare two revisions, evidence included.

    Args:
        from_: `published`, `seen` (what the caller looked at last), or a revision's number.
        to: A revision; None is the newest.

    Raises:
        FromError: There is no such side.
        NotAPersonError: `seen` was asked for by somebody who did not come with a key.
        NotFoundError: There is no such revision.
    """
    _check_from(caller, from_)

    def read(view: View) -> tuple[Compared, tuple[ThingChanged, ...]]:
        both = compared.start(services, view, caller, proposal, from_, to)
        return both.files(), both.things()

    found, things = await services.store.query(read)
    return await asyncio.to_thread(_comparison, services, found, things)


async def compare_file(
    services: Services,
    caller: Caller,
    proposal: str,
    path: str,
    from_: str = "published",
    to: int | None = None,
    *,
    whitespace: Whitespace = "exact",
    context: int = 3,
    offset: int = 0,
    limit: int = 1000,
) -> FileComparison:
    """Give a page of rows of one file, marks of words and moves included.

    Args:
        path: As the bundle has it.
        context: Equal lines around a change; below 0 the whole file.
        offset: Of the first row.
        limit: Rows, at most `MOST_ROWS`.

    Raises:
        NotFoundError: Neither side has such a file.
    """
    found = await gather(services, caller, proposal, from_, to, also=path)
    if path not in found.old_tree and path not in found.new_tree:
        raise NotFoundError(f"{proposal} has no such file on either side")
    return await asyncio.to_thread(
        _page, services, found, path, whitespace, context, range(offset, offset + limit)
    )


async def gather(
    services: Services,
    caller: Caller,
    proposal: str,
    from_: str,
    to: int | None,
    *,
    also: str = "",
) -> Compared:
    """Read both file trees in one snapshot, every byte checked against its digest.

    Args:
        from_: As for `compare`.
        to: As for `compare`.
        also: A file to read even when it is equal.
    """
    _check_from(caller, from_)
    return await services.store.query(
        lambda view: compared.start(services, view, caller, proposal, from_, to).files(also)
    )


def _check_from(caller: Caller, from_: str) -> None:
    if from_ == "seen" and not seen.is_person(caller):
        raise seen.NotAPersonError("what was seen is a person's own")
    if from_ not in ("published", "seen") and not _NUMBER.fullmatch(from_):
        raise FromError(f"nothing to compare with: {from_[:40]!r}")


def _comparison(
    services: Services, found: Compared, things: tuple[ThingChanged, ...]
) -> Comparison:
    paths = sorted(found.old_tree.keys() | found.new_tree.keys())
    return Comparison(
        proposal=found.proposal,
        old=found.old,
        new=found.new,
        files=tuple(_overview(services, found, path) for path in paths),
        things=things,
        first_look=found.first_look,
    )


def _overview(services: Services, found: Compared, path: str) -> FileComparison:
    pair = found.pair(path)
    if pair.old_digest != pair.new_digest:
        return _file(found, pair, services.differences.change(pair))
    return FileComparison(
        path=sides.shown_path(path),
        status="same",
        added=0,
        removed=0,
        old_digest=pair.old_digest,
        new_digest=pair.new_digest,
        seen=found.is_seen(path),
    )


def _page(
    services: Services,
    found: Compared,
    path: str,
    whitespace: Whitespace,
    context: int,
    wanted: range,
) -> FileComparison:
    pair = found.pair(path)
    change = services.differences.change(pair, whitespace)
    rows = services.differences.rows(pair, found.differing, whitespace, context)
    page = [sides.marked(row) for row in rows[wanted.start : wanted.stop]]
    following = wanted.start + len(page)
    return replace(
        _file(found, pair, change),
        rows=tuple(map(_line, page)),
        row_count=len(rows),
        next=following if page and following < len(rows) else None,
    )


def _file(found: Compared, pair: Pair, change: FileChange) -> FileComparison:
    return FileComparison(
        path=change.path,
        status=change.status,
        added=change.added,
        removed=change.removed,
        old_digest=pair.old_digest,
        new_digest=pair.new_digest,
        seen=found.is_seen(pair.path),
        binary=change.binary,
        old_size=change.old_size,
        new_size=change.new_size,
        cut=pair.is_cut,
    )


def _line(row: Row) -> LineMark:
    return LineMark(
        row.kind, row.old_no, row.new_no, row.old, row.new, row.old_marks, row.new_marks
    )
