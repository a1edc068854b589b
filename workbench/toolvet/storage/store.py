"""The store: reads in snapshots, writes through one writer, over SQLite or PostgreSQL."""

import asyncio
import os
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from toolvet.errors import StorageError
from toolvet.storage.engines import READERS, Engines, open_engines
from toolvet.storage.errors import translate
from toolvet.storage.log import Growth
from toolvet.storage.migrate import migrate
from toolvet.storage.session import Session
from toolvet.storage.unit import Unit
from toolvet.storage.view import View
from toolvet.storage.writer import Job, Writer

T = TypeVar("T")

BUSY_TIMEOUT_S = 10.0
"""How long a write waits for another process that holds the database."""


class Store:
    """An open database. Safe to use from any thread; made by `open_store`."""

    def __init__(
        self,
        engines: Engines,
        *,
        clock: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._engines = engines
        self._followers: list[Callable[[Growth], None]] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._writer = Writer(
            engines.write, clock=clock, random_bytes=random_bytes, committed=self._tell
        )

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engines.write.dialect.name

    def submit(self, step: Callable[[Unit], T]) -> "Future[T]":
        """Queue a write; the future is resolved after COMMIT.

        Steps run on the writer's thread in the order they were queued, many in one transaction.
        One that raises leaves nothing behind and fails alone. Cancelling the future keeps a step
        from running if it has not begun.

        Raises:
            StorageError: The store is closed. In the future: the transaction could not be stored.
        """
        answer: Future[T] = Future()
        self._writer.put(Job(step, answer))
        return answer

    async def write(self, step: Callable[[Unit], T]) -> T:
        """Run a write and wait for COMMIT. See `submit`."""
        return await asyncio.wrap_future(self.submit(step))

    def write_sync(self, step: Callable[[Unit], T]) -> T:
        """Run a write and wait for COMMIT, blocking the thread. See `submit`.

        Raises:
            RuntimeError: Called on the writer's thread, which would wait for itself.
        """
        if self._writer.is_this_thread:
            raise RuntimeError("a step or follower cannot wait for the writer it runs on")
        return self.submit(step).result()

    @contextmanager
    def read(self) -> Generator[View]:
        """Look at one snapshot; never waits for the writer.

        Raises:
            StorageError: The database cannot be read.
        """
        try:
            connection = self._engines.read.connect()
        except SQLAlchemyError as exc:
            raise translate(exc) from exc
        with connection:
            yield View(Session(connection))

    async def query(self, look: Callable[[View], T]) -> T:
        """Look at one snapshot from a thread of the store's own."""
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, self.query_sync, look
        )

    def query_sync(self, look: Callable[[View], T]) -> T:
        """Look at one snapshot."""
        with self.read() as view:
            return look(view)

    def on_commit(self, follower: Callable[[Growth], None]) -> None:
        """Call a function with how the log grew after each commit that appended entries.

        It runs on the writer's thread, before the callers of that transaction are answered: it must
        be short, and must not wait for a write.
        """
        self._followers.append(follower)

    def close(self) -> None:
        """Write what is queued, then close every connection."""
        self._writer.close()
        self._readers.shutdown()
        self._engines.dispose()

    def _tell(self, growth: Growth) -> None:
        for follower in self._followers:
            follower(growth)


def open_store(
    url: str,
    *,
    clock: Callable[[], datetime],
    random_bytes: Callable[[int], bytes] = os.urandom,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> Store:
    """Open a database, made or brought to the newest schema when needed.

    Args:
        url: `sqlite:////absolute/path` or `postgresql://user@host/database`.
        clock: Gives aware times in UTC.
        random_bytes: Gives salts.
        busy_timeout_s: How long a write waits for another process that holds the database.

    Raises:
        StorageError: It cannot be opened.
        SchemaError: A newer version of Toolvet wrote it.
    """
    engines = open_engines(url, busy_timeout_s=busy_timeout_s)
    try:
        migrate(engines.write)
    except SQLAlchemyError as exc:
        engines.dispose()
        raise translate(exc) from exc
    except StorageError:
        engines.dispose()
        raise
    return Store(engines, clock=clock, random_bytes=random_bytes)
