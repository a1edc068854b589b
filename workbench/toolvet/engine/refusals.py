"""Every refusal is recorded, and nobody can flood the log with them.

The first few of one kind go in one by one; what comes after is counted and entered as a sum.
"""

import logging
import re
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

_ID = re.compile(
    r"P-[0-9]{1,9}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|sha256:[0-9a-f]{64}|[0-9]{1,20}"
)
_ENUMS = frozenset({"new", "call", "A", "B", "C"})
_NAMED = "named"
"""Target of a refusal that was asked for by a name or a text: that lies beside the leaf."""
_LONGEST = 200

Kind = tuple[str, str]
"""Actor and code."""


@dataclass
class _Window:
    opened: float
    seen: Counter[Kind] = field(default_factory=Counter[Kind])


class Refusals:
    """Enters refusals into the log; counts what a closed log could not take."""

    def __init__(self, store: Store, service_id: str) -> None:
        self._store = store
        self._service_id = service_id
        self._lock = threading.Lock()
        self._window = _Window(time.monotonic())
        self._owed: Counter[Kind] = Counter()
        """Refusals that were only counted so far."""
        self._is_broken = False
        """True from a refusal that the log could not take until one that it could."""
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
        kind = (caller.id if caller else self._service_id, error.code)
        owed, is_single = self._count(kind)
        drafts = self._sums(owed)
        if is_single:
            drafts.append(_draft(caller, self._service_id, verb, target, error.code, digest))
        if not drafts:
            return
        try:
            self._store.write_sync(lambda unit: _append_all(unit, drafts))
            self._is_broken = False
        except StorageError:
            self._owe(owed)
            self.missed(kind)

    def missed(self, kind: Kind) -> None:
        """Count a refusal while the log takes none; the sum is entered first when it is back."""
        self._owe(Counter([kind]))
        self._is_broken = True
        self.unrecorded += 1
        _log.critical("refusal %s of %s could not be recorded", kind[1], kind[0])

    def flush(self) -> None:
        """Enter what was only counted so far.

        Raises:
            StorageError: The log is not writable; everything stays counted.
        """
        with self._lock:
            owed, self._owed = self._owed, Counter()
        drafts = self._sums(owed)
        if not drafts:
            return
        try:
            self._store.write_sync(lambda unit: _append_all(unit, drafts))
            self._is_broken = False
        except StorageError:
            self._owe(owed)
            raise

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
            if isinstance(error, StorageError):
                self.missed((caller.id if caller else self._service_id, error.code))
            else:
                self.record(caller, verb, target, error, digest)
            raise

    def _count(self, kind: Kind) -> tuple[Counter[Kind], bool]:
        """Count a refusal; tell which sums are to be entered now, and whether it is entered itself."""
        now = time.monotonic()
        owed: Counter[Kind] = Counter()
        with self._lock:
            is_over = now - self._window.opened >= WINDOW_S
            if is_over:
                self._window = _Window(now)
            if is_over or self._is_broken:
                owed, self._owed = self._owed, Counter()
            self._window.seen[kind] += 1
            is_single = self._window.seen[kind] <= SINGLY
            if not is_single:
                self._owed[kind] += 1
        return owed, is_single

    def _owe(self, counts: Counter[Kind]) -> None:
        with self._lock:
            self._owed.update(counts)

    def _sums(self, owed: Counter[Kind]) -> list[EntryDraft]:
        return [
            EntryDraft(
                verb=Verb.REFUSALS_AGGREGATE,
                actor=self._service_id,
                actor_kind="service",
                auth="service",
                seat="service",
                target_kind="principal",
                target_id=actor,
                facts={"count": count, "refused": code},
            )
            for (actor, code), count in owed.items()
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
    is_id = target[1] in _ENUMS or _ID.fullmatch(target[1]) is not None
    asked = target[1][:_LONGEST].encode("utf-8", "replace").decode()
    return EntryDraft(
        verb=verb,
        actor=caller.id if caller else service_id,
        actor_kind=caller.principal.kind if caller else "service",
        auth=caller.auth if caller else "service",
        seat=caller.seat if caller else "service",
        on_behalf_of=caller.principal.sponsor if caller else None,
        target_kind=target[0],
        target_id=target[1] if is_id else _NAMED,
        digest=digest,
        outcome="refused",
        code=code,
        payloads={} if is_id else {"target": asked},
    )
