"""Several connections, and one desk that every mail passes before and after it is sent.

Each connection has a thread that does nothing but SMTP. It hands in what came of its last mail and
is handed the next recipient; between the two lies one durable write of the desk, which takes in all
connections that wait at that moment. So each mail is on record before it is sent, its fate before
the next one, a crash leaves one mail in doubt per connection, and a write serves several mails.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger import Ledger
from postbox import Outcome, Postbox
from templates import SENDER, Mailing

CONNECTIONS: Final = 8
LINGER_S: Final = 0.01
"""How long a word waits for others, so that one write serves them all."""
RECONNECTS: Final = (0.1, 0.5, 2.0)
"""Seconds to wait before each further try to connect; then the connection is given up."""
GOODBYE_S: Final = 2.0
"""How long the connections together have to say goodbye to the server."""

UNHEARD: Final = Outcome("unclear", "its connection ended without a word")
"""Of whoever was handed to a connection, until that says what came of it."""


@dataclass(frozen=True)
class _Word:
    """What a connection says at the desk: what came of a mail, that it takes another, that it ends."""

    line: "_Line"
    sent_to: str = ""
    outcome: Outcome | None = None
    takes_more: bool = False
    has_ended: bool = False


@dataclass
class Tally:
    """What came of every mail of one run."""

    fates: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    """By recipient."""


class Desk:
    """Hands out recipients at the agreed rate, and keeps the ledger. Only this touches the store."""

    def __init__(
        self,
        ledger: Ledger,
        mailing: Mailing,
        per_second: float,
        within_s: float,
        told: Callable[[int], None],
    ) -> None:
        self._ledger = ledger
        self._words: queue.SimpleQueue[_Word] = queue.SimpleQueue()
        self._lines = [_Line(mailing, self._words) for _ in range(CONNECTIONS)]
        self._pace = _Pace(per_second, CONNECTIONS)
        self._ends = time.monotonic() + within_s
        self._told = told
        self._done = self._told_at = 0

    def send(self, recipients: Sequence[str]) -> Tally:
        """Send to everybody; whoever is not in the tally was not tried: no connection, or no time."""
        tally, due = Tally(), deque(recipients)
        for line in self._lines:
            line.start()
        try:
            self._serve(tally, due, len(recipients))
        finally:
            for line in self._lines:
                line.give("")
        until = time.monotonic() + GOODBYE_S
        for line in self._lines:
            line.join(max(0.0, until - time.monotonic()))
        return tally

    def _serve(self, tally: Tally, due: deque[str], total: int) -> None:
        """Hear and hand out until every connection has ended."""
        waiting: list[_Line] = []
        working = len(self._lines)
        while working:
            words = self._hear(len(waiting), working)
            waiting += [word.line for word in words if word.takes_more]
            working -= sum(word.has_ended for word in words)
            turn = self._turn(waiting, due)
            self._record(tally, words, [recipient for _, recipient in turn if recipient])
            for line, recipient in turn:
                line.give(recipient)
                waiting.remove(line)
            self._tell(total)

    def _hear(self, waiting: int, working: int) -> list[_Word]:
        """Wait for words: of half of the connections, or of whoever spoke a moment after the first.

        Args:
            waiting: Connections that wait for the pace already; then no longer than it asks.
            working: Connections that are not given up.
        """
        words: list[_Word] = []
        patience = self._pace.wait_s() if waiting else None
        try:
            while len(words) < (working + 1) // 2:
                words.append(self._words.get(timeout=patience))
                patience = LINGER_S
            while True:
                words.append(self._words.get_nowait())
        except queue.Empty:
            return words

    def _turn(self, waiting: list["_Line"], due: deque[str]) -> list[tuple["_Line", str]]:
        """Pair connections with the next recipients; with nobody or no time left, all end."""
        if not due or time.monotonic() >= self._ends:
            return [(line, "") for line in waiting]
        number = self._pace.take(min(len(waiting), len(due)))
        return [(line, due.popleft()) for line in waiting[:number]]

    def _record(self, tally: Tally, words: list[_Word], begins: list[str]) -> None:
        ends = [(word.sent_to, word.outcome) for word in words if word.outcome is not None]
        self._ledger.write(ends, begins)
        tally.fates.update(ends)
        tally.fates.update(dict.fromkeys(begins, UNHEARD))
        self._done += len(ends)

    def _tell(self, total: int) -> None:
        """Tell of progress, about a hundred times in all."""
        if self._done - self._told_at >= max(1, total // 100):
            self._told_at = self._done
            self._told(self._done)


class _Line:
    """One connection and its thread."""

    def __init__(self, mailing: Mailing, words: "queue.SimpleQueue[_Word]") -> None:
        self._mailing = mailing
        self._words = words
        self._given: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._postbox = Postbox(SENDER)

    def start(self) -> None:
        """Connect, and ask for the first recipient."""
        self._thread.start()

    def give(self, recipient: str) -> None:
        """Give the next recipient, whose intent is on record; none ends the line."""
        self._given.put(recipient)

    def join(self, seconds: float) -> None:
        """Wait for its end, so long and no longer."""
        self._thread.join(seconds)

    def _work(self) -> None:
        try:
            self._serve()
        finally:
            self._words.put(_Word(self, has_ended=True))
        self._postbox.close()

    def _serve(self) -> None:
        """Send what is given, until nothing is, or no connection is to be had."""
        sent_to, outcome = "", None
        while True:
            is_ready = self._connect()
            self._words.put(_Word(self, sent_to, outcome, takes_more=is_ready))
            sent_to = self._given.get() if is_ready else ""
            if not sent_to:
                return
            outcome = self._send(sent_to)

    def _send(self, recipient: str) -> Outcome:
        """Send; once more on a new connection when the old one broke before the mail was sent.

        Servers end a connection after so many mails or minutes, which is no word on a recipient.
        """
        mail = self._mailing.mail_to(recipient)
        outcome = self._postbox.send(recipient, mail)
        if outcome.fate == "refused" and not self._postbox.is_open and self._connect():
            return self._postbox.send(recipient, mail)
        return outcome

    def _connect(self) -> bool:
        for pause in (0.0, *RECONNECTS):
            time.sleep(pause)
            try:
                self._postbox.open()
            except OSError:
                continue
            return True
        return False


class _Pace:
    """Lets through so many a second, and a few at once after a pause."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._saved = self._burst
        self._at = time.monotonic()

    def take(self, wanted: int) -> int:
        """Say how many of those that wait may go now."""
        self._save()
        taken = min(wanted, int(self._saved))
        self._saved -= taken
        return taken

    def wait_s(self) -> float:
        """Say how long until one may go."""
        self._save()
        return max(0.0, (1.0 - self._saved) / self._per_second)

    def _save(self) -> None:
        now = time.monotonic()
        self._saved = min(self._burst, self._saved + (now - self._at) * self._per_second)
        self._at = now
