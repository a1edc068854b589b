"""Following the service in one thread, so that open pages hear at once that something happened."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from toolvet.config import Settings
from toolvet.errors import KNOWN

if TYPE_CHECKING:
    from toolvet.client.events import Events, LogEvent
    from toolvet_jupyter.wire import LogGrew

_log = logging.getLogger(__name__)

SHORTEST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0


class Follower:
    """Reads the event stream of the service until it is stopped, and opens it anew when it ends.

    A service that sleeps is not woken: somebody who opens the queue does that.

    Args:
        settings: Which service.
        tell: Called in this thread with each piece of news.
    """

    def __init__(self, settings: Settings, tell: "Callable[[LogGrew], None]") -> None:
        self._settings = settings
        self._tell = tell
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._stream: Events | None = None
        self._connected = False
        self._thread = threading.Thread(target=self._follow, name="toolvet-events", daemon=True)

    def start(self) -> None:
        """Begin; a second time does nothing."""
        with self._turn:
            if not self._thread.is_alive() and not self._stopping.is_set():
                self._thread.start()

    def stop(self, wait_s: float = 5.0) -> None:
        """End, wherever it waits."""
        with self._turn:
            self._stopping.set()
            stream = self._stream
        if stream is not None:
            stream.close()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def _follow(self) -> None:
        pause = SHORTEST_PAUSE_S
        while not self._stopping.is_set():
            try:
                self._read_once()
            except KNOWN as error:
                _log.debug("the event stream ended: %s", error)
            except Exception:  # noqa: BLE001  the outermost loop of this thread
                _log.exception("the event stream ended")
            pause = SHORTEST_PAUSE_S if self._connected else min(pause * 2, LONGEST_PAUSE_S)
            if self._connected and not self._stopping.is_set():
                self._connected = False
                self._say(0, connected=False)
            self._stopping.wait(pause)

    def _read_once(self) -> None:
        # Here, not above: a server that nobody asks starts without the client.
        from toolvet.client.connect import connect  # noqa: PLC0415

        client = connect(self._settings, seat="lab", start=False).client
        client.close()
        stream = client.events()
        with self._turn:
            self._stream = stream
            if self._stopping.is_set():
                return
        try:
            for event in stream:
                self._heard(event)
        finally:
            stream.close()

    def _heard(self, event: "LogEvent") -> None:
        if event.name == "end":
            return
        self._connected = True
        self._say(event.index, connected=True, kinds=event.kinds, catalogue=event.catalogue)

    def _say(
        self, index: int, *, connected: bool, kinds: tuple[str, ...] = (), catalogue: bool = False
    ) -> None:
        from toolvet_jupyter.wire import LogGrew  # noqa: PLC0415  as above

        self._tell(LogGrew(index, connected, kinds, catalogue))
