"""Taps that disturb a run: end it after an effect, lose a reply, hold it while another overtakes it.

A process that was killed remembers nothing, so that being killed after one effect and before the next
is one and the same: what the world holds is all that the next run can know.
"""

import asyncio
from typing import NoReturn

from toolvet.checks.taps import OUTSIDE, Happened, Tap

MOST_HAPPENED = 3000
"""Effects of one run that are written down."""


class Recording(Tap):
    """Writes down what took place."""

    def __init__(self) -> None:
        self.happened: list[Happened] = []
        self.is_cut = False
        """More took place than is written down."""

    async def after(self, happened: Happened) -> None:
        """Hear of an effect that took place."""
        self.keep(happened)

    def keep(self, happened: Happened) -> None:
        """Write an effect down."""
        if len(self.happened) < MOST_HAPPENED:
            self.happened.append(happened)
        else:
            self.is_cut = True


class Disturbing(Recording):
    """Comes to a point in the run that somebody waits for."""

    def __init__(self, number: int) -> None:
        """Wait for an effect.

        Args:
            number: Which one, from 1.
        """
        super().__init__()
        self.number = number
        self.reached = asyncio.Event()


class KilledAfter(Disturbing):
    """Lets so many effects take place, and no reply to the last of them, until the run is ended."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._over = asyncio.Event()

    async def before(self, happening: Happened) -> None:
        """Let nothing more take place once the point is reached."""
        if self.reached.is_set():
            await self._hold(happening)

    async def after(self, happened: Happened) -> None:
        """Withhold the reply at the point."""
        self.keep(happened)
        if len(self.happened) >= self.number:
            self.reached.set()
            await self._hold(happened)

    def end(self) -> None:
        """Break off connections that are held; the run must be cancelled in the same breath."""
        self._over.set()

    async def _hold(self, happened: Happened) -> NoReturn:
        if happened.kind not in OUTSIDE:  # a request to the host: cancelled together with its run
            await asyncio.get_running_loop().create_future()
        await self._over.wait()
        raise ConnectionAbortedError("the run was ended")


class LostReply(Disturbing):
    """Breaks the connection off after an effect outside took place, before the tool hears of it."""

    async def after(self, happened: Happened) -> None:
        """Lose the reply at the point."""
        self.keep(happened)
        outside = sum(one.kind in OUTSIDE for one in self.happened)
        if happened.kind in OUTSIDE and outside == self.number:
            self.reached.set()
            raise ConnectionAbortedError("the reply is lost")


class HeldBefore(Disturbing):
    """Holds a run before an effect, until another has overtaken it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._seen = 0
        self._goes_on = asyncio.Event()

    async def before(self, happening: Happened) -> None:
        """Wait at the point."""
        self._seen += 1
        if self._seen >= self.number and not self._goes_on.is_set():
            self.reached.set()
            await self._goes_on.wait()

    def release(self) -> None:
        """Let the run go on."""
        self._goes_on.set()
