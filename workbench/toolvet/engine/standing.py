"""What the log's acts say right now: the one copy everybody decides and serves by.

Tables are caches; this is the fold of the log itself. It is brought up to date on the writer's
thread after each COMMIT and before anyone is answered; the notary signs a few milliseconds later.
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from toolvet.audit.entries import Entry, parse_entry
from toolvet.audit.keys import LogKey
from toolvet.audit.ledger import Ledger
from toolvet.audit.merkle import leaf_hash, root_of
from toolvet.audit.notes import Checkpoint
from toolvet.engine.notary import Notary
from toolvet.errors import LogError
from toolvet.storage import Growth, Store, View
from toolvet.storage.errors import BlobCorruptError, BlobMissingError
from toolvet.storage.rows import EntryRow
from toolvet_reviews import canonical
from toolvet_reviews.errors import PolicyError, ReviewError
from toolvet_reviews.events import Verb
from toolvet_reviews.policy import Policy
from toolvet_reviews.values import Digest, Json

_log = logging.getLogger(__name__)

BULK_VERBS = frozenset({Verb.CALL_RUN, Verb.DRAFT_RUN, Verb.COMMENT_ADD, Verb.REFUSALS_AGGREGATE})
"""Entries that change nothing anyone decides by."""

_TELLING_VERBS = frozenset(Verb) - BULK_VERBS

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
        Verb.WAIVER_ADD,
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
        self._notary = Notary(store, log_key, checkpoint_file)
        self.ledger = Ledger(root_at=self._root_at)
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
        self._notary.recall()
        with self._store.read() as view:
            problem = log_problem(view)
            if problem:
                raise LogError(problem, hint="`toolvet audit verify` names what was changed.")
            self._fold(view, view.entries(0, view.log_size()))
        self._untold.clear()
        self._notary.sign()

    def catch_up(self, growth: Growth) -> None:
        """Fold what came since, and tell listeners. Runs on the writer's thread."""
        try:
            self._follow(growth)
        finally:
            self._notary.follow(growth.size)
            # what is served follows at once, also when the note is signed only later
            verbs = frozenset(self._untold)
            self._untold.clear()
            for listener in self._listeners:
                listener(growth.size, verbs)

    @property
    def signed(self) -> Checkpoint | None:
        """The newest signed checkpoint; a few milliseconds behind while the log grows."""
        signed = self._notary.signed
        return signed.checkpoint if signed else None

    @property
    def note(self) -> str:
        """The newest signed checkpoint as its note; empty before the first."""
        signed = self._notary.signed
        return signed.note if signed else ""

    @property
    def is_settled(self) -> bool:
        """Tell whether all that was committed is signed."""
        return self._notary.is_settled

    def settle(self) -> None:
        """Wait until what is committed now is signed.

        Raises:
            LogError: It cannot be signed.
        """
        self._notary.settle()

    def check(self) -> None:
        """Refuse to decide or serve by a log that cannot be signed.

        Raises:
            LogError: Why it cannot.
        """
        self._notary.check()

    def stop(self) -> None:
        """Sign what is left; nothing is signed afterwards."""
        self._notary.stop()

    @property
    def policy(self) -> Digest:
        """Digest of the policy in force.

        Raises:
            LogError: No policy was ever applied, or the log cannot be signed.
        """
        self.check()
        if self.ledger.policy_digest is None:
            raise LogError("no policy is in force", hint="`toolvet init` applies one.")
        return self.ledger.policy_digest

    @property
    def rules(self) -> Policy:
        """The policy in force, as the log holds it.

        Raises:
            PolicyError: There is none, or its text was erased: then nothing is decided.
        """
        found = self.ledger.policy
        if found is None:
            raise PolicyError("no policy is in force", hint="`toolvet policy apply FILE`")
        return found

    def _follow(self, growth: Growth) -> None:
        """Fold new entries; those this process just wrote and nobody decides by are not read."""
        verbs = {Verb(verb) for verb in growth.verbs}
        if growth.start != self.ledger.size:  # another process wrote too, or a fold failed
            with self._store.read() as view:
                self._fold(view, view.entries(self.ledger.size, growth.size))
            return
        if verbs - BULK_VERBS:
            with self._store.read() as view:
                for row in view.entries(growth.start, growth.size, verbs=_TELLING_VERBS):
                    self.ledger.pass_over(row.index, row.time)
                    self._apply(view, parse_entry(row.leaf))
        self.ledger.pass_over(growth.size, growth.time)
        self._untold |= verbs

    def _fold(self, view: View, rows: Iterable[EntryRow]) -> None:
        for row in rows:
            entry = parse_entry(row.leaf)
            self._untold.add(entry.verb)
            self._apply(view, entry)

    def _apply(self, view: View, entry: Entry) -> None:
        if entry.verb in BULK_VERBS:
            self.ledger.apply(entry, act=None, documents={})
            return
        act = envelope_of(view, entry.act) if entry.act else None
        self.ledger.apply(entry, act=act, documents=documents_of(view, entry.index))

    def _root_at(self, size: int) -> bytes | None:
        with self._store.read() as view:
            return view.root(size) if 0 < size <= view.log_size() else None


def envelope_of(view: View, digest: Digest) -> bytes | None:
    """Fetch an act; without its bytes the entry is void, and the rest of the log stands."""
    try:
        return view.blob(digest)
    except (BlobMissingError, BlobCorruptError):
        _log.critical("the signed act %s is gone or was changed", digest)
        return None


def documents_of(view: View, index: int) -> dict[str, Json]:
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
