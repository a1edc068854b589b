"""What people are told once, and what is on its way to the webhook."""

from collections.abc import Collection

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.review_rows import NoticeRow, OutgoingRow
from toolvet.storage.session import Session

_NOTICES = Mapped(tables.notice, NoticeRow)
_OUTGOING = Mapped(tables.outgoing, OutgoingRow)


class Notices:
    """Notices by person, and outgoing messages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tell(self, row: NoticeRow) -> bool:
        """Store a notice unless the person was told of this turn; tell whether it is new."""
        c = tables.notice.c
        told = _NOTICES.first(self._session, c.person == row.person, c.turn == row.turn)
        if told is None:
            _NOTICES.add(self._session, row)
        return told is None

    def of(self, person: str, *, unread: bool, limit: int) -> list[NoticeRow]:
        """List what a person is told, newest first."""
        c = tables.notice.c
        where = [c.person == person]
        if unread:
            where.append(c.read_at.is_(None))
        order = (c.at.desc(), c.id.desc())
        return _NOTICES.find(self._session, *where, order=order, limit=limit)

    def unread(self, person: str) -> int:
        """Count what a person was told and has not read."""
        c = tables.notice.c
        query = sa.select(sa.func.count()).where(c.person == person, c.read_at.is_(None))
        return self._session.scalar(query)

    def read(self, person: str, notices: Collection[str], at: str) -> int:
        """Note that a person read some of their notices; return how many were new to them."""
        c = tables.notice.c
        where = (c.person == person, c.id.in_(notices), c.read_at.is_(None))
        return self._session.write(sa.update(tables.notice).where(*where).values(read_at=at))

    def forget_read(self, before: str) -> int:
        """Forget notices that were read before a moment; return how many."""
        c = tables.notice.c
        return self._session.write(sa.delete(tables.notice).where(c.read_at < before))

    def send(self, row: OutgoingRow) -> None:
        """Store a message, or how far its sending is."""
        _OUTGOING.save(self._session, row)

    def to_send(self, now: str, limit: int) -> list[OutgoingRow]:
        """List the messages that may be sent now, those that wait longest first."""
        c = tables.outgoing.c
        order = (c.next_at.expression, c.id.expression)
        where = (c.state == "waiting", c.next_at <= now)
        return _OUTGOING.find(self._session, *where, order=order, limit=limit)

    def next_at(self) -> str | None:
        """Say when the next message may be sent; None when none waits."""
        c = tables.outgoing.c
        return self._session.scalar(sa.select(sa.func.min(c.next_at)).where(c.state == "waiting"))

    def given_up(self) -> list[OutgoingRow]:
        """List the messages that never arrived, oldest first."""
        c = tables.outgoing.c
        return _OUTGOING.find(self._session, c.state == "given_up", order=(c.at.expression,))

    def forget_outgoing(self, before: str) -> int:
        """Forget messages that arrived, or were given up, before a moment."""
        c = tables.outgoing.c
        where = (c.state != "waiting", c.at < before)
        return self._session.write(sa.delete(tables.outgoing).where(*where))
