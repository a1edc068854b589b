"""Signs how far the log is, in a thread of its own: nobody's commit waits for a signature.

The newest size is signed, a few times a second at most while the log grows; sizes between are
passed over. While it cannot be signed, the service refuses to work: `check` says why.
"""

import logging
import os
import threading
from pathlib import Path
from typing import NamedTuple

from toolvet.audit.keys import LogKey
from toolvet.audit.notes import Checkpoint, open_checkpoint
from toolvet.errors import KNOWN, LogError
from toolvet.storage import Store

_log = logging.getLogger(__name__)

PAUSE_S = 0.05
"""Between two signatures, unless somebody waits for the next."""
RETRY_S = 1.0
"""Between two tries while the note cannot be written."""
PATIENCE_S = 10.0
"""How long somebody waits for a signature."""


class _UnsignedError(LogError):
    """Something other than the log keeps it from being signed; that may pass."""


class Signed(NamedTuple):
    """A checkpoint and the note that says it."""

    checkpoint: Checkpoint
    note: str


class Notary:
    """Keeps the newest signed checkpoint, in memory and in a file outside the database.

    Args:
        store: Where the log is.
        log_key: Signs checkpoints.
        file: Holds the newest signed note.
    """

    def __init__(self, store: Store, log_key: LogKey, file: Path) -> None:
        self._store = store
        self._log_key = log_key
        self._file = file
        self._signed: Signed | None = None
        self._failure: LogError | None = None
        self._wanted = 0
        self._waiting = 0
        self._tries = 0
        self._is_stopping = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def signed(self) -> Signed | None:
        """What was signed last; a few milliseconds behind the log while it grows."""
        return self._signed

    def recall(self) -> None:
        """Read what an earlier run signed last.

        Raises:
            NoteError: The file is not what the log's key signed.
        """
        if self._file.exists():
            note = self._file.read_text(encoding="utf-8")
            self._signed = Signed(open_checkpoint(note, self._log_key.verifier_key), note)

    def sign(self) -> None:
        """Sign the log as it is now, unless that is signed.

        Raises:
            LogError: The log does not extend what was signed last.
        """
        found = self._next()
        if found is None:
            return
        note = self._log_key.sign_checkpoint(found.size, found.root)
        _replace(self._file, note)
        self._signed = Signed(found, note)

    def check(self) -> None:
        """Refuse to go on with a log that cannot be signed.

        Raises:
            LogError: Why the last try failed.
        """
        if self._failure is not None:
            raise LogError(str(self._failure), hint=self._failure.hint)

    def follow(self, size: int) -> None:
        """Have that size signed soon; returns at once."""
        with self._changed:
            self._wanted = max(self._wanted, size)
            if self._thread is None and not self._is_stopping:
                self._thread = threading.Thread(target=self._work, name="notary", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    @property
    def is_settled(self) -> bool:
        """Tell whether every size it was told of is signed."""
        return self._size >= self._wanted

    def settle(self) -> None:
        """Wait until what was told so far is signed.

        Raises:
            LogError: It cannot be signed.
        """
        with self._changed:
            wanted, tries = self._wanted, self._tries

            def is_told() -> bool:
                has_failed = self._failure is not None and (self._is_over or self._tries > tries)
                return self._size >= wanted or has_failed or self._is_stopping

            self._waiting += 1
            self._changed.notify_all()
            try:
                is_over = self._changed.wait_for(is_told, PATIENCE_S)
            finally:
                self._waiting -= 1
        self.check()
        if not is_over:
            raise LogError(f"the log of {wanted} entries is not signed yet", hint="Try again.")

    def stop(self) -> None:
        """Sign what is left, and end."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    @property
    def _is_over(self) -> bool:
        """Tell whether the log was found changed: that is not tried again."""
        return self._failure is not None and not isinstance(self._failure, _UnsignedError)

    @property
    def _size(self) -> int:
        return 0 if self._signed is None else self._signed.checkpoint.size

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopping or not self.is_settled)
                is_last = self._is_stopping
            if not self._try() or is_last:
                return
            with self._changed:
                pause = PAUSE_S if self._failure is None else RETRY_S
                self._changed.wait_for(self._is_awaited, pause)

    def _is_awaited(self) -> bool:
        return self._is_stopping or self._waiting > 0

    def _try(self) -> bool:
        """Sign; return False when no later try may: a log that was changed stays refused."""
        failure: LogError | None = None
        try:
            self.sign()
        except LogError as error:
            _log.critical("the log must not be signed: %s", error)
            failure = error
        except (OSError, *KNOWN) as error:
            _log.critical("the log cannot be signed for now: %s", error)
            failure = _UnsignedError(f"the log cannot be signed: {error}", hint=_hint(error))
        except Exception as error:  # noqa: BLE001 - logged; nobody else sees this thread end
            _log.exception("the notary failed")
            failure = _UnsignedError(f"the log cannot be signed: {type(error).__name__}")
        with self._changed:
            self._failure = failure
            self._tries += 1
            self._changed.notify_all()
        return not self._is_over

    def _next(self) -> Checkpoint | None:
        """Find what is to be signed, and that it extends what was signed last."""
        last = self._signed.checkpoint if self._signed else None
        with self._store.read() as view:
            size = view.log_size()
            # tiles may outlive the entries they were built from: the size comes first
            if last and (size < last.size or view.root(last.size) != last.root):
                raise LogError(
                    "the log does not extend its last signed checkpoint",
                    hint="`toolvet audit verify` names what was changed.",
                )
            if size == (last.size if last else 0):
                return None
            return Checkpoint(self._log_key.origin, size, view.root(size))


def _hint(error: Exception) -> str:
    return getattr(error, "hint", "") or "See that the home's disk has room and is writable."


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all; a crash leaves the old one, and start signs again."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
