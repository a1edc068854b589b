"""Following the log in a thread: the screens learn at once what others did.

A stream that broke off is opened again, with longer and longer pauses; nothing is replayed, so the
screens read everything anew after each opening.
"""

import contextvars
import logging
import threading

from textual.message import Message
from textual.message_pump import MessagePump

from toolvet.errors import KNOWN
from toolvet_tui.desk import Desk
from toolvet_tui.errands import Trouble
from toolvet_tui.messages import Connected, LinkLost, LogGrew

_log = logging.getLogger(__name__)
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0


class Follower:
    """Tells one node of the app what the log says, until it is stopped.

    Args:
        desk: Connected already.
        to: Who is told.
    """

    def __init__(self, desk: Desk, to: MessagePump) -> None:
        self._desk = desk
        self._to = to
        self._stopped = threading.Event()
        self._pause_s = FIRST_PAUSE_S

    def start(self) -> None:
        """Follow in a thread of its own."""
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run,), daemon=True).start()

    def stop(self) -> None:
        """Stop; the desk's `close` wakes the thread."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow()
                lost = Trouble("the service stopped", "service.unreachable")
            except KNOWN as error:
                lost = Trouble.of(error)
            except Exception as error:  # noqa: BLE001 - the outermost frame of a task: the person is told
                _log.exception("following the log")
                lost = Trouble.of(error)
            self._tell(LinkLost(lost, self._pause_s))
            self._stopped.wait(self._pause_s)
            self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 1.6)

    def _follow(self) -> None:
        service = self._desk.connect(start=False)
        for event in self._desk.follow():
            if self._stopped.is_set() or event.name == "end":
                return
            if event.name == "hello":
                self._pause_s = FIRST_PAUSE_S
                self._tell(Connected(service))
            else:
                self._tell(LogGrew(event.kinds))

    def _tell(self, message: Message) -> None:
        if self._stopped.is_set():
            return
        try:
            self._to.post_message(message)
        except RuntimeError:  # the app's loop ended
            self._stopped.set()
