"""Zygotes on demand: shared by equal images, retired by least use, restarted with backoff."""

import asyncio
import time
from collections import OrderedDict

from toolvet.sandbox.errors import NoWallsError, PoolClosedError, ZygoteStartError
from toolvet.sandbox.frames import encode
from toolvet.sandbox.model import Host, Image, Limits, Outcome, Raised, TierReport
from toolvet.sandbox.running import Run
from toolvet.sandbox.zygotes import Zygote
from toolvet_reviews.values import JsonObject

_ZYGOTE_MIB = 24
"""What a zygote holds by itself, seen with the standard library loaded; spares share it."""
_MAX_CALLS = 64
_FIRST_BACKOFF_S, _LAST_BACKOFF_S = 0.05, 5.0

_Key = tuple[Image, Limits]


class _Backoff:
    """How long to leave an image alone after its zygote would not start."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    def failed(self) -> None:
        self._failures += 1
        pause = min(_FIRST_BACKOFF_S * 2**self._failures, _LAST_BACKOFF_S)
        self._until = time.monotonic() + pause

    async def wait(self) -> None:
        await asyncio.sleep(max(0.0, self._until - time.monotonic()))


class Pool:
    """Runs calls in the walls of a tier. Belongs to one event loop; safe for many tasks of it."""

    def __init__(
        self,
        report: TierReport,
        *,
        spares: int = 2,
        max_zygotes: int = 32,
        memory_mib: int = 2048,
    ) -> None:
        """Start nothing yet.

        Args:
            report: What the probes found.
            spares: Children kept forked and confined per zygote, ready for the next call.
            max_zygotes: More images than this are served, by retiring the least used zygote.
            memory_mib: Budget for idle zygotes.
        """
        self.report = report
        self._spares = spares
        self._max_zygotes = max(1, min(max_zygotes, memory_mib // _ZYGOTE_MIB))
        self._zygotes: OrderedDict[_Key, asyncio.Task[Zygote]] = OrderedDict()
        self._backoffs: dict[_Key, _Backoff] = {}
        self._running = asyncio.Semaphore(_MAX_CALLS)
        self._closed = False

    async def call(
        self, image: Image, arguments: JsonObject, limits: Limits, host: Host | None = None
    ) -> Outcome:
        """Run one call in a process of its own. Cancelling kills the process.

        Raises:
            SandboxUnavailableError: There are no walls here, or the zygote will not start.
        """
        return await self._run(image, {"do": "call", "arguments": arguments}, limits, host)

    async def describe(self, image: Image, limits: Limits) -> Outcome:
        """Derive the tool's interface inside the walls; the value is `toolvet.sdk.schema.describe`'s.

        Raises:
            SandboxUnavailableError: There are no walls here, or the zygote will not start.
        """
        return await self._run(image, {"do": "describe"}, limits, None)

    async def close(self) -> None:
        """End every zygote and with it every call."""
        self._closed = True
        for task in list(self._zygotes.values()):
            self._retire(task)
        self._zygotes.clear()

    async def _run(
        self, image: Image, request: JsonObject, limits: Limits, host: Host | None
    ) -> Outcome:
        tier = self.report.tier
        if tier == "none":
            raise NoWallsError(self.report.reason, self.report.cure)
        too_large = len(encode(request)) > limits.result_kib << 10
        if too_large:
            error = Raised("Refused", "the arguments are too large", "call.arguments_too_large")
            return Outcome("refused", None, error, "", 0.0, tier)
        async with self._running:
            zygote = await self._zygote(image, limits)
            zygote.calls += 1
            try:
                child = zygote.take()
                try:
                    return await Run(child, limits, host, tier).outcome(request)
                finally:
                    zygote.tidy_later(child, self._spares)
            finally:
                zygote.calls -= 1

    async def _zygote(self, image: Image, limits: Limits) -> Zygote:
        if self._closed:
            raise PoolClosedError("the sandbox pool is closed")
        key = (image, limits)
        task = self._zygotes.get(key)
        if task is None or _is_dead(task):
            task = asyncio.get_running_loop().create_task(self._start(key))
            self._zygotes[key] = task
            self._retire_least_used()
        self._zygotes.move_to_end(key)
        return await asyncio.shield(task)

    async def _start(self, key: _Key) -> Zygote:
        backoff = self._backoffs.get(key)
        if backoff is not None:
            await backoff.wait()
        image, _ = key
        if image.prepare is not None:
            await asyncio.to_thread(image.prepare)
        try:
            zygote = await Zygote.start(*key, self.report.tier)
        except ZygoteStartError:
            self._backoffs.setdefault(key, _Backoff()).failed()
            raise
        self._backoffs.pop(key, None)
        return zygote

    def _retire_least_used(self) -> None:
        surplus = len(self._zygotes) - self._max_zygotes
        for key, task in list(self._zygotes.items())[:-1]:
            if surplus <= 0:
                return
            if _is_idle(task):
                self._retire(self._zygotes.pop(key))
                surplus -= 1

    def _retire(self, task: asyncio.Task[Zygote]) -> None:
        if not task.done():
            task.add_done_callback(_close_late)
        elif not task.cancelled() and task.exception() is None:
            task.result().close()


def _close_late(task: asyncio.Task[Zygote]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _is_dead(task: asyncio.Task[Zygote]) -> bool:
    if not task.done():
        return False
    return task.cancelled() or task.exception() is not None or not task.result().alive


def _is_idle(task: asyncio.Task[Zygote]) -> bool:
    return task.done() and (_is_dead(task) or task.result().calls == 0)
