"""What the log's acts say right now: the one copy everybody decides and serves by.

Tables are caches; this is the fold of the log itself. It is brought up to date on the writer's
thread after each COMMIT and before anyone is answered, and the checkpoint is signed there too.
"""

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from toolvet.audit.entries import Entry, parse_entry
from toolvet.audit.keys import LogKey
from toolvet.audit.ledger import Ledger
from toolvet.audit.merkle import leaf_hash, root_of
from toolvet.audit.notes import Checkpoint, open_checkpoint
from toolvet.errors import LogError
from toolvet.storage import Store, View
from toolvet.storage.errors import BlobCorruptError, BlobMissingError
from toolvet.storage.rows import EntryRow
from toolvet_reviews import canonical
from toolvet_reviews.errors import ReviewError
from toolvet_reviews.events import Verb
from toolvet_reviews.values import Digest, Json

_log = logging.getLogger(__name__)

BULK_VERBS = frozenset({Verb.CALL_RUN, Verb.LOGIN_OPEN, Verb.COMMENT_ADD, Verb.REFUSALS_AGGREGATE})
"""Entries that change nothing anyone decides by."""

CATALOGUE_VERBS = frozenset(
    {
        Verb.RELEASE_PUBLISH,
        Verb.RELEASE_STOP,
        Verb.CHANNEL_MOVE,
        Verb.CHANNEL_STOP,
        Verb.GRANT_ADD,
        Verb.GRANT_REVOKE,
        Verb.KEY_REVOKE,
        Verb.PRINCIPAL_ADD,
        Verb.PRINCIPAL_REVOKE,
        Verb.TOKEN_REVOKE,
        Verb.TIER_CONSENT,
        Verb.POLICY_APPLY,
    }
)


class Standing:
    """The folded log, and the newest signed checkpoint.

    Args:
        store: Where the log is.
        log_key: Signs checkpoints.
        checkpoint_file: Holds the newest signed note, outside the database.
    """

    def __init__(self, store: Store, log_key: LogKey, checkpoint_file: Path) -> None:
        self._store = store
        self._log_key = log_key
        self._file = checkpoint_file
        self.ledger = Ledger(root_at=self._root_at)
        self.note = ""
        self.signed: Checkpoint | None = None
        self._listeners: list[Callable[[int, frozenset[Verb]], None]] = []
        self._untold: set[Verb] = set()

    def on_change(self, listener: Callable[[int, frozenset[Verb]], None]) -> None:
        """Call back with the new size and the verbs that came, on the writer's thread."""
        self._listeners.append(listener)

    def load(self) -> None:
        """Fold the whole log, check it against the last checkpoint, sign what is unsigned.

        Raises:
            LogError: The log no longer extends the checkpoint that was signed last.
        """
        if self._file.exists():
            self.note = self._file.read_text(encoding="utf-8")
            self.signed = open_checkpoint(self.note, self._log_key.verifier_key)
        with self._store.read() as view:
            problem = log_problem(view)
            if problem:
                raise LogError(problem, hint="`toolvet audit verify` names what was changed.")
            self._fold(view, view.entries(0, view.log_size()))
        self._untold.clear()
        self._sign()

    def catch_up(self, size: int) -> None:
        """Fold what came since, sign, and tell listeners. Runs on the writer's thread."""
        if size > self.ledger.size:
            with self._store.read() as view:
                self._fold(view, view.entries(self.ledger.size, size))
        try:
            self._sign()
        finally:
            # what is served follows at once, also when the note is signed only next time
            verbs = frozenset(self._untold)
            self._untold.clear()
            for listener in self._listeners:
                listener(size, verbs)

    @property
    def policy(self) -> Digest:
        """Digest of the policy in force.

        Raises:
            LogError: No policy was ever applied.
        """
        if self.ledger.policy_digest is None:
            raise LogError("no policy is in force", hint="`toolvet init` applies one.")
        return self.ledger.policy_digest

    def _fold(self, view: View, rows: Iterable[EntryRow]) -> None:
        for row in rows:
            entry = parse_entry(row.leaf)
            self._untold.add(entry.verb)
            self._apply(view, entry)

    def _apply(self, view: View, entry: Entry) -> None:
        if entry.verb in BULK_VERBS:
            self.ledger.apply(entry, act=None, documents={})
            return
        act = _envelope(view, entry.act) if entry.act else None
        self.ledger.apply(entry, act=act, documents=_documents(view, entry.index))

    def _root_at(self, size: int) -> bytes | None:
        with self._store.read() as view:
            return view.root(size) if 0 < size <= view.log_size() else None

    def _sign(self) -> None:
        with self._store.read() as view:
            size = view.log_size()
            if self.signed is not None:
                # tiles may outlive the entries they were built from: the size comes first
                if size < self.signed.size or view.root(self.signed.size) != self.signed.root:
                    raise LogError("the log does not extend its last signed checkpoint")
                if size == self.signed.size:
                    return
            if size == 0:
                return
            root = view.root(size)
        self.note = self._log_key.sign_checkpoint(size, root)
        self.signed = Checkpoint(self._log_key.origin, size, root)
        _replace(self._file, self.note)


def _envelope(view: View, digest: Digest) -> bytes | None:
    """Fetch an act; without its bytes the entry is void, and the rest of the log stands."""
    try:
        return view.blob(digest)
    except (BlobMissingError, BlobCorruptError):
        _log.critical("the signed act %s is gone or was changed", digest)
        return None


def _documents(view: View, index: int) -> dict[str, Json]:
    """Read what lies beside an entry; what is no JSON any more counts as missing, not as erased."""
    documents: dict[str, Json] = {}
    for payload in view.payloads(index):
        try:
            body = None if payload.body is None else canonical.parse(payload.body)
        except ReviewError as error:
            _log.critical("payload %s of entry %s was changed: %s", payload.name, index, error)
            continue
        documents[payload.name] = body
    return documents


def log_problem(view: View) -> str | None:
    """Hash every leaf again and hold the tree against its tiles; None when all is well."""
    rows = view.entries(0, view.log_size())
    for place, row in enumerate(rows):
        if row.index != place:
            return f"entry {place} of the log is missing"
    if rows and root_of(leaf_hash(row.leaf) for row in rows) != view.root(len(rows)):
        return "the entries of the log are not the ones its tree was built from"
    return None


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all; a crash leaves the old one, and start signs again."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
