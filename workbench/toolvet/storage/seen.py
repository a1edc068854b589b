"""What people have looked at; each sees their own marks only."""

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.review_rows import SeenRow
from toolvet.storage.session import Session

_SEEN = Mapped(tables.seen, SeenRow)


class Seen:
    """Marks of what was on somebody's screen, one for each thing: the newest."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, person: str, proposal: int) -> list[SeenRow]:
        """List what a person has looked at of one proposal, by kind and name."""
        seen = tables.seen
        return _SEEN.find(self._session, seen.c.person == person, seen.c.proposal == proposal)

    def save(self, row: SeenRow) -> None:
        """Store a mark, over what the same person marked of the same thing before."""
        _SEEN.save(self._session, row)

    def forget(self, person: str, proposal: int, kind: str, name: str) -> None:
        """Take a mark away, if there is one."""
        seen = tables.seen
        self._session.write(
            seen.delete().where(
                seen.c.person == person,
                seen.c.proposal == proposal,
                seen.c.kind == kind,
                seen.c.name == name,
            )
        )
