"""Answers of the HTTP API that are not views of the domain. Pure; no I/O."""

from base64 import b64encode
from dataclasses import dataclass

from toolvet_reviews.values import JsonObject
from toolvet_reviews.views import (
    CallStatus,
    DoctorLine,
    GrantView,
    MountView,
    Need,
    PrincipalView,
    QueueItem,
    SecretView,
    ToolMatch,
    ToolView,
    WaiverView,
)

API = 1
"""Version of the HTTP API, the number in its path."""

SEATS = ("cli", "tui", "lab", "notebook", "mcp", "http")
"""What `X-Toolvet-Seat` may say."""


@dataclass(frozen=True)
class Health:
    """Whether a service is up, and which."""

    ok: bool
    service_id: str
    version: str
    pid: int


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue."""

    items: tuple[QueueItem, ...]
    next: str | None = None
    """Cursor of the next page; None when this was the last."""


@dataclass(frozen=True)
class ToolList:
    """The tools a caller may call, or all of them."""

    items: tuple[ToolView, ...]
    next: str | None = None


@dataclass(frozen=True)
class WaiverList:
    """Every waiver there is, those that end first first."""

    items: tuple[WaiverView, ...]


@dataclass(frozen=True)
class MatchList:
    """Tools that were searched for, best first."""

    items: tuple[ToolMatch, ...]
    next: str | None = None


@dataclass(frozen=True)
class ReleaseItem:
    """One published version of a tool."""

    version: int
    digest: str
    proposal: str
    """`P-<n>`."""
    published_at: str
    stopped: bool
    current: bool
    """True when the stable channel points to it."""


@dataclass(frozen=True)
class ReleaseList:
    """Every version of one tool, oldest first."""

    items: tuple[ReleaseItem, ...]
    next: str | None = None


@dataclass(frozen=True)
class PrincipalList:
    """Everybody the caller may see."""

    items: tuple[PrincipalView, ...]
    next: str | None = None


@dataclass(frozen=True)
class GrantList:
    """Grants in force."""

    items: tuple[GrantView, ...]
    next: str | None = None


@dataclass(frozen=True)
class SecretList:
    """Secrets that are set, without their values."""

    items: tuple[SecretView, ...]
    missing: tuple[Need, ...] = ()
    """What tools that are served, or up for review, still need."""
    next: str | None = None


@dataclass(frozen=True)
class MountList:
    """Folders that are bound."""

    items: tuple[MountView, ...]
    missing: tuple[Need, ...] = ()
    """What tools that are served, or up for review, still need."""
    next: str | None = None


@dataclass(frozen=True)
class CallItem:
    """The record of one call, without arguments and result."""

    id: str
    toolset: str
    name: str
    release_digest: str
    caller: str
    """Principal id."""
    status: CallStatus
    code: str
    started_at: str
    duration_ms: float
    tier: str | None
    replayed: bool = False


@dataclass(frozen=True)
class CallList:
    """Calls, newest first."""

    items: tuple[CallItem, ...]
    next: str | None = None


@dataclass(frozen=True)
class DoctorReport:
    """Everything that was looked at."""

    items: tuple[DoctorLine, ...]
    next: str | None = None


@dataclass(frozen=True)
class BundleFiles:
    """The files of a revision."""

    files_b64: dict[str, str]
    """Path to content in base64."""

    @classmethod
    def of(cls, files: dict[str, bytes]) -> "BundleFiles":
        """Write files as they travel."""
        return cls({path: b64encode(data).decode("ascii") for path, data in files.items()})


@dataclass(frozen=True)
class DiffText:
    """A unified diff, invisible characters made visible."""

    diff: str


@dataclass(frozen=True)
class AddedPrincipal:
    """A new principal, with what is shown once."""

    principal: PrincipalView
    token: str | None = None
    """Bearer token of an agent or service."""
    code: str | None = None
    """One-time code with which a person asks for their key to be enrolled."""


@dataclass(frozen=True)
class IssuedToken:
    """A bearer token; shown once."""

    id: str
    token: str


@dataclass(frozen=True)
class OpenedSession:
    """A short session of a person whose key signed."""

    token: str


@dataclass(frozen=True)
class KeyOwner:
    """Whose key it is."""

    fingerprint: str
    principal: str
    """Principal id."""
    name: str
    state: str
    """`active`, `pending` or `revoked`."""
    public: str = ""
    """Raw public key in hexadecimal."""
    enrolled: int | None = None
    """Index of the entry that let it count; None while it waits."""
    revoked: int | None = None
    """Index of the entry that took it back."""


@dataclass(frozen=True)
class EnrolmentCode:
    """A one-time code with which a person hands in a key; shown once."""

    code: str


@dataclass(frozen=True)
class RequestedKey:
    """A key that waits for somebody to enrol it."""

    name: str
    fingerprint: str


@dataclass(frozen=True)
class PolicyText:
    """A policy as it was applied."""

    digest: str
    text: str


@dataclass(frozen=True)
class Consent:
    """A tier that a person consented to."""

    tier: str


@dataclass(frozen=True)
class Attestation:
    """What attests a release; each a DSSE envelope."""

    toolset: str
    name: str
    version: int
    release: str
    """Digest of what was approved."""
    review: str
    """Who approved it, on which evidence, and where the log says so."""
    summary: str
    """A SLSA verification summary."""
    votes: tuple[str, ...]
    """What people signed, in the order of the log."""


@dataclass(frozen=True)
class EntryList:
    """Entries of the audit log, newest first."""

    items: tuple[JsonObject, ...]
    next: str | None = None


@dataclass(frozen=True)
class CheckpointNote:
    """The newest signed checkpoint of the log."""

    note: str


@dataclass(frozen=True)
class ProofHashes:
    """A Merkle proof."""

    hashes: tuple[str, ...]
    """Base64, 32 bytes each."""


@dataclass(frozen=True)
class Done:
    """Nothing to say but that it was done."""

    ok: bool = True
