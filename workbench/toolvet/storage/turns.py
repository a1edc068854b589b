"""Whose turn it is, who was asked or took it, who put it away."""

from collections.abc import Collection

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.columns import Flag, is_set
from toolvet.storage.mapped import Mapped
from toolvet.storage.review_rows import AssignmentRow, SnoozeRow, TurnRow
from toolvet.storage.session import Session

_TURNS = Mapped(tables.turn, TurnRow)
_ASSIGNMENTS = Mapped(tables.assignment, AssignmentRow)
_SNOOZES = Mapped(tables.snooze, SnoozeRow)


class Turns:
    """Attention sets, assignments and snoozes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, *proposals: int) -> list[TurnRow]:
        """List who is in the sets of some proposals."""
        return _TURNS.find(self._session, tables.turn.c.proposal.in_(proposals))

    def of_person(self, person: str) -> list[TurnRow]:
        """List where it is a person's turn."""
        return _TURNS.find(self._session, tables.turn.c.person == person)

    def of_inactive(self) -> list[int]:
        """Name the proposals in whose sets is somebody, not the author, who may not act any more."""
        turn, principal, proposal = tables.turn, tables.principal, tables.proposal
        query = (
            sa.select(turn.c.proposal)
            .join(principal, principal.c.id == turn.c.person)
            .join(proposal, proposal.c.number == turn.c.proposal)
            .where(proposal.c.author != turn.c.person)
        )
        inactive = principal.c.active == sa.literal(value=False, type_=Flag())
        return [number for (number,) in self._session.rows(query.where(inactive).distinct())]

    def put(self, row: TurnRow) -> None:
        """Put somebody into a set, over an older reason."""
        _TURNS.save(self._session, row)

    def drop(self, proposal: int, people: Collection[str]) -> None:
        """Take people out of a set."""
        if people:
            turn = tables.turn
            where = (turn.c.proposal == proposal, turn.c.person.in_(people))
            self._session.write(sa.delete(turn).where(*where))

    def assigned(self, *proposals: int) -> list[AssignmentRow]:
        """List who was asked to review some proposals, or took them."""
        return _ASSIGNMENTS.find(self._session, tables.assignment.c.proposal.in_(proposals))

    def assign(self, row: AssignmentRow) -> None:
        """Note who was asked, or took it, over what was noted of this person before."""
        _ASSIGNMENTS.save(self._session, row)

    def unassign(self, proposal: int, person: str) -> bool:
        """Forget that somebody was asked or took it; tell whether it was so."""
        c = tables.assignment.c
        where = (c.proposal == proposal, c.person == person)
        return self._session.write(sa.delete(tables.assignment).where(*where)) == 1

    def claims_before(self, moment: str) -> list[AssignmentRow]:
        """List claims that were made before a moment."""
        c = tables.assignment.c
        return _ASSIGNMENTS.find(self._session, is_set(tables.assignment.c.claimed), c.at < moment)

    def snoozes(self, *proposals: int) -> list[SnoozeRow]:
        """List who put some proposals away, those that ended as well."""
        return _SNOOZES.find(self._session, tables.snooze.c.proposal.in_(proposals))

    def snoozes_over(self, moment: str) -> list[SnoozeRow]:
        """List the snoozes that ended by a moment."""
        return _SNOOZES.find(self._session, tables.snooze.c.until <= moment)

    def snooze(self, row: SnoozeRow) -> None:
        """Put a proposal away for a person."""
        _SNOOZES.save(self._session, row)

    def wake(self, proposal: int, person: str | None = None) -> None:
        """Bring a proposal back, for a person or for everybody."""
        c = tables.snooze.c
        where = [c.proposal == proposal]
        if person is not None:
            where.append(c.person == person)
        self._session.write(sa.delete(tables.snooze).where(*where))

    def spoke(self, proposal: int) -> set[str]:
        """Name everybody who said something, person or not."""
        comment = tables.comment
        query = sa.select(comment.c.author).where(comment.c.proposal == proposal).distinct()
        return {author for (author,) in self._session.rows(query)}

    def objected(self, proposal: int) -> set[str]:
        """Name everybody who ever said a word against it."""
        c = tables.objection.c
        query = sa.select(c.person).where(c.proposal == proposal).distinct()
        return {person for (person,) in self._session.rows(query)}

    def standing_objections(self, proposal: int) -> int:
        """Count the words against it that stand."""
        c = tables.objection.c
        query = sa.select(sa.func.count()).where(c.proposal == proposal, c.lifted_at.is_(None))
        return self._session.scalar(query)

    def asker(self, proposal: int, answering: str) -> str | None:
        """Name who opened the conversation in which somebody spoke last."""
        comment, thread = tables.comment, tables.thread
        query = (
            sa.select(thread.c.author)
            .join(comment, comment.c.thread == thread.c.id)
            .where(comment.c.proposal == proposal, comment.c.author == answering)
            .order_by(comment.c.time.desc(), comment.c.id.desc())
            .limit(1)
        )
        return self._session.scalar(query)

    def open_threads(self, proposal: int) -> tuple[int, int]:
        """Count open conversations, and those of them that block."""
        c = tables.thread.c
        blocking = sa.type_coerce(c.blocking, sa.Integer())
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(blocking), 0))
        is_open = c.resolved == sa.literal(value=False, type_=Flag())
        row = self._session.row(query.where(c.proposal == proposal, is_open))
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def last_looked(self, proposal: int, person: str) -> str | None:
        """Say when a person last had it on the screen."""
        c = tables.sitting.c
        query = sa.select(sa.func.max(c.last_at))
        return self._session.scalar(query.where(c.proposal == proposal, c.person == person))
