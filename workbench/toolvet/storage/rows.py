"""What the tables hold, one frozen dataclass per table, and the answers of idempotency.

Field names are column names. Times are RFC 3339 in UTC unless the name says seconds.
"""

from dataclasses import dataclass
from typing import Literal

from toolvet_reviews.values import Channel, Digest, EffectKind, Json
from toolvet_reviews.views import CallStatus, DraftStatus, ProposalState

DEFAULT_WORKSPACE = "default"

KeyState = Literal["pending", "active", "revoked"]
RevisionState = Literal["verifying", "passed", "failed"]
DeadState = Literal["open", "replayed", "discarded"]


@dataclass(frozen=True)
class EntryRow:
    """A leaf of the audit log, with the columns it is searched by."""

    index: int
    leaf: bytes
    """Canonical JSON: the bytes that were hashed."""
    hash: bytes
    """RFC 6962 leaf hash, 32 bytes."""
    time: str
    verb: str
    actor: str
    target_kind: str
    target_id: str
    digest: str | None
    act: str | None
    """Digest of the DSSE envelope among the blobs; None when the entry is no act."""


@dataclass(frozen=True)
class PayloadRow:
    """What an entry commits to and does not hold."""

    entry: int
    name: str
    salt: bytes | None
    """32 bytes; None once erased: a short text could be guessed from salt and commitment."""
    body: bytes | None
    """Canonical JSON; None once erased."""
    commitment: str


@dataclass(frozen=True)
class CheckpointRow:
    """A signed note about the first `size` entries."""

    size: int
    note: str


@dataclass(frozen=True)
class KeyRow:
    """A person's public key."""

    fingerprint: str
    principal: str
    public: bytes
    """Raw Ed25519 public key, 32 bytes."""
    state: KeyState


@dataclass(frozen=True)
class TokenRow:
    """A bearer token; the token itself is shown once and kept by nobody."""

    id: str
    principal: str
    hash: str
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None
    label: str = ""


@dataclass(frozen=True)
class EnrolmentRow:
    """A one-time code that lets a person hand in a key."""

    code_hash: str
    principal: str
    expires_at: str
    used_at: str | None = None


@dataclass(frozen=True)
class ProposalRow:
    """A proposal; number 0 until it is created."""

    number: int
    workspace: str
    toolset: str
    tool: str
    state: ProposalState
    author: str
    sponsor: str | None
    kind: EffectKind | None
    revision: int
    revision_digest: Digest
    release_digest: Digest | None
    base_release: Digest | None
    created_at: str
    updated_at: str
    reason: str = ""
    follows: int | None = None
    """Number of the closed proposal this one was opened again from."""

    @property
    def id(self) -> str:
        """`P-<n>`, as people say it."""
        return f"P-{self.number}"


@dataclass(frozen=True)
class RevisionRow:
    """One immutable bundle of a proposal; `digest` names its file tree among the blobs."""

    proposal: int
    number: int
    digest: Digest
    submitted_at: str
    state: RevisionState
    release_digest: Digest | None = None
    dossier: Digest | None = None


@dataclass(frozen=True)
class EvidenceRow:
    """Where the evidence of one check lies."""

    proposal: int
    revision: int
    check: str
    status: str
    digest: Digest
    """Of the evidence's bytes among the blobs."""
    inputs: Digest
    """Of everything the check declared to read."""
    at: str


@dataclass(frozen=True)
class VoteRow:
    """A signed word of a person on one release digest."""

    entry: int
    """Index of its log entry."""
    proposal: int
    release_digest: Digest
    voter: str
    verdict: str
    envelope: Digest
    time: str
    as_sponsor: bool = False
    revoked: bool = False


@dataclass(frozen=True)
class CommentRow:
    """A remark on a proposal."""

    id: str
    proposal: int
    revision: int
    author: str
    text: str
    path: str
    line: int
    time: str
    thread: str | None = None
    """Its thread; None, as older versions wrote it, is a thread of its own."""
    kind: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True)
class DraftRow:
    """A call that an author made of its own revision; what went in and out lies beside the entry."""

    id: str
    proposal: int
    revision: int
    digest: str
    """Of the revision."""
    author: str
    started_at: str
    lease_s: float
    """How long it may stay `running` before it counts as cut off."""
    owner: str
    """The run of the service that it belongs to: what another one left running died with it."""
    status: DraftStatus
    code: str = ""
    duration_ms: float = 0.0
    tier: str | None = None
    entry: int | None = None
    """Index of its log entry; None while it runs."""


@dataclass(frozen=True)
class ReleaseRow:
    """An approved manifest."""

    digest: Digest
    workspace: str
    toolset: str
    name: str
    version: int
    revision_digest: Digest
    proposal: int
    published_at: str
    stopped: bool = False


@dataclass(frozen=True)
class ChannelRow:
    """A pointer to a release; no release when the tool is disabled."""

    workspace: str
    toolset: str
    name: str
    channel: Channel
    release_digest: Digest | None
    version: int | None
    entry: int
    """Index of the log entry that moved it last."""


@dataclass(frozen=True)
class WaiverRow:
    """A person overruled one finding of one release."""

    release_digest: Digest
    fingerprint: str
    reason: str
    expires: str
    voter: str
    envelope: Digest


@dataclass(frozen=True)
class ConsentRow:
    """A person agreed that tools run behind lower walls."""

    tier: str
    entry: int


@dataclass(frozen=True)
class CallRow:
    """The record of one call."""

    id: str
    release_digest: Digest
    toolset: str
    name: str
    caller: str
    key_digest: Digest | None
    status: CallStatus
    code: str
    started_at: str
    duration_ms: float
    tier: str | None
    result: bytes | None = None
    replayed: bool = False


@dataclass(frozen=True)
class RecordedRow:
    """What a policy lets be kept of a call, to hold a new version against it."""

    release_digest: Digest
    digest: Digest
    """Of the arguments as they are kept: of equal ones the newest stays."""
    at: str
    arguments: Json
    result: Json
    code: str
    """Of the failure; empty when it gave a result."""


@dataclass(frozen=True)
class Run:
    """The caller must do the work, then call `finish` with this token."""

    token: int


@dataclass(frozen=True)
class Replay:
    """The work was done before; this was the answer."""

    result: bytes


@dataclass(frozen=True)
class InProgress:
    """Somebody else is at it."""

    retry_after_s: float
    owner: str


@dataclass(frozen=True)
class Mismatch:
    """The key was used with another request."""


Claim = Run | Replay | InProgress | Mismatch


@dataclass(frozen=True)
class ClaimRow:
    """A claimed idempotency key that is still running."""

    scope: str
    key: str
    token: int
    owner: str
    lease_until: float
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Fence:
    """The right of one run to write: its claim and the token it was given."""

    scope: str
    key: str
    token: int


@dataclass(frozen=True)
class StoreOp:
    """One write of an atomic batch to a tool's store."""

    op: Literal["put", "add_if_absent"]
    collection: str
    key: str
    value: Json


@dataclass(frozen=True)
class OnceState:
    """What is known of one effect: never tried, done with its outcome, or cut off in between."""

    state: Literal["new", "done", "uncertain"]
    outcome: Json = None


@dataclass(frozen=True)
class SecretRow:
    """A sealed value; what it may be used for is what the entry's document says."""

    name: str
    sealed: bytes
    tools: list[str]
    hosts: list[str]
    set_at: str
    entry: int
    """Index of the log entry that set or rotated it last."""


@dataclass(frozen=True)
class MountRow:
    """A folder under the name that tools give it."""

    name: str
    folder: str
    mode: str
    tools: list[str]
    bound_at: str
    entry: int
    """Index of the log entry that bound it."""


@dataclass(frozen=True)
class DeadRow:
    """A call that every attempt failed, or an item a tool gave up on."""

    id: str
    tool: str
    """`toolset/name`."""
    release_digest: Digest
    call: str
    item: Json
    """What the tool gave up on; null for a whole call, and once settled."""
    reason: str
    at: str
    caller: str | None = None
    """Principal id of who called; None for an item."""
    key: str | None = None
    """The caller's own idempotency key; None without."""
    arguments: Json = None
    """Of a whole call; null for an item, and once settled."""
    code: str | None = None
    attempts: int | None = None
    """How often it was tried in all, replays included; None for an item."""
    state: DeadState | None = "open"
    """None, as older versions wrote it, is open."""
    settled_at: str | None = None
    settled_by: str | None = None
    """Principal id of who settled it."""

    @property
    def is_open(self) -> bool:
        """Tell whether nobody has settled it yet."""
        return self.state in (None, "open")

    @property
    def is_item(self) -> bool:
        """Tell whether a tool gave it up, rather than its attempts running out."""
        return self.attempts is None
