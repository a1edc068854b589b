"""The one thread that writes: many callers' steps in one transaction, answered after COMMIT."""

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from toolvet.errors import StorageError
from toolvet.storage.errors import translate
from toolvet.storage.log import Batch, Growth
from toolvet.storage.session import WriteSession
from toolvet.storage.unit import Unit

_log = logging.getLogger(__name__)

MAX_BATCH = 256
_WIPE_PATIENCE_MS = 100


@dataclass(frozen=True)
class Job:
    """A step on its way to the database, and the caller who waits for it."""

    step: Callable[[Unit], Any]
    answer: Future[Any] = field(default_factory=Future[Any])


@dataclass
class _Outcome:
    job: Job
    value: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        if self.error is not None:
            self.job.answer.set_exception(self.error)
        else:
            self.job.answer.set_result(self.value)


class Writer:
    """Runs queued steps in order, up to 256 in one transaction, each in its own savepoint.

    Durability: a step is answered after COMMIT, never before.
    Atomicity: a step that raises fails alone, with its own error. When the transaction as a whole
        cannot be stored, every step in it fails with StorageError and nothing of it is there.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        clock: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
        committed: Callable[[Growth], None],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._random_bytes = random_bytes
        self._committed = committed
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._connection: sa.Connection | None = None
        self._unwiped = False
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> None:
        """Queue a step.

        Raises:
            StorageError: The store is closed.
        """
        with self._gate:  # nothing may be queued behind the end
            if self._closed:
                raise StorageError("the store is closed", hint="Start the service again.")
            self._queue.put(job)

    @property
    def is_this_thread(self) -> bool:
        """Tell whether the caller runs on the writer's thread."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Write what is queued, then stop."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        is_open = True
        while is_open:
            taken = self._take()
            is_open = None not in taken
            jobs = [job for job in taken if job and job.answer.set_running_or_notify_cancel()]
            if jobs:
                self._answer(jobs)
        self._drop_connection()

    def _take(self) -> list[Job | None]:
        """Wait for a step, then take what else is queued."""
        taken = [self._queue.get()]
        while taken[-1] is not None and len(taken) < MAX_BATCH:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return taken

    def _answer(self, jobs: list[Job]) -> None:
        outcomes = [_Outcome(job) for job in jobs]
        try:
            growth = self._store(outcomes)
        except Exception as exc:  # noqa: BLE001 - every caller gets it, and `_failure` logs the unknown
            failure = _failure(exc)
            for outcome in outcomes:
                outcome.error = outcome.error or failure
            self._drop_connection()
        else:
            # before the answers: whoever is told of an entry finds it in what follows the log
            if growth is not None:
                self._tell_followers(growth)
            if self._unwiped:
                self._wipe()
        for outcome in outcomes:
            outcome.tell()

    def _store(self, outcomes: list[_Outcome]) -> Growth | None:
        """Run the steps in one transaction; return how the log grew, if it did."""
        connection = self._connect()
        transaction = connection.begin()
        session = WriteSession(connection, savepoints=len(outcomes) > 1)
        plain = WriteSession(connection, savepoints=False)
        batch = Batch(plain, self._clock, self._random_bytes)
        wipes = False
        for outcome in outcomes:
            wipes = _run(outcome, session, batch) or wipes
        if len(outcomes) == 1 and outcomes[0].error is not None:
            transaction.rollback()
            return None
        batch.flush(plain)
        transaction.commit()
        self._unwiped = self._unwiped or (wipes and connection.dialect.name == "sqlite")
        return batch.growth

    def _connect(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _drop_connection(self) -> None:
        """Forget the connection: after a failure nobody knows what state it is in."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except SQLAlchemyError:
            _log.warning("a broken database connection did not close", exc_info=True)

    def _wipe(self) -> None:
        """Make erased bytes leave SQLite's write-ahead log; tried again while readers need it."""
        # SQLAlchemy's own execute would begin a transaction
        cursor = self._connect().connection.cursor()
        try:
            cursor.execute("PRAGMA busy_timeout")
            (patience_ms,) = cursor.fetchone() or (0,)
            cursor.execute(f"PRAGMA busy_timeout={_WIPE_PATIENCE_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (is_busy, *_pages) = cursor.fetchone() or (1,)
            cursor.execute(f"PRAGMA busy_timeout={patience_ms}")
            self._unwiped = bool(is_busy)
        except sqlite3.Error:
            _log.warning("erased bytes stay in the write-ahead log for now", exc_info=True)
            self._drop_connection()
        finally:
            cursor.close()

    def _tell_followers(self, growth: Growth) -> None:
        try:
            self._committed(growth)
        except Exception:  # noqa: BLE001 - logged; the writer must go on
            _log.exception("a follower of the log failed at %s entries", growth.size)


def _run(outcome: _Outcome, session: WriteSession, batch: Batch) -> bool:
    """Run one step; return whether it erased something."""
    mark = batch.mark()
    session.begin_step()
    unit = Unit(session, batch)
    try:
        outcome.value = outcome.job.step(unit)
        session.keep_step()
    except BaseException as exc:  # noqa: BLE001 - whatever it is, it is the caller's
        outcome.error = exc
        batch.back_to(mark)
        session.undo_step()
        return False
    return unit.wipes


def _failure(error: Exception) -> Exception:
    """Make every caller of a lost transaction meet an error that says so."""
    if isinstance(error, SQLAlchemyError):
        translated = translate(error)
        if isinstance(translated, StorageError):
            return translated
        error = translated
    if isinstance(error, StorageError):
        return error
    _log.error("a transaction could not be stored", exc_info=error)
    failure = StorageError(f"a transaction could not be stored: {type(error).__name__}")
    failure.__cause__ = error
    return failure
