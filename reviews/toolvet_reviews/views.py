"""The shapes every face sees: what the service answers, as frozen dataclasses. Pure; no I/O.

The HTTP API sends them as JSON with the same field names; `toolvet.client` reads them back.
Digests are `sha256:<hex>`, times RFC 3339 in UTC with microseconds, lists in the order to show.
"""

from dataclasses import dataclass, field
from typing import Literal

from toolvet_reviews.findings import EvidenceStatus, Severity
from toolvet_reviews.values import EffectKind, Json, JsonObject

ProposalState = Literal[
    "verifying", "changes_wanted", "reviewing", "published", "rejected", "withdrawn", "stale"
]
Turn = Literal["machine", "author", "reviewers", "nobody"]
Mark = Literal["met", "unmet", "unknown"]


@dataclass(frozen=True)
class FindingView:
    """One remark, as far as the caller may see it."""

    rule: str
    severity: Severity
    category: str
    message: str
    path: str = ""
    line: int = 0
    end_line: int = 0
    snippet: str = ""
    why: str = ""
    fix: str = ""
    cwe: str = ""
    fingerprint: str = ""
    hidden: bool = False
    """By a rule or case of the organisation's own: its author is told category, place and cure."""


@dataclass(frozen=True)
class EvidenceView:
    """What one check brought back."""

    check: str
    status: EvidenceStatus
    summary: str
    digest: str = ""
    duration_ms: int = 0
    findings: tuple[FindingView, ...] = ()
    measurements: JsonObject = field(default_factory=dict[str, Json])
    tools: dict[str, str] = field(default_factory=dict[str, str])
    not_looked_at: tuple[str, ...] = ()
    tier: str | None = None


@dataclass(frozen=True)
class RubricLine:
    """One of the six criteria, and the checks it was concluded from."""

    criterion: str
    mark: Mark
    required: bool
    why: str
    evidence: tuple[str, ...] = ()
    """Names of checks."""


@dataclass(frozen=True)
class RevisionView:
    """One immutable bundle inside a proposal."""

    number: int
    digest: str
    submitted_at: str
    state: Literal["verifying", "passed", "failed"]
    release_digest: str | None = None
    dossier_digest: str | None = None


@dataclass(frozen=True)
class VoteView:
    """A signed word of a person on one release digest."""

    voter: str
    voter_id: str
    verdict: str
    release_digest: str
    envelope: str
    """Digest of the DSSE envelope."""
    time: str
    note: str = ""
    as_sponsor: bool = False
    revoked: bool = False


@dataclass(frozen=True)
class CommentView:
    """A remark of a person or an agent on a proposal."""

    id: str
    author: str
    author_kind: str
    text: str
    time: str
    path: str = ""
    line: int = 0
    revision: int = 0


@dataclass(frozen=True)
class WaiverView:
    """A person's signed word that one finding does not block one release, for a while."""

    proposal: str
    """`P-<n>`."""
    tool: str
    """`toolset/name`."""
    release_digest: str
    fingerprint: str
    """Of the finding."""
    rule: str
    voter: str
    """Name."""
    voter_id: str
    reason: str
    """In the person's words; empty when they were erased."""
    signed_at: str
    expires: str
    expired: bool
    counts: bool
    """False when it ran out, or the person may not review this any more."""
    serving: bool
    """A release that leans on it is served now, or would be, had it not run out."""
    envelope: str
    """Digest of the DSSE envelope."""


@dataclass(frozen=True)
class ProposalView:
    """A proposal with the machine's verdict on its newest revision."""

    id: str
    """`P-<n>`."""
    toolset: str
    tool: str
    state: ProposalState
    turn: Turn
    author: str
    author_id: str
    sponsor_id: str | None
    kind: EffectKind | None
    revision: int
    revision_digest: str
    release_digest: str | None
    base_release: str | None
    created_at: str
    updated_at: str
    verdict: Literal["pending", "passed", "needs_secret", "failed"]
    """`needs_secret`: it passed, and cannot run before an operator bound what `needs` lists."""
    summary: str = ""
    reason: str = ""
    """Why it is closed or came back; a person's words or a code."""
    evidence: tuple[EvidenceView, ...] = ()
    rubric: tuple[RubricLine, ...] = ()
    votes: tuple[VoteView, ...] = ()
    comments: tuple[CommentView, ...] = ()
    revisions: tuple[RevisionView, ...] = ()
    people_needed: int = 0
    """How many more approving people the policy asks for."""
    follows: str | None = None
    """The closed proposal this one was opened again from."""
    drafts: tuple["DraftView", ...] = ()
    """Draft calls of the shown revision, oldest first; of many, failed ones keep half of the room."""
    draft_count: int = 0
    """How many there were of the shown revision."""
    needs: tuple["Need", ...] = ()
    """What an operator has yet to bind before the shown revision can run."""
    waivers: tuple[WaiverView, ...] = ()
    """Given for the shown revision's release, expired ones too; authors see none of the words."""
    awaiting: tuple[str, ...] = ()
    """Checks that have not brought back anything yet, while it is being verified."""
    retry_after_s: float | None = None
    """When remarks that are held back can be read; None when none are (`verify.limited`)."""


@dataclass(frozen=True)
class VerdictView:
    """What the checks say of files, without a proposal: nothing of it decides."""

    toolset: str
    tool: str
    verdict: Literal["passed", "failed", "partial"]
    """`partial`: only some of the checks were asked for, and none of them objects."""
    reasons: tuple[str, ...]
    rubric: tuple[RubricLine, ...]
    """Empty when only some of the checks were asked for."""
    evidence: tuple[EvidenceView, ...]
    tier: str
    """The walls it ran in."""
    kind: EffectKind | None = None
    """None when it was refused before that was known."""
    path: str = ""
    """Where the bundle lies, relative to where the report is written; a folder, or one file."""
    is_file: bool = False
    """True for the small form: every place in it is a place in that file."""
    duration_ms: int = 0
    known: tuple[str, ...] = ()
    """Checks whose evidence was there already: nothing it follows from had changed."""
    not_looked_at: tuple[str, ...] = ()
    """What only a service can look at."""


@dataclass(frozen=True)
class QueueItem:
    """One line of the queue."""

    id: str
    toolset: str
    tool: str
    kind: EffectKind | None
    state: ProposalState
    turn: Turn
    verdict: str
    change: Literal["new", "update"]
    author: str
    revision: int
    updated_at: str
    marks: str
    """Six characters, one a rubric line in the fixed order: `+` met, `-` unmet, `?` unknown."""
    errors: int = 0
    warnings: int = 0
    summary: str = ""
    """First line of the specification, spelled out."""
    created_at: str = ""
    risk: int = 0
    """0 to 100: what it could do if it were bad, and how much of it nobody has looked at."""
    risk_why: str = ""
    """What the figure is made of, in a few words."""
    reach: int = 0
    """Principals who could call it, were it served."""
    waited_s: float = 0.0
    """For reviewers, up to now."""
    clock_runs: bool = False
    due_at: str | None = None
    whose: tuple[str, ...] = ()
    """Names of those whose turn it is."""
    mine: bool = False
    """The caller is one of them."""
    claimed_by: str = ""
    snoozed_until: str | None = None
    """The caller's own snooze."""
    open_threads: int = 0
    objections: int = 0
    """Standing ones."""
    release_digest: str | None = None
    revision_digest: str = ""
    same_as: str | None = None
    """An older open proposal of the same content, or about the same tool."""
    low_risk: bool = False
    """May be shown one screen each and signed as a batch: `pure` or `read`, every required line
    met, no error, no undeclared effect, no open thread."""


@dataclass(frozen=True)
class ToolView:
    """A tool as it is served, or why it is not."""

    toolset: str
    name: str
    advertised_name: str
    version: int
    release_digest: str
    channel: str
    kind: EffectKind
    description: str
    served: bool
    reason: str = ""
    input_schema: JsonObject = field(default_factory=dict[str, Json])
    output_schema: JsonObject = field(default_factory=dict[str, Json])
    published_at: str = ""


CallStatus = Literal["succeeded", "incomplete", "failed", "refused", "in_progress"]


@dataclass(frozen=True)
class CallView:
    """The answer to one call."""

    id: str
    tool: str
    version: int
    release_digest: str
    status: CallStatus
    result: Json = None
    replayed: bool = False
    code: str = ""
    message: str = ""
    hint: str = ""
    retry_after_s: float | None = None
    duration_ms: float = 0.0
    tier: str | None = None
    key: str = ""
    log: tuple[JsonObject, ...] = ()
    reviewed: bool = True
    """False for a draft: the author's own call of what nobody has approved."""


DraftStatus = Literal["running", "succeeded", "incomplete", "failed", "interrupted"]


@dataclass(frozen=True)
class DraftView:
    """One call that an author made of its own revision: what the platform saw, no claim of anybody.

    Texts have every hidden character spelled out, and are cut to a length that can be read.
    """

    id: str
    revision: int
    by: str
    time: str
    """When it began."""
    status: DraftStatus
    arguments: str = ""
    """Canonical JSON."""
    result: str = ""
    """Canonical JSON; empty when there is none."""
    code: str = ""
    message: str = ""
    duration_ms: float = 0.0
    tier: str | None = None
    cut: bool = False
    """Something of arguments, result or message is not shown."""
    erased: bool = False
    """Arguments and result were forgotten; that the call was made stays."""


@dataclass(frozen=True)
class PrincipalView:
    """Somebody who may act."""

    id: str
    name: str
    kind: str
    roles: tuple[str, ...]
    sponsor: str | None
    active: bool
    keys: tuple[str, ...] = ()
    """Fingerprints of enrolled keys."""
    pending_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class GrantView:
    """Leave to call."""

    id: str
    to: str
    tool: str
    up_to: EffectKind
    expires: str | None


@dataclass(frozen=True)
class ServiceView:
    """What a face must know of a service before it trusts or signs anything."""

    service_id: str
    version: str
    api: int
    log_key: str
    """C2SP verifier key of the log."""
    checkpoint: str
    """Newest signed note."""
    policy_digest: str
    preset: str
    tier: str
    me: PrincipalView | None = None


@dataclass(frozen=True)
class DoctorLine:
    """One thing that was looked at."""

    area: str
    ok: bool
    message: str
    hint: str = ""
    code: str = ""
    fixable: bool = False


@dataclass(frozen=True)
class Page:
    """Where the next page starts; None when this was the last."""

    next: str | None = None


@dataclass(frozen=True)
class ToolMatch:
    """A tool that was searched for and found, as far as one needs it to choose."""

    name: str
    """As advertised."""
    summary: str
    kind: EffectKind
    version: int
    release_digest: str
    signature: str
    """`name(parameter: type, …) -> type` on one line, cut where it gets long."""


@dataclass(frozen=True)
class Need:
    """A secret or mount that a tool declares and an operator has not bound for it yet."""

    tool: str
    """`toolset/name`."""
    kind: Literal["secret", "mount"]
    name: str
    """As the specification names it."""
    why: str
    """What is missing: `is not set`, `may not go to api.example.com`."""
    command: str
    """What an operator types; for a mount with FOLDER where the path goes."""
    hosts: tuple[str, ...] = ()
    """Of a secret: every host it goes to; the empty one means that the tool sees it."""
    writes: bool = False
    """Of a mount: the tool declares that it writes."""


@dataclass(frozen=True)
class SecretView:
    """A secret that is set; its value is shown to nobody."""

    id: str
    name: str
    tools: tuple[str, ...]
    """Patterns over `toolset/name`."""
    hosts: tuple[str, ...]
    """Where it may be sent."""
    visible: bool
    """True when those tools may see it themselves."""
    set_at: str
    set_by: str
    """Name of the person who set or rotated it last."""


@dataclass(frozen=True)
class MountView:
    """A folder under the name that tools give it."""

    id: str
    name: str
    folder: str
    mode: Literal["read", "write"]
    tools: tuple[str, ...]
    """Patterns over `toolset/name`."""
    bound_at: str
    bound_by: str
    """Name of the person who bound it."""


@dataclass(frozen=True)
class DeadView:
    """A call that every attempt failed, or an item a tool gave up on, until a person settles it."""

    id: str
    tool: str
    """`toolset/name`."""
    state: str
    """`open`, `replayed` or `discarded`."""
    at: str
    """When it was given up first."""
    call: str
    """Id of the call that failed last."""
    caller: str
    """Name of who called; empty when that is not known any more."""
    code: str
    reason: str
    """A claim of the tool."""
    attempts: int | None
    """In all; None for an item."""
    is_item: bool
    """True: one item that a tool gave up on. False: a whole call."""
    key: str | None = None
    """The caller's own idempotency key, which a replay keeps."""
    release_digest: str = ""
    """That failed."""
    serving: str = ""
    """Digest of the release that a replay would run; empty when there is none."""
    arguments: Json = None
    """What a replay calls with; null in lists, and once settled."""
    item: Json = None
    """Null in lists, for a whole call, and once settled."""
    blocked: str = ""
    """Why a replay would be refused, as far as is known before it is signed; empty when it would not."""
    settled_at: str | None = None
    settled_by: str = ""
    """Name of the person."""
