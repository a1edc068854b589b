"""The audit log in tables: what a transaction appends, and the tiles of the tree.

Entries of all steps of a transaction are collected and written together, with their tiles, just
before COMMIT; a step that reads the log, or a payload, has them written earlier.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from toolvet.audit.entries import seal
from toolvet.audit.merkle import leaf_hash
from toolvet.audit.tiles import Tree
from toolvet.config import stamp
from toolvet.errors import StorageError
from toolvet.storage import tables
from toolvet.storage.session import Session, WriteSession
from toolvet_reviews.events import EntryDraft

SALT_SIZE = 32
_HEAD = (
    sa.select(tables.entry.c["index"], tables.entry.c.time)
    .order_by(tables.entry.c["index"].desc())
    .limit(1)
)
_TILE = sa.select(tables.tile.c.data).where(
    tables.tile.c.level == sa.bindparam("level"), tables.tile.c.n == sa.bindparam("n")
)


class SnapshotTiles:
    """Tiles as a transaction sees them; only to be read."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, level: int, n: int) -> bytes | None:
        """Return the tile, or None."""
        return self._session.scalar(_TILE, {"level": level, "n": n})

    def write(self, level: int, n: int, data: bytes) -> None:
        """Refuse: tiles are written with their entries."""
        raise StorageError("a view only reads")


class _NewTiles(SnapshotTiles):
    """Tiles that are kept until all are written at once."""

    def __init__(self, session: WriteSession) -> None:
        super().__init__(session)
        self._writes = session
        self._new: dict[tuple[int, int], bytes] = {}

    def write(self, level: int, n: int, data: bytes) -> None:
        """Keep the tile; `Tree` remembers what it wrote and does not ask for it again."""
        self._new[level, n] = data

    def flush(self) -> None:
        """Write what was kept."""
        rows = [{"level": level, "n": n, "data": data} for (level, n), data in self._new.items()]
        self._writes.put_many(tables.tile, rows, over=True)


@dataclass
class _Pending:
    entry: dict[str, Any]
    payloads: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class Mark(NamedTuple):
    """How far a batch was when a step began."""

    appended: int
    flushed: int


class Growth(NamedTuple):
    """What a transaction added to the log."""

    start: int
    """Size of the log before."""
    size: int
    """Size of the log now."""
    verbs: frozenset[str]
    """Of the new entries."""
    time: str
    """Of the last of them."""


class Batch:
    """The entries one transaction appends, from whichever step."""

    def __init__(
        self,
        session: Session,
        clock: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._session = session
        self._clock = clock
        self._random_bytes = random_bytes
        self._head: tuple[int, str] | None = None
        self._pending: list[_Pending] = []
        self._flushed = 0

    @property
    def size(self) -> int:
        """Number of entries in the log, those of this batch included."""
        return self._stored()[0] + len(self._pending)

    @property
    def growth(self) -> Growth | None:
        """What was appended; None when nothing was."""
        if not self._pending:
            return None
        verbs = frozenset(pending.entry["verb"] for pending in self._pending)
        return Growth(self._stored()[0], self.size, verbs, self._pending[-1].entry["time"])

    @property
    def time(self) -> str:
        """The time that an entry would carry now."""
        return self._next_time()

    def append(self, draft: EntryDraft) -> int:
        """Seal an entry under the next index and time; return the index."""
        index = self.size
        time = self._next_time()
        sealed = seal(draft, index, time, self._salts(draft))
        entry = {
            "index": index,
            "leaf": sealed.leaf,
            "hash": leaf_hash(sealed.leaf),
            "time": time,
            "verb": str(draft.verb),
            "actor": draft.actor,
            "target_kind": draft.target_kind,
            "target_id": draft.target_id,
            "digest": draft.digest,
            "act": draft.act,
        }
        payloads = [
            {
                "entry": index,
                "name": payload.name,
                "salt": payload.salt,
                "body": payload.body,
                "commitment": payload.commitment,
            }
            for payload in sealed.payloads
        ]
        self._pending.append(_Pending(entry, payloads))
        return index

    def mark(self) -> Mark:
        """Remember how far the batch is."""
        return Mark(len(self._pending), self._flushed)

    def back_to(self, mark: Mark) -> None:
        """Forget what was appended since; the database has taken back what was flushed since."""
        del self._pending[mark.appended :]
        self._flushed = mark.flushed

    def flush(self, session: WriteSession) -> None:
        """Write entries, payloads and tiles that are not written yet."""
        new = self._pending[self._flushed :]
        if not new:
            return
        start = self._stored()[0] + self._flushed
        session.put_many(tables.entry, [pending.entry for pending in new])
        payloads = [row for pending in new for row in pending.payloads]
        if payloads:
            session.put_many(tables.payload, payloads)
        tiles = _NewTiles(session)
        Tree(tiles).append(start, [pending.entry["hash"] for pending in new])
        tiles.flush()
        self._flushed = len(self._pending)

    def _stored(self) -> tuple[int, str]:
        """Return size and last time as committed; read once, as only this writer appends."""
        if self._head is None:
            row = self._session.row(_HEAD)
            self._head = (row[0] + 1, row[1]) if row else (0, "")
        return self._head

    def _salts(self, draft: EntryDraft) -> dict[str, bytes]:
        """Draw a salt for each payload; asking the kernel once takes a fraction of the time."""
        drawn = self._random_bytes(SALT_SIZE * len(draft.payloads)) if draft.payloads else b""
        return {
            name: drawn[place * SALT_SIZE : (place + 1) * SALT_SIZE]
            for place, name in enumerate(draft.payloads)
        }

    def _next_time(self) -> str:
        last = self._pending[-1].entry["time"] if self._pending else self._stored()[1]
        return max(stamp(self._clock()), last)
