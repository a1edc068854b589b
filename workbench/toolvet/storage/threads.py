"""What is said about proposals, by thread, and what people wrote and have not published."""

from typing import Any, Literal

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.review_rows import RemarkDraftRow, ThreadRow
from toolvet.storage.rows import CommentRow
from toolvet.storage.session import Session

_THREADS = Mapped(tables.thread, ThreadRow)
_REMARKS = Mapped(tables.comment, CommentRow)
_DRAFTS = Mapped(tables.remark_draft, RemarkDraftRow)


class Threads:
    """Conversations about places of revisions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, row: ThreadRow) -> None:
        """Store a new thread."""
        _THREADS.add(self._session, row)

    def save(self, row: ThreadRow) -> None:
        """Write over a thread."""
        _THREADS.save(self._session, row)

    def get(self, id: str) -> ThreadRow | None:
        """Fetch a thread."""
        return _THREADS.first(self._session, tables.thread.c.id == id)

    def of(self, proposal: int) -> list[ThreadRow]:
        """List the threads of a proposal, oldest first."""
        thread = tables.thread
        order = (thread.c.opened_at.expression, thread.c.id.expression)
        return _THREADS.find(self._session, thread.c.proposal == proposal, order=order)

    def said_by(self, proposal: int, author: str) -> tuple[int, int]:
        """Count what somebody said about a proposal: remarks, and bytes as they are stored."""
        comment = tables.comment
        size = _length(comment.c.text) + sa.func.coalesce(_length(comment.c.suggestion), 0)
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(size), 0))
        where = (comment.c.proposal == proposal, comment.c.author == author)
        row = self._session.row(query.where(*where))
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def remarks(self, thread: str) -> list[CommentRow]:
        """List what was said in a thread, oldest first."""
        comment = tables.comment
        order = (comment.c.time.expression, comment.c.id.expression)
        return _REMARKS.find(self._session, comment.c.thread == thread, order=order)

    def forget(self, remark: str, what: Literal["text", "suggestion"]) -> None:
        """Forget the words of a remark, or the edit it suggests; that it was made stays."""
        comment = tables.comment
        erased = {"text": ""} if what == "text" else {"suggestion": None}
        self._session.write(comment.update().where(comment.c.id == remark).values(**erased))

    def forget_settling(self, thread: str, author: str) -> None:
        """Forget what somebody said when they settled a thread or opened it again."""
        comment = tables.comment
        where = (
            comment.c.thread == thread,
            comment.c.author == author,
            comment.c.kind.in_(("resolve", "reopen")),
        )
        self._session.write(comment.update().where(*where).values(text=""))

    def keep_draft(self, row: RemarkDraftRow) -> None:
        """Store a draft, over the person's one of the same id."""
        _DRAFTS.save(self._session, row)

    def draft(self, person: str, id: str) -> RemarkDraftRow | None:
        """Fetch a person's own draft."""
        draft = tables.remark_draft
        return _DRAFTS.first(self._session, draft.c.person == person, draft.c.id == id)

    def drafts(self, person: str, proposal: int) -> list[RemarkDraftRow]:
        """List a person's own drafts about a proposal, by id."""
        draft = tables.remark_draft
        where = (draft.c.person == person, draft.c.proposal == proposal)
        return _DRAFTS.find(self._session, *where)

    def drop_draft(self, person: str, id: str) -> None:
        """Forget a person's own draft."""
        draft = tables.remark_draft
        where = (draft.c.person == person, draft.c.id == id)
        self._session.write(draft.delete().where(*where))


def _length(column: sa.Column[Any]) -> sa.Function[int]:
    return sa.func.length(sa.type_coerce(column, sa.Text()))
