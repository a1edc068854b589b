"""The store as one write sees it: everything in it is stored, or nothing is."""

import sqlalchemy as sa

from toolvet.storage import tables
from toolvet.storage.log import Batch
from toolvet.storage.session import Session, WriteSession
from toolvet.storage.view import View
from toolvet_reviews.events import EntryDraft
from toolvet_reviews.values import Digest


class Unit(View):
    """One step of the writer's transaction. Sees its own changes and those queued before it."""

    def __init__(self, session: WriteSession, batch: Batch) -> None:
        super().__init__(session)
        self._step = session
        self._batch = batch
        self.wipes = False
        """Set when bytes must also leave the write-ahead log."""

    def append(self, draft: EntryDraft) -> int:
        """Append an entry to the audit log; return its index, counted from 0 without gaps.

        The entry's time is the clock's, or the last entry's when the clock went backwards.

        Raises:
            LogError: The draft holds something an entry must not hold.
        """
        self._step.check()
        return self._batch.append(draft)

    def time(self) -> str:
        """Say what time it is here: the clock's, and never before the last entry's."""
        self._step.check()
        return self._batch.time

    def log_size(self) -> int:
        """Count the entries of the log, those of this transaction included."""
        return self._batch.size

    def put_blob(self, data: bytes, kind: str) -> Digest:
        """Store bytes unless they are there; return their digest."""
        return self._blobs.put(data, kind)

    def erase_payload(self, index: int, name: str) -> bool:
        """Forget a payload and its salt, and keep the commitment; False when nothing was left."""
        payload = tables.payload
        where = (
            payload.c.entry == index,
            payload.c.name == name,
            payload.c.salt.is_not(None),
        )
        update = sa.update(payload).where(*where).values(salt=None, body=None)
        erased = self._log().write(update) == 1
        self.wipes = self.wipes or erased
        return erased

    def set_checkpoint(self, size: int, note: str) -> None:
        """Keep a signed note about the first `size` entries."""
        self._session.upsert(tables.checkpoint, {"size": size, "note": note})

    def _log(self) -> Session:
        """Write what was appended so far, and return the session to read it with."""
        self._batch.flush(self._step)
        return self._session
