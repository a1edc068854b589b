"""Blocking work away from the screen, and what went wrong with it in words.

The threads are daemons on purpose: the app ends when the person says so, not when a service answers.
"""

import asyncio
import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from toolvet.errors import KNOWN
from toolvet_reviews.words import one_line

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Trouble:
    """What went wrong, for the person at the screen."""

    message: str
    code: str
    hint: str = ""

    @classmethod
    def of(cls, error: Exception) -> "Trouble":
        """Say it of an error."""
        if isinstance(error, KNOWN):
            return cls(one_line(str(error), 400), error.code, one_line(error.hint, 300))
        return cls(
            f"{type(error).__name__}: {one_line(str(error))}",
            "tui.unexpected",
            "This is a fault of the app. `tui.log` beside your keys has the details.",
        )

    def __str__(self) -> str:
        hint = f"  {self.hint}" if self.hint else ""
        return f"{self.message} [{self.code}]{hint}"


async def in_thread(work: Callable[[], T]) -> T:
    """Do blocking work in a thread of its own, and wait for it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def hand_over(deliver: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the app ended meanwhile
            loop.call_soon_threadsafe(lambda: None if future.done() else deliver())

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 (raised again where it is waited for)
            raised = error
            hand_over(lambda: future.set_exception(raised))
        else:
            hand_over(lambda: future.set_result(result))

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True).start()
    return await future


@contextmanager
def telling(tell: Callable[[Trouble], object]) -> Generator[None]:
    """Tell the person about an error instead of ending the app with it."""
    try:
        yield
    except KNOWN as error:
        tell(Trouble.of(error))
    except Exception as error:  # noqa: BLE001 - the outermost frame of a task: the person is told
        _log.exception("unexpected")
        tell(Trouble.of(error))
