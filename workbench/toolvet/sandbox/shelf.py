"""The zygotes that are up: started on demand, retired by least use under a memory budget."""

import asyncio
import functools
import os
import time
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from toolvet.sandbox import budget
from toolvet.sandbox.errors import PoolBusyError, PoolClosedError, ZygoteStartError
from toolvet.sandbox.model import Image, Limits
from toolvet.sandbox.spares import Arrivals
from toolvet.sandbox.zygotes import Zygote
from toolvet_reviews.values import Tier

SWEEP_S = 2.0
"""Between two looks at what is held."""
LOOKS = 8
"""Zygotes measured in one sweep; each takes a few milliseconds of a thread."""
IDLE_S = 1800.0
"""A zygote that nobody needed for this long is retired."""
_FIRST_BACKOFF_S, _LAST_BACKOFF_S = 0.05, 5.0
_FORGIVEN_S = 60.0
"""After this long without a failure an image begins anew."""

Key = tuple[Image, Limits]
"""What a zygote is for: equal ones share it."""


def key_of(image: Image, limits: Limits) -> Key:
    """Leave out of the limits what only the supervisor holds a run to."""
    return image, _of_zygote(limits)


@functools.lru_cache(maxsize=256)
def _of_zygote(limits: Limits) -> Limits:
    return replace(limits, wall_s=0.0, output_kib=0)


class _Backoff:
    """How long to leave an image alone after its zygote died or would not start."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self._until + _FORGIVEN_S

    def failed(self) -> None:
        if self.is_over:
            self._failures = 0
        self._failures += 1
        pause = min(_FIRST_BACKOFF_S * 2**self._failures, _LAST_BACKOFF_S)
        self._until = time.monotonic() + pause

    async def wait(self) -> None:
        await asyncio.sleep(max(0.0, self._until - time.monotonic()))


@dataclass(eq=False)
class Held:
    """One zygote, coming up or up."""

    task: asyncio.Task[Zygote]
    arrivals: Arrivals = field(default_factory=Arrivals)
    mib: float = budget.UNMEASURED_MIB
    looked: float = 0.0
    """When it was measured; 0 when it never was."""
    users: int = 0
    """Calls that wait for it, or run in it."""

    @property
    def zygote(self) -> Zygote | None:
        """The zygote when it is up."""
        task = self.task
        if not task.done() or task.cancelled() or task.exception() is not None:
            return None
        found = task.result()
        return found if found.alive else None

    @property
    def is_idle(self) -> bool:
        """Nothing would be lost."""
        return self.users == 0 and self.task.done()

    async def up(self, patience_s: float) -> Zygote:
        """Wait until it serves.

        Raises:
            ZygoteStartError: It does not come up.
            PoolBusyError: It is not up in time; it still comes.
        """
        zygote = self.zygote
        if zygote is not None:
            return zygote
        try:
            async with asyncio.timeout(patience_s):
                return await asyncio.shield(self.task)
        except TimeoutError as error:
            raise PoolBusyError("the tool did not start in time") from error

    def retire(self) -> None:
        """End it, now or as soon as it is up."""
        if self.task.done():
            _close(self.task)
        else:
            self.task.add_done_callback(_close)


def _close(task: asyncio.Task[Zygote]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


class Shelf:
    """Holds zygotes by what they are for. Belongs to one event loop."""

    def __init__(self, tier: Tier, *, spares: int, max_zygotes: int, memory_mib: int) -> None:
        """Start nothing yet; see `Pool`."""
        self._tier: Tier = tier
        self._spares = spares
        self._max_zygotes = max_zygotes
        self._memory_mib = memory_mib
        self._held: OrderedDict[Key, Held] = OrderedDict()
        """The one used longest ago first."""
        self._backoffs: dict[Key, _Backoff] = {}
        self._starting = asyncio.Semaphore(max(2, os.cpu_count() or 1))
        self._sweeping: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._is_closed = False

    def __len__(self) -> int:
        """Zygotes that are up or coming up."""
        return len(self._held)

    @property
    def mib(self) -> float:
        """Memory they hold, as far as it was measured."""
        return sum(held.mib for held in self._held.values())

    @contextmanager
    def use(self, key: Key) -> Generator[Held]:
        """Keep the zygote of an image from being retired while the block runs.

        Raises:
            PoolClosedError: The pool is closed.
        """
        if self._is_closed:
            raise PoolClosedError("the sandbox pool is closed")
        held = self._held.get(key)
        if held is None or (held.task.done() and held.zygote is None):
            held = self._add(key)
        self._held.move_to_end(key)
        held.arrivals.note()
        held.users += 1
        try:
            yield held
        finally:
            held.users -= 1

    def crashed(self, key: Key) -> None:
        """Note that the zygote of an image died; the next one has to wait a little."""
        self._backoffs.setdefault(key, _Backoff()).failed()

    def spares_of(self, held: Held) -> int:
        """Say how many children to keep ready for the next calls."""
        return held.arrivals.spares(self._spares)

    def forget(self, folder: Path) -> None:
        """End what serves a folder that is not called again; what still runs is left alone."""
        for key, held in list(self._held.items()):
            if key[0].folder == folder and held.is_idle:
                self._drop(key)

    def close(self) -> None:
        """End every zygote and with it every call."""
        self._is_closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._looking is not None:
            self._looking.cancel()
        for held in self._held.values():
            held.retire()
        self._held.clear()

    def _add(self, key: Key) -> Held:
        loop = asyncio.get_running_loop()
        earlier = self._held.get(key)
        held = Held(loop.create_task(self._start(key)))
        if earlier is not None:
            held.arrivals = earlier.arrivals
        self._held[key] = held
        self._retire_least_used()
        if self._sweeping is None:
            self._sweeping = loop.call_later(SWEEP_S, self._sweep)
        return held

    async def _start(self, key: Key) -> Zygote:
        backoff = self._backoffs.get(key)
        if backoff is not None:
            await backoff.wait()
        async with self._starting:
            if key[0].prepare is not None:
                await asyncio.to_thread(key[0].prepare)
            try:
                return await Zygote.start(*key, self._tier)
            except ZygoteStartError:
                self.crashed(key)
                raise

    def _retire_least_used(self) -> None:
        """End idle zygotes while there are too many, or they hold too much; never the newest."""
        mib = self.mib
        for key, held in list(self._held.items())[:-1]:
            if len(self._held) <= self._max_zygotes and mib <= self._memory_mib:
                return
            if held.is_idle:
                mib -= held.mib
                self._drop(key)

    def _drop(self, key: Key) -> None:
        self._held.pop(key).retire()

    # --- looking after them -----------------------------------------------------------------

    def _sweep(self) -> None:
        """Give spares of cold tools back, end what nobody needs, and measure a few."""
        self._sweeping = None
        now = time.monotonic()
        for key, held in list(self._held.items()):
            if held.is_idle and (held.zygote is None or now - held.arrivals.last > IDLE_S):
                self._drop(key)
            elif held.zygote is not None:
                held.zygote.trim(self.spares_of(held))
        self._backoffs = {key: one for key, one in self._backoffs.items() if not one.is_over}
        loop = asyncio.get_running_loop()
        if self._held or self._backoffs:
            self._sweeping = loop.call_later(SWEEP_S, self._sweep)
        if self._held and (self._looking is None or self._looking.done()):
            self._looking = loop.create_task(self._look())

    async def _look(self) -> None:
        up = [held for held in self._held.values() if held.zygote is not None]
        for held in sorted(up, key=lambda one: one.looked)[:LOOKS]:
            zygote = held.zygote
            if zygote is None:
                continue
            found = await asyncio.to_thread(budget.tree_mib, zygote.process)
            held.looked = time.monotonic()
            if found is not None:
                held.mib = found
        self._retire_least_used()
