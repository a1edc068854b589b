"""The store as one read transaction sees it."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from toolvet.audit.tiles import Tree
from toolvet.storage import tables
from toolvet.storage.bindings import Mounts, Secrets
from toolvet.storage.calls import Calls
from toolvet.storage.drafts import Drafts
from toolvet.storage.dump import state_rows
from toolvet.storage.facts import Blobs, Facts
from toolvet.storage.figures import Figures
from toolvet.storage.grants import Grants
from toolvet.storage.history import History
from toolvet.storage.kept_cases import KeptCases
from toolvet.storage.listing import Listing
from toolvet.storage.log import SnapshotTiles
from toolvet.storage.mapped import Mapped
from toolvet.storage.notices import Notices
from toolvet.storage.objections import Objections
from toolvet.storage.principals import Principals
from toolvet.storage.proposals import Proposals
from toolvet.storage.recorded import RecordedCalls
from toolvet.storage.releases import Consents, Policies, Releases, Waivers
from toolvet.storage.rows import CheckpointRow, EntryRow, PayloadRow
from toolvet.storage.search import ToolWords
from toolvet.storage.seen import Seen
from toolvet.storage.session import Session
from toolvet.storage.sittings import Sittings
from toolvet.storage.threads import Threads
from toolvet.storage.turns import Turns
from toolvet_reviews.values import JsonObject


def _between(index: sa.Column[Any], table: sa.Table, *names: str) -> sa.Select[Any]:
    query = sa.select(*(table.c[name] for name in names)).order_by(*table.primary_key.columns)
    return query.where(index >= sa.bindparam("start"), index < sa.bindparam("end"))


_ENTRIES = Mapped(tables.entry, EntryRow)
_PAYLOADS = Mapped(tables.payload, PayloadRow)
_CHECKPOINTS = Mapped(tables.checkpoint, CheckpointRow)
_LEAVES = _between(tables.entry.c["index"], tables.entry, "index", "leaf", "verb", "digest", "act")
_PAYLOAD_TEXTS = _between(tables.payload.c.entry, tables.payload, "entry", "name", "salt", "body")


class View:
    """A snapshot of everything, log included. Use it inside its transaction only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def principals(self) -> Principals:
        """Principals, keys, tokens, enrolment codes, nonces."""
        return Principals(self._session)

    @cached_property
    def grants(self) -> Grants:
        """Leave to call."""
        return Grants(self._session)

    @cached_property
    def proposals(self) -> Proposals:
        """Proposals, revisions, evidence, votes, comments."""
        return Proposals(self._session)

    @cached_property
    def threads(self) -> Threads:
        """Threads and the drafts of remarks."""
        return Threads(self._session)

    @cached_property
    def objections(self) -> Objections:
        """Words against that stand, or were lifted."""
        return Objections(self._session)

    @cached_property
    def sittings(self) -> Sittings:
        """What people have on their screens."""
        return Sittings(self._session)

    @cached_property
    def kept_cases(self) -> KeptCases:
        """Cases that reviewers kept."""
        return KeptCases(self._session)

    @cached_property
    def turns(self) -> Turns:
        """Whose turn it is, assignments, snoozes."""
        return Turns(self._session)

    @cached_property
    def listing(self) -> Listing:
        """The lines of the queue."""
        return Listing(self._session)

    @cached_property
    def figures(self) -> Figures:
        """Figures about the queue as a whole."""
        return Figures(self._session)

    @cached_property
    def notices(self) -> Notices:
        """What people are told, and what goes to the webhook."""
        return Notices(self._session)

    @cached_property
    def recorded(self) -> RecordedCalls:
        """What is kept of calls, redacted."""
        return RecordedCalls(self._session)

    @cached_property
    def seen(self) -> Seen:
        """What people have looked at."""
        return Seen(self._session)

    @cached_property
    def drafts(self) -> Drafts:
        """Calls of revisions that nobody has approved."""
        return Drafts(self._session)

    @cached_property
    def releases(self) -> Releases:
        """Releases and channels."""
        return Releases(self._session)

    @cached_property
    def policies(self) -> Policies:
        """Policies that were applied."""
        return Policies(self._session)

    @cached_property
    def waivers(self) -> Waivers:
        """Findings people overruled."""
        return Waivers(self._session)

    @cached_property
    def consents(self) -> Consents:
        """Consents to lower walls."""
        return Consents(self._session)

    @cached_property
    def secrets(self) -> Secrets:
        """Sealed secrets."""
        return Secrets(self._session)

    @cached_property
    def mounts(self) -> Mounts:
        """Folders that tools were given."""
        return Mounts(self._session)

    @cached_property
    def calls(self) -> Calls:
        """Calls, idempotency keys, tools' records."""
        return Calls(self._session)

    @cached_property
    def tool_words(self) -> ToolWords:
        """The words of releases, to search tools by."""
        return ToolWords(self._session)

    @cached_property
    def facts(self) -> Facts:
        """Small facts about the home."""
        return Facts(self._session)

    @cached_property
    def history(self) -> History:
        """Entries by time, actor and what they are about."""
        return History(self._log())

    @cached_property
    def _blobs(self) -> Blobs:
        return Blobs(self._session)

    def blob(self, digest: str, kind: str | None = None) -> bytes:
        """Fetch bytes by digest, and hash them again.

        Args:
            digest: What they must hash to.
            kind: What they must have been stored as first; None takes any.

        Raises:
            BlobMissingError: There are none under that digest.
            BlobCorruptError: They hash to something else.
        """
        return self._blobs.get(digest, kind)

    def has_blob(self, digest: str) -> bool:
        """Tell whether bytes are there."""
        return self._blobs.has(digest)

    def log_size(self) -> int:
        """Count the entries of the log."""
        newest = self._log().scalar(sa.select(sa.func.max(tables.entry.c["index"])))
        return 0 if newest is None else newest + 1

    def entry(self, index: int) -> EntryRow | None:
        """Fetch one entry."""
        return _ENTRIES.first(self._log(), tables.entry.c["index"] == index)

    def entries(
        self, start: int = 0, end: int | None = None, verbs: Collection[str] | None = None
    ) -> list[EntryRow]:
        """List entries from `start` up to, without, `end`, of some verbs or all, in order."""
        index = tables.entry.c["index"]
        where = [index >= start]
        if end is not None:
            where.append(index < end)
        if verbs is not None:
            where.append(tables.entry.c.verb.in_([str(verb) for verb in verbs]))
        return _ENTRIES.find(self._log(), *where)

    def entries_about(self, target_id: str, verbs: Collection[str] = ()) -> list[EntryRow]:
        """List the entries about one target, in order."""
        where = [tables.entry.c.target_id == target_id]
        if verbs:
            where.append(tables.entry.c.verb.in_([str(verb) for verb in verbs]))
        return _ENTRIES.find(self._log(), *where)

    def payloads(self, index: int) -> list[PayloadRow]:
        """List what an entry commits to, erased ones too, by name."""
        return _PAYLOADS.find(self._log(), tables.payload.c.entry == index)

    def payloads_between(self, start: int, end: int) -> dict[int, list[PayloadRow]]:
        """List the payloads of the entries from `start` up to, without, `end`, by entry."""
        entry = tables.payload.c.entry
        found: dict[int, list[PayloadRow]] = {}
        for row in _PAYLOADS.find(self._log(), entry >= start, entry < end):
            found.setdefault(row.entry, []).append(row)
        return found

    def leaves(self, start: int, end: int) -> Sequence[Sequence[Any]]:
        """List index, leaf, verb, digest and act of entries: half the time of `entries`."""
        return self._log().rows(_LEAVES, {"start": start, "end": end})

    def payload_texts(self, start: int, end: int) -> Sequence[Sequence[Any]]:
        """List entry, name, salt and body of payloads, by entry and name."""
        return self._log().rows(_PAYLOAD_TEXTS, {"start": start, "end": end})

    def root(self, size: int | None = None) -> bytes:
        """Compute the root of the first `size` entries, or of all, from the tiles."""
        return self._tree().root(self.log_size() if size is None else size)

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """Prove that an entry is in the tree of the first `size` entries."""
        return self._tree().inclusion_proof(index, size)

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """Prove that the tree of `new` entries extends that of `old`."""
        return self._tree().consistency_proof(old, new)

    def last_checkpoint(self) -> CheckpointRow | None:
        """Fetch the checkpoint of the largest size that was signed."""
        order = (tables.checkpoint.c.size.desc(),)
        return _CHECKPOINTS.first(self._session, order=order)

    def checkpoint(self, size: int) -> CheckpointRow | None:
        """Fetch the checkpoint of exactly that size."""
        return _CHECKPOINTS.first(self._session, tables.checkpoint.c.size == size)

    def state_rows(self) -> dict[str, list[JsonObject]]:
        """Dump what an auditor derives again from the log; see `dump`."""
        return state_rows(self._session)

    def _log(self) -> Session:
        """Return the session to read the log with."""
        return self._session

    def _tree(self) -> Tree:
        return Tree(SnapshotTiles(self._log()))
