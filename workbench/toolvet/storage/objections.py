"""Words against that stand, as the tables cache them; what counts is what the log says."""

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.review_rows import ObjectionRow
from toolvet.storage.session import Session

_OBJECTIONS = Mapped(tables.objection, ObjectionRow)


class Objections:
    """Who said no to a proposal, and when they took it back."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: ObjectionRow) -> None:
        """Store an objection; an earlier one of the person's is put away by it."""
        self.lift(row.proposal, row.person, row.at)
        _OBJECTIONS.add(self._session, row)

    def lift(self, proposal: int, person: str, at: str) -> int:
        """Mark what a person said against a proposal as taken back; count the rows."""
        objection = tables.objection
        mine = (objection.c.proposal == proposal, objection.c.person == person)
        update = sa.update(objection).where(*mine, objection.c.lifted_at.is_(None))
        return self._session.write(update.values(lifted_at=at))

    def of_proposal(self, proposal: int) -> list[ObjectionRow]:
        """List what was ever said against a proposal, oldest first."""
        return _OBJECTIONS.find(self._session, tables.objection.c.proposal == proposal)
