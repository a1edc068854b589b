"""Figures about the queue as a whole, counted by the database; no line is about one person."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.session import Session
from toolvet_reviews.values import EffectKind

_L = tables.listing.c


class OpenItem(NamedTuple):
    """What health is read from, of one open proposal."""

    number: int
    state: str
    kind: EffectKind | None
    author: str
    waited_s: float
    waiting_since: str | None
    same_as: int | None
    is_assigned: bool
    base_release: str | None
    served: str | None
    """The release that is served of its tool now."""


class Looked(NamedTuple):
    """A person's look that ended in a decision; whose it was is not read."""

    looked_s: float
    pace: str | None


class Figures:
    """Counts over tables of the queue."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open_items(self) -> list[OpenItem]:
        """List everything open, by number."""
        p, channel = tables.proposal.c, tables.channel
        assigned = sa.exists().where(tables.assignment.c.proposal == p.number)
        query = (
            sa.select(
                p.number, p.state, p.kind, p.author, _L.waited_s, _L.waiting_since, _L.same_as,
                sa.case((assigned, 1), else_=0), p.base_release, channel.c.release_digest,
            )
            .join(tables.listing, _L.proposal == p.number)
            .outerjoin(channel, _serves())
            .order_by(p.number)
        )  # fmt: skip
        return [OpenItem(*row) for row in self._session.rows(query)]

    def moved_bases(self) -> list[int]:
        """Name proposals under review whose tool is not served as they start from, by number."""
        p, channel = tables.proposal.c, tables.channel
        query = (
            sa.select(p.number)
            .outerjoin(channel, _serves())
            .where(
                p.state == "reviewing",
                sa.func.coalesce(p.base_release, "")
                != sa.func.coalesce(channel.c.release_digest, ""),
            )
            .order_by(p.number)
        )
        return [number for (number,) in self._session.rows(query)]

    def idle_since(self, moment: str) -> list[int]:
        """Name proposals that wait for a person and have not moved since a moment, by number."""
        p = tables.proposal.c
        where = (p.state.in_(("changes_wanted", "reviewing")), p.updated_at < moment)
        query = sa.select(p.number).where(*where).order_by(p.number)
        return [number for (number,) in self._session.rows(query)]

    def snoozed(self, now: str) -> int:
        """Count proposals that somebody put away."""
        c = tables.snooze.c
        return self._session.scalar(
            sa.select(sa.func.count(sa.distinct(c.proposal))).where(c.until > now)
        )

    def looked(self, since: str) -> list[Looked]:
        """List the looks that ended in a decision since a moment."""
        c = tables.sitting.c
        query = sa.select(c.looked_s, c.pace).where(c.decided_at >= since)
        return [Looked(*row) for row in self._session.rows(query)]

    def decisions(self, since: str, verbs: Sequence[str]) -> list[tuple[str, str]]:
        """List (proposal, time) of the first decision on each proposal since a moment."""
        c = tables.entry.c
        query = sa.select(c.target_id, sa.func.min(c.time)).where(
            c.verb.in_(verbs), c.time >= since
        )
        rows = self._session.rows(query.group_by(c.target_id))
        return [(target, time) for target, time in rows]

    def verdicts(self, targets: Sequence[str], verb: str) -> dict[str, list[str]]:
        """List the times at which the machine spoke on some proposals, oldest first."""
        c = tables.entry.c
        query = sa.select(c.target_id, c.time).where(c.verb == verb, c.target_id.in_(targets))
        found: dict[str, list[str]] = {}
        for target, time in self._session.rows(query.order_by(c["index"])):
            found.setdefault(target, []).append(time)
        return found


def _serves() -> sa.ColumnElement[bool]:
    c, p = tables.channel.c, tables.proposal.c
    return sa.and_(
        c.workspace == p.workspace,
        c.toolset == p.toolset,
        c.name == p.tool,
        c.channel == "stable",
    )
