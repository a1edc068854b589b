"""Records of calls that change nothing: written in batches, at most a second behind.

A power cut loses the records of the last second of pure and read calls, never one of a write.
While the log cannot be written, no call is answered.
"""

import asyncio
import logging
from dataclasses import dataclass

from toolvet.errors import KNOWN, StorageError
from toolvet.storage import Store, Unit
from toolvet.storage.rows import CallRow
from toolvet_reviews.events import EntryDraft

_log = logging.getLogger(__name__)

DELAY_S = 0.2
LARGEST = 500
"""Records that may wait before a call is made to wait for them."""


@dataclass(frozen=True)
class CallRecord:
    """One finished call."""

    row: CallRow
    entry: EntryDraft


class Recorder:
    """Gathers records and writes them together."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[CallRecord] = []
        self._flushing: asyncio.Task[None] | None = None
        self.broken: StorageError | None = None
        """Why the last batch could not be written; None when it could."""

    async def ready(self) -> None:
        """Refuse work while the log is not writable; wait while too much is behind.

        Raises:
            StorageError: The records of earlier calls still cannot be written.
        """
        if self.broken is not None or len(self._waiting) >= LARGEST:
            await self.flush()
        if self.broken is not None:
            raise self.broken

    def add(self, record: CallRecord) -> None:
        """Queue a record; it is written within `DELAY_S`."""
        self._waiting.append(record)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.get_running_loop().create_task(self._later())

    async def flush(self) -> None:
        """Write what waits, now. On failure everything is kept for the next try."""
        batch, self._waiting = self._waiting, []
        try:
            if batch:
                await self._write(batch)
            self.broken = None
        except StorageError as error:
            self._keep(batch, error)
        except KNOWN:
            await self._one_by_one(batch)

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.wait([self._flushing])
        await self.flush()

    async def _write(self, batch: list[CallRecord]) -> None:
        await asyncio.shield(self._store.write(lambda unit: write_records(unit, batch)))

    async def _one_by_one(self, batch: list[CallRecord]) -> None:
        """Write what can be written: one record that the log refuses takes no other with it."""
        for place, record in enumerate(batch):
            try:
                await self._write([record])
            except StorageError as error:
                self._keep(batch[place:], error)
                return
            except KNOWN as error:
                _log.critical("the record of call %s is refused: %s", record.row.id, error)

    def _keep(self, batch: list[CallRecord], error: StorageError) -> None:
        self._waiting = batch + self._waiting
        self.broken = error
        _log.critical("%d call records could not be written: %s", len(batch), error)

    async def _later(self) -> None:
        while self._waiting:  # what came during a write waits no longer than the rest
            await asyncio.sleep(DELAY_S)
            await self.flush()


def write_records(unit: Unit, records: list[CallRecord]) -> None:
    """Store call rows with their entries, in the caller's transaction."""
    for record in records:
        unit.append(record.entry)
        unit.calls.add(record.row)
