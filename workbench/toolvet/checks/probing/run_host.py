"""One run's way to a fake host that outlasts it: tells a tap of each effect, keeps what was logged."""

import asyncio
from typing import NamedTuple

from toolvet.checks import reading
from toolvet.checks.fake_host import FakeHost
from toolvet.checks.probing.taps import Recording
from toolvet.checks.taps import Happened, lengths
from toolvet.errors import ForbiddenError
from toolvet_reviews import digests
from toolvet_reviews.values import Json, JsonObject

_MOST_HEARD = 2000
_WRITES = frozenset({
    "store.put", "store.add_if_absent", "store.batch", "once.begin", "once.end", "dead_letter",
})  # fmt: skip


class Heard(NamedTuple):
    """Something a run told of itself."""

    after: int
    """Effects that it had had by then."""
    request: JsonObject


class RunHost:
    """Answers one run; several may share the host behind it."""

    def __init__(self, host: FakeHost, tap: Recording, *, words: bool = False) -> None:
        """Begin to answer.

        Args:
            host: Behind it.
            tap: Of this run.
            words: Tell the tap of log events and progress too: for a tool that writes into folders,
                where nothing else says when.
        """
        self._host = host
        self._words = words
        self._tap = tap
        self.logged: list[Heard] = []
        self.progress: list[Heard] = []
        self.told = asyncio.Event()
        """It told of its progress."""
        self.is_overtaken = False
        """Another run took the operation over: this one writes nothing any more."""

    async def handle(self, request: JsonObject) -> JsonObject:
        """Answer one request of the running tool."""
        operation = reading.text(request.get("op"))
        if operation not in _WRITES:
            self._hear(operation, request)
            if self._words and operation in ("log", "progress"):
                await self._tap.after(Happened("word", _word(request)))
            return await self._host.handle(request)
        possible = self._possible(operation, request)
        if possible is not None:
            await self._tap.before(possible)
        if self.is_overtaken:  # asked only now: it may have been held until it was
            raise ForbiddenError("another run took this operation over")
        answer = await self._host.handle(request)
        if possible is not None and (happened := _took_place(possible, operation, answer)):
            await self._tap.after(happened)
        return answer

    def _hear(self, operation: str, request: JsonObject) -> None:
        kept = {"log": self.logged, "progress": self.progress}.get(operation)
        if kept is not None and len(kept) < _MOST_HEARD:
            kept.append(Heard(len(self._tap.happened), request))
        if operation == "progress":
            self.told.set()

    def _possible(self, operation: str, request: JsonObject) -> Happened | None:
        """Say what a request would change; None when everything is as it wants it already."""
        if operation.startswith("once."):
            state = "begun" if operation == "once.begin" else "ended"
            return Happened("step", reading.text(request.get("key")), state)
        if operation == "dead_letter":
            return Happened("letter", "", digests.of_json(request.get("item")))
        collection = reading.text(request.get("collection"))
        writes = self._writes(operation, collection, request)
        if not writes:
            return None
        values: list[Json] = [value for _, value in writes]
        keys = tuple(f"{collection}/{key}" for key, _ in writes)
        name = keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"
        sizes = tuple(size for value in values[:20] for size in lengths(value))
        return Happened("record", name, digests.of_json(values), keys, lengths=sizes)

    def _writes(
        self, operation: str, collection: str, request: JsonObject
    ) -> list[tuple[str, Json]]:
        """Give the keys and values that a request would write and that are not there so."""
        items = self._host.store.get(collection)
        if items is None:
            return []
        steps = reading.entries(request.get("ops")) if operation == "store.batch" else [request]
        found: list[tuple[str, Json]] = []
        for step in steps:
            key, value = reading.text(step.get("key"), most=2000), step.get("value")
            puts = "put" in (step.get("op"), operation.removeprefix("store."))
            if key not in items or (puts and items[key] != value):
                found.append((key, value))
        return found


def _word(request: JsonObject) -> str:
    return reading.text(request.get("event"), most=80) or "its progress"


def _took_place(possible: Happened, operation: str, answer: JsonObject) -> Happened | None:
    if operation == "once.begin" and answer.get("state") != "new":
        return None
    return possible
