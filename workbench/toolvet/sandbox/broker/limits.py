"""How much of the network one run may use, and the counting of it."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.http1 import HttpLimits

EVERYWHERE_MAX = 320
"""Connections of all runs together: each costs the service two descriptors."""
EACH_TOOL_MAX = EVERYWHERE_MAX // 4
"""Of all runs of one tool: it leaves room for others."""


@dataclass(frozen=True)
class BrokerLimits:
    """Caps of one run. Beyond one, the connection ends."""

    open_connections: int = 16
    connections: int = 2000
    """In all, refused ones included; beyond twice as many nobody answers any more."""
    per_second: int = 500
    """Connections and HTTP requests together; what is beyond waits its turn."""
    up_bytes: int = 256 << 20
    """Towards all hosts together, in all."""
    down_bytes: int = 256 << 20
    message_bytes: int = 32 << 20
    """Of one mail."""
    connect_s: float = 10.0
    """To resolve, connect and agree on TLS."""
    idle_s: float = 60.0
    """Without a byte either way."""
    total_s: float = 3600.0
    """Of one connection."""
    closing_s: float = 0.5
    """What was sent before the run ended gets this long to arrive."""
    http: HttpLimits = field(default_factory=HttpLimits)


class Meter:
    """Counts what one run uses."""

    everywhere = 0
    """Open connections of this process; all meters share it."""
    _of_tools: ClassVar[Counter[str]] = Counter()

    def __init__(self, limits: BrokerLimits, tool: str = "") -> None:
        """Begin at nothing.

        Args:
            limits: Of this run.
            tool: Whose run it is; all runs of one tool share a part of all connections.
        """
        self._limits = limits
        self._tool = tool
        self._open = 0
        self._connections = 0
        self._up = 0
        self._down = 0
        self._next_turn = 0.0

    @property
    def is_flooded(self) -> bool:
        """Whether refusing is no longer worth while: nobody needs to answer any more."""
        return self._connections > 2 * self._limits.connections

    def enter(self) -> None:
        """Count a connection in.

        Raises:
            RefusedError: There are too many.
        """
        self._connections += 1
        if self._connections > self._limits.connections:
            raise RefusedError(Reason.CONNECTIONS, "too many connections in one run")
        if self._open >= self._limits.open_connections or Meter.everywhere >= EVERYWHERE_MAX:
            raise RefusedError(Reason.CONNECTIONS, "too many connections at once")
        if Meter._of_tools[self._tool] >= EACH_TOOL_MAX:
            raise RefusedError(Reason.CONNECTIONS, "too many connections of one tool at once")
        self._open += 1
        Meter.everywhere += 1
        Meter._of_tools[self._tool] += 1

    def leave(self) -> None:
        """Count a connection out that was counted in."""
        self._open -= 1
        Meter.everywhere -= 1
        Meter._of_tools[self._tool] -= 1
        if not Meter._of_tools[self._tool]:
            del Meter._of_tools[self._tool]

    async def turn(self) -> None:
        """Wait until one more connection or request fits the rate."""
        now = asyncio.get_running_loop().time()
        self._next_turn = max(self._next_turn, now - 1.0) + 1.0 / self._limits.per_second
        if self._next_turn > now:
            await asyncio.sleep(self._next_turn - now)

    def up(self, size: int) -> None:
        """Count bytes towards a host.

        Raises:
            RefusedError: They are too many.
        """
        self._up += size
        if self._up > self._limits.up_bytes:
            raise RefusedError(Reason.BYTES, "too many bytes sent in one run")

    def down(self, size: int) -> None:
        """Count bytes from a host.

        Raises:
            RefusedError: They are too many.
        """
        self._down += size
        if self._down > self._limits.down_bytes:
            raise RefusedError(Reason.BYTES, "too many bytes received in one run")
