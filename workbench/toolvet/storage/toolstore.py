"""What tools keep: durable records, effects tried at most once, and items they gave up on.

Every write may carry a fence. A run that was overtaken, or has ended, is refused.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.errors import FencedError, ValueRefusedError
from toolvet.storage.mapped import Mapped
from toolvet.storage.rows import DeadRow, Fence, OnceState, StoreOp
from toolvet.storage.session import Session
from toolvet_reviews.values import Json

_DEAD = Mapped(tables.dead, DeadRow)
_KEYS_AT_ONCE = 500  # SQLite takes at most 32,766 parameters, older builds 999


class ToolStore:
    """Records by (tool, collection, key); `tool` is `toolset/name`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def store_get(self, tool: str, collection: str, key: str) -> Json:
        """Fetch a value; None when there is none, or when it is null."""
        record = tables.record
        query = sa.select(record.c.value).where(*_at(tool, collection), record.c.key == key)
        return self._session.scalar(query)

    def store_put(
        self, tool: str, collection: str, key: str, value: Json, *, fence: Fence | None = None
    ) -> None:
        """Store a value over an older one.

        Raises:
            FencedError: The run that writes was overtaken or has ended.
        """
        self.store_batch(tool, [StoreOp("put", collection, key, value)], fence=fence)

    def store_add_if_absent(
        self, tool: str, collection: str, key: str, value: Json, *, fence: Fence | None = None
    ) -> bool:
        """Store a value unless the key is there; tell whether it was stored.

        Raises:
            FencedError: The run that writes was overtaken or has ended.
        """
        op = StoreOp("add_if_absent", collection, key, value)
        return self.store_batch(tool, [op], fence=fence)[0]

    def store_batch(
        self, tool: str, ops: Sequence[StoreOp], *, fence: Fence | None = None
    ) -> list[bool]:
        """Do several writes in order, all or none; tell of each whether it stored its value.

        Raises:
            FencedError: The run that writes was overtaken or has ended.
        """
        self._hold(fence)
        done: list[bool] = []
        for kind, run in groupby(ops, lambda op: op.op):
            rows = [_row(tool, op) for op in run]
            if kind == "put":  # in one go: a campaign writes two of them for every mail
                self._session.upsert(tables.record, *rows)
                done += [True] * len(rows)
            else:
                done += [self._session.insert_new(tables.record, row) for row in rows]
        return done

    def store_missing(self, tool: str, collection: str, keys: Iterable[str]) -> list[str]:
        """Return the keys that are not there, in the given order, each once."""
        wanted = list(dict.fromkeys(keys))
        there: set[str] = set()
        record = tables.record
        for start in range(0, len(wanted), _KEYS_AT_ONCE):
            some = wanted[start : start + _KEYS_AT_ONCE]
            query = sa.select(record.c.key).where(*_at(tool, collection), record.c.key.in_(some))
            there.update(key for (key,) in self._session.rows(query))
        return [key for key in wanted if key not in there]

    def store_scan(
        self, tool: str, collection: str, after: str | None = None, limit: int = 100
    ) -> list[tuple[str, Json]]:
        """List (key, value) by code points of the key, those above `after`, at most `limit`."""
        record = tables.record
        query = sa.select(record.c.key, record.c.value).where(*_at(tool, collection))
        if after is not None:
            query = query.where(record.c.key > after)
        found = self._session.rows(query.order_by(record.c.key).limit(limit))
        return [(key, value) for key, value in found]

    def once_begin(
        self, tool: str, key: str, call: str, *, fence: Fence | None = None
    ) -> OnceState:
        """Store the intent of one effect, and learn what is known of it.

        Returns:
            `new`: never tried, the intent is stored now. `done`: it has this outcome.
            `uncertain`: an earlier run began and never said how it ended.

        Raises:
            FencedError: The run that asks was overtaken or has ended.
        """
        self._hold(fence)
        row = {"tool": tool, "key": _plain(key), "call": call, "state": "begun", "outcome": None}
        if self._session.insert_new(tables.once, row):
            return OnceState("new")
        once = tables.once
        query = sa.select(once.c.state, once.c.outcome).where(once.c.tool == tool)
        ((state, outcome),) = self._session.rows(query.where(once.c.key == key))
        return OnceState("done", outcome) if state == "done" else OnceState("uncertain")

    def once_end(
        self, tool: str, key: str, call: str, outcome: Json, *, fence: Fence | None = None
    ) -> bool:
        """Store the outcome of an effect; False when it was never begun or has one already.

        Raises:
            FencedError: The run that writes was overtaken or has ended.
        """
        self._hold(fence)
        once = tables.once
        where = (once.c.tool == tool, once.c.key == key, once.c.state == "begun")
        values = {"state": "done", "call": call, "outcome": outcome}
        return self._session.write(sa.update(once).where(*where).values(**values)) == 1

    def add_dead(self, row: DeadRow, *, fence: Fence | None = None) -> None:
        """Store what was given up.

        Raises:
            FencedError: The run that writes was overtaken or has ended.
        """
        self._hold(fence)
        _DEAD.add(self._session, row)

    def save_dead(self, row: DeadRow) -> None:
        """Write a dead letter over what was there."""
        _DEAD.save(self._session, row)

    def dead_letter(self, letter: str) -> DeadRow | None:
        """Fetch one dead letter."""
        return _DEAD.first(self._session, tables.dead.c.id == letter)

    def dead(
        self,
        tool: str | None = None,
        *,
        is_open: bool | None = None,
        caller: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[DeadRow]:
        """List dead letters, oldest first.

        Args:
            tool: Of this one only.
            is_open: Only those that wait, or only settled ones; None takes both.
            caller: Only of this principal's calls.
            after: Id of the last one of the page before.
            limit: At most this many.
        """
        dead = tables.dead.c
        where: list[sa.ColumnElement[bool]] = [] if tool is None else [dead.tool == tool]
        if is_open is not None:
            waits = sa.or_(dead.state.is_(None), dead.state == "open")
            where.append(waits if is_open else sa.not_(waits))
        if caller is not None:
            where.append(dead.caller == caller)
        if after is not None:
            where.append(dead.id > after)
        return _DEAD.find(self._session, *where, limit=limit)

    def dead_of_call(
        self, tool: str, caller: str, key: str | None, arguments: Json
    ) -> DeadRow | None:
        """Find the open letter of the same request, so that failing again adds to it."""
        dead = tables.dead.c
        return _DEAD.first(
            self._session,
            dead.tool == tool,
            dead.state == "open",
            dead.caller == caller,
            dead.key.is_(None) if key is None else dead.key == key,
            dead.arguments == arguments,
        )

    def _hold(self, fence: Fence | None) -> None:
        if fence is None:
            return
        claim = tables.claim
        query = sa.select(claim.c.token).where(
            claim.c.scope == fence.scope, claim.c.key == fence.key, claim.c.state == "running"
        )
        if self._session.scalar(query) != fence.token:
            raise FencedError(f"run {fence.token} of this call is no longer in charge")


def _at(tool: str, collection: str) -> tuple[sa.ColumnElement[bool], ...]:
    record = tables.record
    return (record.c.tool == tool, record.c.collection == collection)


def _row(tool: str, op: StoreOp) -> dict[str, Json]:
    return {
        "tool": tool,
        "collection": _plain(op.collection),
        "key": _plain(op.key),
        "value": op.value,
    }


def _plain(text: str) -> str:
    if "\0" in text:
        raise ValueRefusedError("a key cannot hold a NUL character")
    return text
