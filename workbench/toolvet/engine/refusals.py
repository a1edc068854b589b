"""Every refusal is recorded, and nobody can flood the log with them.

The first few of one kind go in one by one; what comes after is counted and entered as a sum.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from toolvet.errors import KNOWN, StorageError, ToolvetError
from toolvet.storage import Store, Unit
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import EntryDraft, Verb
from toolvet_reviews.principals import Caller
from toolvet_reviews.values import Digest

_log = logging.getLogger(__name__)

SINGLY = 5
"""Refusals of one actor and code that are entered one by one within a window."""
WINDOW_S = 60.0


@dataclass
class _Window:
    opened: float
    seen: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])


class Refusals:
    """Enters refusals into the log; counts what a closed log could not take."""

    def __init__(self, store: Store, service_id: str) -> None:
        self._store = store
        self._service_id = service_id
        self._lock = threading.Lock()
        self._window = _Window(time.monotonic())
        self.unrecorded = 0
        """Refusals that could not be entered because the log was not writable."""

    def record(
        self,
        caller: Caller | None,
        verb: Verb,
        target: tuple[str, str],
        error: ReviewError | ToolvetError,
        digest: Digest | None = None,
    ) -> None:
        """Enter one refusal, or count it when its kind was entered often enough."""
        actor = caller.id if caller else self._service_id
        drafts = self._aggregates()
        if self._counted(actor, error.code) <= SINGLY:
            drafts.append(_draft(caller, self._service_id, verb, target, error.code, digest))
        if not drafts:
            return
        try:
            self._store.write_sync(lambda unit: _append_all(unit, drafts))
        except StorageError:
            self.unrecorded += 1
            _log.critical("refusal %s of %s could not be recorded", error.code, actor)

    def flush(self) -> None:
        """Enter what was only counted so far."""
        drafts = self._aggregates(force=True)
        if drafts:
            self._store.write_sync(lambda unit: _append_all(unit, drafts))

    @contextmanager
    def recorded(
        self,
        caller: Caller | None,
        verb: Verb,
        target: tuple[str, str],
        digest: Digest | None = None,
    ) -> Generator[None]:
        """Record the refusal when the block ends in a known error; the error goes on."""
        try:
            yield
        except KNOWN as error:
            if not isinstance(error, StorageError):
                self.record(caller, verb, target, error, digest)
            raise

    def _counted(self, actor: str, code: str) -> int:
        with self._lock:
            self._window.seen[actor, code] += 1
            return self._window.seen[actor, code]

    def _aggregates(self, *, force: bool = False) -> list[EntryDraft]:
        now = time.monotonic()
        with self._lock:
            if not force and now - self._window.opened < WINDOW_S:
                return []
            done, self._window = self._window, _Window(now)
        return [
            EntryDraft(
                verb=Verb.REFUSALS_AGGREGATE,
                actor=self._service_id,
                actor_kind="service",
                auth="service",
                seat="service",
                target_kind="principal",
                target_id=actor,
                facts={"count": count - SINGLY, "refused": code},
            )
            for (actor, code), count in done.seen.items()
            if count > SINGLY
        ]


def _append_all(unit: Unit, drafts: list[EntryDraft]) -> None:
    for draft in drafts:
        unit.append(draft)


def _draft(
    caller: Caller | None,
    service_id: str,
    verb: Verb,
    target: tuple[str, str],
    code: str,
    digest: Digest | None,
) -> EntryDraft:
    return EntryDraft(
        verb=verb,
        actor=caller.id if caller else service_id,
        actor_kind=caller.principal.kind if caller else "service",
        auth=caller.auth if caller else "service",
        seat=caller.seat if caller else "service",
        on_behalf_of=caller.principal.sponsor if caller else None,
        target_kind=target[0],
        target_id=target[1],
        digest=digest,
        outcome="refused",
        code=code,
    )
