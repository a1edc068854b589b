"""Sittings: what somebody has on the screen, for how long, and what came of it."""

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.review_rows import SittingRow
from toolvet.storage.session import Session

_SITTINGS = Mapped(tables.sitting, SittingRow)


class Sittings:
    """Looks of people at revisions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, id: str) -> SittingRow | None:
        """Fetch a sitting."""
        return _SITTINGS.first(self._session, tables.sitting.c.id == id)

    def save(self, row: SittingRow) -> None:
        """Store a sitting, or write over it."""
        _SITTINGS.save(self._session, row)

    def of(self, proposal: int, person: str) -> list[SittingRow]:
        """List a person's looks at a proposal, oldest first."""
        sitting = tables.sitting
        where = (sitting.c.proposal == proposal, sitting.c.person == person)
        order = (sitting.c.opened_at.expression, sitting.c.id.expression)
        return _SITTINGS.find(self._session, *where, order=order)

    def since(self, proposal: int, moment: str) -> list[SittingRow]:
        """List whoever looked at a proposal after a moment, by id."""
        sitting = tables.sitting
        return _SITTINGS.find(
            self._session, sitting.c.proposal == proposal, sitting.c.last_at > moment
        )

    def forget_before(self, undecided: str, decided: str) -> None:
        """Forget looks that led to nothing since a moment, and those that were decided before one."""
        sitting = tables.sitting
        is_open = sitting.c.decided_at.is_(None)
        for where in (is_open & (sitting.c.last_at < undecided), sitting.c.decided_at < decided):
            self._session.write(sitting.delete().where(where))
