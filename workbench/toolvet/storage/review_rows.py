"""What the tables of the review hold, one frozen dataclass per table; see `rows`."""

from dataclasses import dataclass
from typing import Literal

from toolvet_reviews.review_views import AnchorKind
from toolvet_reviews.values import Json, JsonObject
from toolvet_reviews.views import ProposalState


@dataclass(frozen=True)
class ThreadRow:
    """A conversation about one place of one revision; what was said is `CommentRow`."""

    id: str
    proposal: int
    revision: int
    author: str
    kind: AnchorKind
    path: str
    line: int
    end_line: int
    name: str
    blocking: bool
    resolved: bool
    opened_at: str


@dataclass(frozen=True)
class RemarkDraftRow:
    """What a person wrote and has not published; in no log, shown to nobody else."""

    person: str
    id: str
    proposal: int
    thread: str | None
    anchor: JsonObject
    text: str
    suggestion: str | None
    blocking: bool
    updated_at: str


@dataclass(frozen=True)
class ObjectionRow:
    """A standing word against; `entry` is the log entry that said it."""

    entry: int
    proposal: int
    revision: int
    person: str
    at: str
    lifted_at: str | None = None


@dataclass(frozen=True)
class TurnRow:
    """Somebody in the attention set."""

    proposal: int
    person: str
    reason: str
    since: str


@dataclass(frozen=True)
class AssignmentRow:
    """Somebody who was asked to review, or took it."""

    proposal: int
    person: str
    claimed: bool
    by: str
    at: str


@dataclass(frozen=True)
class SnoozeRow:
    """A person does not want to see it before a moment."""

    proposal: int
    person: str
    until: str
    at: str


@dataclass(frozen=True)
class NoticeRow:
    """Something a person is told once: one for each change of turn."""

    id: str
    person: str
    proposal: int
    reason: str
    turn: str
    """What it is told once of: `P-<n>:<reason>:<entry index>`."""
    at: str
    read_at: str | None = None


@dataclass(frozen=True)
class OutgoingRow:
    """A message to the webhook, until it arrived or was given up."""

    id: str
    body: bytes
    at: str
    attempts: int
    next_at: str
    state: Literal["waiting", "sent", "given_up"]


@dataclass(frozen=True)
class SeenRow:
    """Something a person has looked at, as it was then."""

    person: str
    proposal: int
    kind: str
    name: str
    digest: str
    revision: int
    at: str


@dataclass(frozen=True)
class SittingRow:
    """A person's look at one revision: what was open, for how long, what came of it."""

    id: str
    person: str
    proposal: int
    revision: int
    digest: str
    seat: str
    opened_at: str
    last_at: str
    looked_s: float
    parts: list[str]
    decided_at: str | None = None
    decision: str | None = None
    pace: str | None = None


@dataclass(frozen=True)
class KeptCaseRow:
    """Arguments that a reviewer kept as a test of the proposal."""

    id: str
    proposal: int
    revision: int
    person: str
    at: str
    name: str
    arguments: JsonObject
    expected: Json
    code: str
    note: str
    dropped: bool = False


@dataclass(frozen=True)
class ListingRow:
    """What a line of the queue says, written anew in each transaction that changes it."""

    proposal: int
    state: ProposalState
    author: str
    sponsor: str | None
    rank: float
    """Largest first; age is added when it is read."""
    risk: int
    risk_why: str
    reach: int
    marks: str
    errors: int
    warnings: int
    errors_told: int
    """As its author is told."""
    warnings_told: int
    undeclared: int
    """Effects that were seen and are not declared."""
    summary: str
    open_threads: int
    blocking_threads: int
    objections: int
    same_as: int | None
    low_risk: bool
    waited_s: float
    """Up to `waiting_since`, or in all while the clock stands still."""
    waiting_since: str | None
