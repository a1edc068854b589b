"""The lines of the queue, and pages of them in any order."""

import json
from typing import Any, NamedTuple

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.mapped import Mapped
from toolvet.storage.review_rows import ListingRow
from toolvet.storage.session import Session
from toolvet_reviews.queue_order import Cursor, Order, Whose

_LISTING = Mapped(tables.listing, ListingRow)
_C = tables.listing.c
_P = tables.proposal.c
STATES = ("reviewing", "verifying", "changes_wanted", "stale")
"""States whose proposals have a line."""
_LAST = "~"
"""After every moment as it is written."""


class Wanted(NamedTuple):
    """Which lines."""

    order: Order
    whose: Whose
    person: str
    """Who asks."""
    now: str
    own: bool = False
    """Only what this person, or an agent of theirs, wrote."""
    words: tuple[str, ...] = ()


class Listing:
    """A line for each open proposal."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, proposal: int) -> ListingRow | None:
        """Fetch the line of a proposal."""
        return _LISTING.first(self._session, _C.proposal == proposal)

    def put(self, row: ListingRow) -> None:
        """Write a line, over the one that was there."""
        _LISTING.save(self._session, row)

    def drop(self, proposal: int) -> None:
        """Take a line away."""
        self._session.write(sa.delete(tables.listing).where(_C.proposal == proposal))

    def all(self, after: int = 0, limit: int = 500) -> list[ListingRow]:
        """List lines by number, those above `after`."""
        return _LISTING.find(self._session, _C.proposal > after, limit=limit)

    def missing(self, limit: int) -> list[int]:
        """Name open proposals that have no line, oldest first."""
        query = (
            sa.select(_P.number)
            .outerjoin(tables.listing, _C.proposal == _P.number)
            .where(_P.state.in_(STATES), _C.proposal.is_(None))
            .order_by(_P.number)
            .limit(limit)
        )
        return [number for (number,) in self._session.rows(query)]

    def left_over(self) -> list[int]:
        """Name lines of proposals that are closed."""
        query = sa.select(_C.proposal).join(tables.proposal, _C.proposal == _P.number)
        found = self._session.rows(query.where(_P.state.not_in(STATES)))
        return [number for (number,) in found]

    def page(self, wanted: Wanted, after: Cursor | None, limit: int) -> list[Cursor]:
        """Name the lines that come after another one, in the wanted order."""
        key, goes_down = _KEYS[wanted.order]
        query = sa.select(key, _C.proposal).select_from(_joined(wanted)).where(*_where(wanted))
        if after is not None:
            beyond = key < after.key if goes_down else key > after.key
            query = query.where(sa.or_(beyond, (key == after.key) & (_C.proposal > after.number)))
        first = key.desc() if goes_down else key.asc()
        rows = self._session.rows(query.order_by(first, _C.proposal).limit(limit))
        return [Cursor(wanted.order, _plain(value), number) for value, number in rows]

    def lines(self, proposals: list[int]) -> dict[int, ListingRow]:
        """Fetch the lines of some proposals."""
        found = _LISTING.find(self._session, _C.proposal.in_(proposals))
        return {row.proposal: row for row in found}


_KEYS: dict[Order, tuple[sa.ColumnElement[Any], bool]] = {
    "rank": (_C.rank.expression, True),
    "risk": (_C.risk.expression, True),
    "age": (sa.func.coalesce(_C.waiting_since, _LAST), False),
    "updated": (_P.updated_at.expression, True),
    "number": (_C.proposal.expression, False),
}
"""What each order goes by, and whether the largest comes first."""


def _plain(value: float | str) -> float | str:
    return value if isinstance(value, str) else float(value)


def _joined(wanted: Wanted) -> sa.FromClause:
    lines: sa.FromClause = tables.listing
    if wanted.order == "updated" or wanted.words:
        lines = lines.join(tables.proposal, _P.number == _C.proposal)
    if wanted.words:
        lines = lines.join(tables.principal, tables.principal.c.id == _C.author)
    return lines


def _where(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    where = [_has_word(word) for word in wanted.words]
    if wanted.own:
        where.append(sa.or_(_C.author == wanted.person, _C.sponsor == wanted.person))
    if wanted.whose == "mine":
        turn = tables.turn.c
        where.append(sa.exists().where(turn.proposal == _C.proposal, turn.person == wanted.person))
    if wanted.whose == "nobody":
        where.append(~sa.exists().where(tables.assignment.c.proposal == _C.proposal))
        where.append(_C.state == "reviewing")
    snooze = tables.snooze.c
    away = sa.exists().where(
        snooze.proposal == _C.proposal,
        snooze.person == wanted.person,
        snooze.until > wanted.now,
    )
    return [*where, away if wanted.whose == "snoozed" else ~away]


def _has_word(word: str) -> sa.ColumnElement[bool]:
    """Look for a word in everything a line shows of a proposal's name; `%` and `_` are letters."""
    as_kept = json.dumps(word, ensure_ascii=True)[1:-1]
    plain = (
        _P.toolset + "/" + _P.tool,
        tables.principal.c.name,
        "p-" + sa.cast(_P.number, sa.Text),
    )
    return sa.or_(
        *(sa.func.lower(one).contains(word, autoescape=True) for one in plain),
        sa.func.lower(sa.type_coerce(_C.summary, sa.Text())).contains(as_kept, autoescape=True),
    )
