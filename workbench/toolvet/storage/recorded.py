"""Calls that are kept to hold a new version against them: the newest of each release, for a time."""

from collections.abc import Sequence

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import RecordedRow
from toolvet.storage.session import Session
from toolvet_reviews.values import Digest

_RECORDED = Mapped(tables.recorded, RecordedRow)


class RecordedCalls:
    """By release and digest of the arguments. What stands here was redacted before."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, rows: Sequence[RecordedRow]) -> None:
        """Store calls, each over an older one of equal arguments."""
        for row in rows:
            _RECORDED.save(self._session, row)

    def newest(self, release: Digest, *, since: str, limit: int) -> list[RecordedRow]:
        """List calls of a release, the newest first.

        Args:
            release: Digest of the release.
            since: None that is older, RFC 3339 as it was stored.
            limit: At most so many.
        """
        column = tables.recorded.c
        where = (column.release_digest == release, column.at >= since)
        order = (column.at.desc(), column.digest)
        return _RECORDED.find(self._session, *where, order=order, limit=limit)

    def prune(self, *, since: str, most: int) -> int:
        """Forget what is older, and of each release all but the newest; return how many went."""
        column = tables.recorded.c
        gone = self._session.write(sa.delete(tables.recorded).where(column.at < since))
        counted = sa.select(column.release_digest).group_by(column.release_digest)
        for (release,) in self._session.rows(counted.having(sa.func.count() > most)):
            gone += self._shorten(Digest(release), most)
        return gone

    def _shorten(self, release: Digest, most: int) -> int:
        column = tables.recorded.c
        mine = column.release_digest == release
        order = (column.at.desc(), column.digest)
        stays = sa.select(column.digest).where(mine).order_by(*order).limit(most)
        kept = [digest for (digest,) in self._session.rows(stays)]
        where = (mine, column.digest.not_in(kept))
        return self._session.write(sa.delete(tables.recorded).where(*where))
