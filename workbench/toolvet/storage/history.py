"""Reading the log by time, newest first, by who acted and what it was about."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import EntryRow
from toolvet.storage.session import Session

_ENTRIES = Mapped(tables.entry, EntryRow)
_COLUMNS = tables.entry.c
_TIME_AT = sa.select(_COLUMNS.time).where(_COLUMNS["index"] == sa.bindparam("place"))


class History:
    """The entries of the log, for whoever looks back."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def size_before(self, moment: str, size: int) -> int:
        """Count the entries that are older than a moment.

        Times never go back in the log, so a few looks find the place.

        Args:
            moment: RFC 3339 as `stamp` writes it.
            size: Of the log.
        """
        low, high = 0, size
        while low < high:
            middle = (low + high) // 2
            if self._session.scalar(_TIME_AT, {"place": middle}) < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def newest(
        self,
        start: int,
        end: int,
        verbs: Collection[str],
        *,
        actors: Collection[str] | None = None,
        about: "About | None" = None,
        limit: int = 200,
    ) -> list[EntryRow]:
        """List entries from `start` up to, without, `end`, newest first, at most `limit`.

        Args:
            verbs: Of these only.
            actors: Principal ids; None for everybody.
            about: What they are about; None for anything.
        """
        where: list[sa.ColumnElement[bool]] = [
            _COLUMNS["index"] >= start,
            _COLUMNS["index"] < end,
            _COLUMNS.verb.in_([str(verb) for verb in verbs]),
        ]
        if actors is not None:
            where.append(_COLUMNS.actor.in_([*actors]))
        if about is not None:
            named = _COLUMNS.target_id.in_([*about.targets])
            where.append(sa.or_(named, _COLUMNS.digest.in_([*about.digests])))
        return _ENTRIES.find(self._session, *where, order=(_COLUMNS["index"].desc(),), limit=limit)

    def of_tool(self, toolset: str | None, name: str) -> "About":
        """Say what entries name when they are about a tool.

        Args:
            toolset: None for the tools of that name in any.
        """
        proposal, release = tables.proposal, tables.release
        numbers = sa.select(proposal.c.number).where(proposal.c.tool == name)
        digests = sa.select(release.c.digest).where(release.c.name == name)
        if toolset is not None:
            numbers = numbers.where(proposal.c.toolset == toolset)
            digests = digests.where(release.c.toolset == toolset)
        return About(
            [f"P-{number}" for (number,) in self._session.rows(numbers)],
            [digest for (digest,) in self._session.rows(digests)],
        )


class About:
    """What entries may name: their targets, or the digest they are about."""

    def __init__(self, targets: Sequence[str], digests: Sequence[str]) -> None:
        self.targets = targets
        self.digests = digests
