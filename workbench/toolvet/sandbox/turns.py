"""Whose call runs next: tools take turns, and so do the callers of one tool.

A tool has at most its share of the places, so that a slow one cannot hold them all; what waits does
so for a limited time, and a line that is too long lets nobody join.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from toolvet.sandbox.errors import PoolBusyError

PLACES = 64
"""Calls that run at once, of all tools."""
PLACES_OF_TOOL = 16
LONGEST_LINE = 256
"""Calls that wait for one tool."""

_Turn = asyncio.Future[None]


@dataclass
class _Tool:
    running: int = 0
    callers: OrderedDict[str, deque[_Turn]] = field(default_factory=OrderedDict[str, deque[_Turn]])
    """Who waits, the next one first."""

    @property
    def waiting(self) -> int:
        """Calls in line."""
        return sum(map(len, self.callers.values()))

    def next(self) -> _Turn:
        """Take the call whose turn it is; its caller goes to the end of the line."""
        caller, line = next(iter(self.callers.items()))
        turn = line.popleft()
        self.callers.move_to_end(caller)
        if not line:
            del self.callers[caller]
        return turn

    def forget(self, caller: str, turn: _Turn) -> None:
        """Take a call out of the line that waits no longer."""
        line = self.callers.get(caller)
        if line is None or turn not in line:
            return
        line.remove(turn)
        if not line:
            del self.callers[caller]


class Turns:
    """Places for running calls. Belongs to one event loop."""

    def __init__(self, places: int = PLACES, places_of_tool: int = PLACES_OF_TOOL) -> None:
        """Begin with every place free."""
        self._free = places
        self._places_of_tool = places_of_tool
        self._tools: dict[Hashable, _Tool] = {}
        """Those that run or wait."""
        self._line: OrderedDict[Hashable, _Tool] = OrderedDict()
        """Those that wait, the next one first."""

    @property
    def waiting(self) -> int:
        """Calls that wait for a place."""
        return sum(tool.waiting for tool in self._line.values())

    @asynccontextmanager
    async def turn(self, key: Hashable, caller: str, patience_s: float) -> AsyncGenerator[None]:
        """Hold a place for as long as the block runs.

        Args:
            key: Of the tool.
            caller: Who shares its places with whom; empty for the service itself.
            patience_s: How long to wait at most.

        Raises:
            PoolBusyError: No place came free in time, or too many wait already.
        """
        tool = self._tools.setdefault(key, _Tool())
        if self._free and tool.running < self._places_of_tool and not tool.callers:
            self._seat(tool)
        else:
            await self._wait(key, tool, caller, patience_s)
        try:
            yield
        finally:
            self._leave(key, tool)

    async def _wait(self, key: Hashable, tool: _Tool, caller: str, patience_s: float) -> None:
        if tool.waiting >= LONGEST_LINE:
            raise PoolBusyError(f"{LONGEST_LINE} calls of this tool wait already")
        turn: _Turn = asyncio.get_running_loop().create_future()
        tool.callers.setdefault(caller, deque()).append(turn)
        self._line.setdefault(key, tool)
        try:
            async with asyncio.timeout(patience_s):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # its turn came in the same moment
                self._leave(key, tool)
            else:
                tool.forget(caller, turn)
                self._tidy(key, tool)
            if isinstance(error, TimeoutError):
                raise PoolBusyError(f"no place came free within {patience_s:g} s") from error
            raise

    def _seat(self, tool: _Tool) -> None:
        self._free -= 1
        tool.running += 1

    def _leave(self, key: Hashable, tool: _Tool) -> None:
        self._free += 1
        tool.running -= 1
        self._tidy(key, tool)
        while self._free and self._serve_next():
            continue

    def _serve_next(self) -> bool:
        """Give a free place to the next tool in line that may have one."""
        able = (one for one, tool in self._line.items() if tool.running < self._places_of_tool)
        key = next(able, None)
        if key is None:
            return False
        tool = self._line[key]
        turn = tool.next()
        self._line.move_to_end(key)
        if not turn.done():  # one that was cancelled takes itself out of the count
            self._seat(tool)
            turn.set_result(None)
        self._tidy(key, tool)
        return True

    def _tidy(self, key: Hashable, tool: _Tool) -> None:
        if not tool.callers:
            self._line.pop(key, None)
            if not tool.running:
                self._tools.pop(key, None)
