"""Draft calls: who called which revision when, and what came of it."""

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import DraftRow
from toolvet.storage.session import Session

_DRAFTS = Mapped(tables.draft, DraftRow)


class Drafts:
    """Calls that authors made of their own revisions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(self, row: DraftRow) -> None:
        """Store a call, or what came of it."""
        _DRAFTS.save(self._session, row)

    def forget(self, id: str) -> None:
        """Forget a call that never ran."""
        self._session.write(tables.draft.delete().where(tables.draft.c.id == id))

    def since(self, author: str, moment: str) -> list[DraftRow]:
        """List an author's calls that began after a moment, oldest first."""
        draft = tables.draft
        where = (draft.c.author == author, draft.c.started_at > moment)
        order = (draft.c.started_at.expression, draft.c.id.expression)
        return _DRAFTS.find(self._session, *where, order=order)

    def of_revision(self, proposal: int, revision: int) -> list[DraftRow]:
        """List the calls of one revision, oldest first."""
        draft = tables.draft
        where = (draft.c.proposal == proposal, draft.c.revision == revision)
        order = (draft.c.started_at.expression, draft.c.id.expression)
        return _DRAFTS.find(self._session, *where, order=order)
