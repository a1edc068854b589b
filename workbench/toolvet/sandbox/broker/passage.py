"""One connection on its way from a run to a host: what it counts, and what is written down of it."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from toolvet.sandbox.broker.addresses import Dialer
from toolvet.sandbox.broker.doors import Address, Door
from toolvet.sandbox.broker.errors import Reason, RefusedError
from toolvet.sandbox.broker.events import EventLog, NetworkEvent, Verdict, shown_path
from toolvet.sandbox.broker.limits import BrokerLimits, Meter
from toolvet.sandbox.broker.streams import Streams, opened
from toolvet_reviews.bundle import Credential
from toolvet_reviews.words import one_line

_METHOD_MAX = 20

Credentials = Callable[[str, str], str]
"""Gives the value of a secret for a host."""


class Reveal:
    """Gives secrets to those who may add them outside, and to nobody by accident."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __repr__(self) -> str:
        return "Reveal()"

    def secret(self, credential: Credential, host: str) -> str:
        """Give a secret that can stand in a header or a line.

        Raises:
            RefusedError: It cannot.
        """
        value = self._credentials(credential.secret, host)
        if not value or not value.isprintable():
            raise RefusedError(
                Reason.CREDENTIAL, f"{credential.secret} is empty or holds unprintable characters"
            )
        return value


@dataclass(frozen=True)
class Surroundings:
    """What all connections of one run share."""

    doors: Mapping[Address, Door]
    dialer: Dialer
    trust: ssl.SSLContext
    """For TLS towards hosts."""
    reveal: Reveal
    limits: BrokerLimits
    meter: Meter
    log: EventLog


class Passage:
    """One connection through a door."""

    def __init__(self, door: Door, around: Surroundings) -> None:
        self.door = door
        self.around = around
        self._at_ms = around.log.now_ms()
        self._up = 0
        self._down = 0
        self._is_noted = False
        self.has_begun = False
        self.settled = asyncio.Event()
        """Set while nothing that the tool sent is still on its way."""

    def up(self, size: int) -> None:
        """Count bytes towards the host; see `Meter.up`."""
        self._up += size
        self.around.meter.up(size)

    def down(self, size: int) -> None:
        """Count bytes from the host; see `Meter.down`."""
        self._down += size
        self.around.meter.down(size)

    async def open(self, *, tls: bool) -> Streams:
        """Connect to the host, at an address that may be connected to.

        Raises:
            RefusedError: It cannot be, or must not be.
        """
        connection = await self.around.dialer.connect(self.door.host, self.door.port)
        trust = self.around.trust if tls else None
        return await opened(connection, self.door.host, trust, self.around.limits.connect_s)

    def end(self, error: RefusedError | None) -> None:
        """Write down how the connection ended; of HTTP, each request was noted by itself."""
        if self.door.speaks_http and (
            self._is_noted or error is None or error.reason is Reason.CLOSED
        ):
            return
        self.note(error)

    def note(self, error: RefusedError | None, method: str = "", target: str = "") -> None:
        """Write down what became of the connection, or of one request; counts start anew."""
        self.around.log.add(
            NetworkEvent(
                host=self.door.host,
                port=self.door.port,
                protocol=self.door.protocol,
                method=one_line(method, _METHOD_MAX),
                path=shown_path(target),
                verdict=_verdict(error),
                code=error.reason.value if error else "",
                up=self._up,
                down=self._down,
                at_ms=self._at_ms,
            )
        )
        self._is_noted = True
        self._at_ms = self.around.log.now_ms()
        self._up = self._down = 0


def _verdict(error: RefusedError | None) -> Verdict:
    if error is None:
        return "forwarded"
    return "failed" if error.reason.is_failure else "refused"
