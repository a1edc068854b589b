"""The shapes of the review itself: threads, whose turn, what was seen, comparisons. Pure; no I/O.

The HTTP API sends them as JSON with the same field names, like those of `views`.
"""

from dataclasses import dataclass, field
from typing import Literal

from toolvet_reviews.values import Json, JsonObject

AnchorKind = Literal["proposal", "file", "line", "finding", "test", "field", "effect", "criterion"]
"""What a thread is about. `field` is a place in the specification, `criterion` a rubric line."""


@dataclass(frozen=True)
class Anchor:
    """The place a thread is about."""

    kind: AnchorKind = "proposal"
    path: str = ""
    """Of a file in the bundle, for `file` and `line`."""
    line: int = 0
    """From 1, for `line`; 0 otherwise."""
    end_line: int = 0
    """Last line of a range, itself included; equal to `line` for one line."""
    name: str = ""
    """Fingerprint, test, field, effect or criterion."""


Followed = Literal["here", "moved", "changed", "lost"]
"""Where a thread's place went in the shown revision: the same lines, the same text elsewhere, lines
that were edited, or nowhere."""


SaidKind = Literal["remark", "answer", "resolve", "reopen", "flag"]
"""`answer`: the author says how a revision meets it. `flag`: a machine, or somebody in passing,
points at something."""


@dataclass(frozen=True)
class Said:
    """One remark in a thread."""

    id: str
    author: str
    """Name."""
    author_id: str
    author_kind: str
    """`human`, `agent` or `service`: who is a machine is always said."""
    text: str
    time: str
    revision: int
    suggestion: str | None = None
    """Lines that should stand in place of those the thread is about."""
    kind: SaidKind = "remark"


@dataclass(frozen=True)
class ThreadView:
    """A conversation about one place."""

    id: str
    anchor: Anchor
    """In the revision it was opened on."""
    revision: int
    place: Anchor
    """In the shown revision, when it is still there."""
    followed: Followed
    blocking: bool
    """An approval waits for it to be resolved."""
    resolved: bool
    said: tuple[Said, ...]
    quote: str = ""
    """The lines it was opened on, spelled out."""


@dataclass(frozen=True)
class DraftRemark:
    """What a person has written and not yet published; nobody else sees it."""

    id: str
    anchor: Anchor
    text: str
    updated_at: str
    thread: str | None = None
    """The thread it answers; None opens a new one."""
    suggestion: str | None = None
    blocking: bool = False
    revision: int = 0
    """That its place is in; 0, when it is kept: the newest, or the one it was begun on."""


@dataclass(frozen=True)
class ObjectionView:
    """A person's standing word against, until they lift it themselves."""

    person: str
    person_id: str
    revision: int
    time: str
    note: str
    lifted_at: str | None = None


@dataclass(frozen=True)
class TurnView:
    """Somebody whose turn it is, and why."""

    person: str
    """Name."""
    person_id: str
    reason: str
    """A code: `assigned`, `claimed`, `review_wanted`, `new_revision`, `answered`, `asked`,
    `changes_wanted`, `sign_again`, `stale`, `flagged`."""
    since: str


@dataclass(frozen=True)
class AssignedView:
    """Somebody who was asked to review, or took it."""

    person: str
    person_id: str
    claimed: bool
    by: str
    at: str


@dataclass(frozen=True)
class ClockView:
    """How long a proposal has waited for reviewers; it stands still while the author works."""

    waited_s: float
    """Up to now."""
    running: bool
    paused_by: str = ""
    """`author`, `machine`, `snoozed` or `closed` while it stands still."""
    due_at: str | None = None
    """When it should be decided, as things stand; None while it stands still."""


@dataclass(frozen=True)
class SignAgain:
    """A vote of the caller's for an earlier release of this proposal: it counts no more."""

    revision: int
    """That it was for."""
    release_digest: str
    note: str = ""


@dataclass(frozen=True)
class CaseView:
    """Arguments that a reviewer tried and kept: each later revision is run on them."""

    id: str
    name: str
    arguments: JsonObject
    expected: Json
    """What it must give; null with `code` when it must fail."""
    code: str
    by: str
    at: str
    note: str = ""


@dataclass(frozen=True)
class ReviewState:
    """What is said and who waits for whom, of one proposal, as the caller may see it."""

    proposal: str
    threads: tuple[ThreadView, ...] = ()
    drafts: tuple[DraftRemark, ...] = ()
    """The caller's own, not yet published."""
    objections: tuple[ObjectionView, ...] = ()
    """Standing and lifted ones, oldest first."""
    turns: tuple[TurnView, ...] = ()
    """The attention set."""
    assigned: tuple[AssignedView, ...] = ()
    clock: ClockView = field(default_factory=lambda: ClockView(0.0, running=False))
    snoozed_until: str | None = None
    """The caller's own snooze."""
    sign_again: SignAgain | None = None
    cases: tuple[CaseView, ...] = ()
    stale_base: bool = False
    """What is served now is not what this starts from."""
    others: tuple[str, ...] = ()
    """Names of people who looked at it within the last minutes, the caller left out."""
    open_threads: int = 0
    blocking_threads: int = 0


@dataclass(frozen=True)
class SeenMark:
    """Something a person has looked at, as it was then."""

    kind: Literal["file", "evidence", "spec", "definition", "tests", "effects", "rubric"]
    name: str
    """Path, or check; empty for the other kinds."""
    digest: str
    at: str
    revision: int


Whitespace = Literal["exact", "trailing", "ignore"]
"""What of space is passed over when lines are compared: nothing, that at their ends, or all of it."""


@dataclass(frozen=True)
class LineMark:
    """A row of a compared file."""

    kind: Literal["same", "changed", "added", "removed", "moved"]
    old_no: int
    """From 1; 0 when there is no line on this side."""
    new_no: int
    old: str
    """Spelled out."""
    new: str
    old_marks: tuple[tuple[int, ...], ...] = ()
    """Pairs of character offsets, the end not included, that differ."""
    new_marks: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class FileComparison:
    """One file of two revisions."""

    path: str
    status: Literal["added", "removed", "changed", "same"]
    added: int
    removed: int
    old_digest: str | None
    new_digest: str | None
    seen: bool
    """The caller marked it viewed with exactly these new bytes."""
    binary: bool = False
    old_size: int = 0
    new_size: int = 0
    rows: tuple[LineMark, ...] = ()
    """The page that was asked for: hunks with their context; empty in the overview."""
    row_count: int = 0
    """Rows there are with this context and whitespace mode."""
    next: int | None = None
    """Offset of the next page of rows."""
    cut: bool = False
    """One of the two has more lines than are compared: counts and rows are of the first ones."""


ChangeSign = Literal["new", "gone", "moved", "changed", "same"]


@dataclass(frozen=True)
class ThingChanged:
    """One finding, test, effect, rubric line, term of the specification or of the definition."""

    area: Literal["spec", "definition", "finding", "test", "effect", "rubric", "check"]
    name: str
    """One line, spelled out."""
    sign: ChangeSign
    before: str = ""
    after: str = ""
    severity: str = ""
    """Of a finding."""
    path: str = ""
    line: int = 0
    unseen: bool = True
    """The caller has not seen it as it is now."""


@dataclass(frozen=True)
class Comparison:
    """Two revisions beside each other, evidence included."""

    proposal: str
    old: str
    """`published`, `revision N`, `seen` (what the caller saw last), or `nothing` for a new tool."""
    new: str
    """`revision N`."""
    files: tuple[FileComparison, ...]
    things: tuple[ThingChanged, ...]
    first_look: bool = False
    """`seen` was asked for and the caller has seen nothing yet: it is against the release."""


@dataclass(frozen=True)
class BulkAnswer:
    """What became of one item of a bulk."""

    proposal: str
    done: bool
    code: str = ""
    """Why not: `stale_vote` and the like; empty when done."""
    message: str = ""


@dataclass(frozen=True)
class BulkResult:
    """What became of a bulk: every item that was shown is named."""

    items: tuple[BulkAnswer, ...]


@dataclass(frozen=True)
class ChangeRequest:
    """One thing that an author is asked to settle, for a machine to read."""

    id: str
    """Thread id, `criterion:NAME`, or `case:ID`."""
    kind: Literal["thread", "criterion", "case", "objection", "similar"]
    category: str
    place: Anchor
    words: str
    satisfied_by: str
    """What would settle it."""
    blocking: bool
    suggestion: str | None = None
    answer: str = ""
    """What the author said to it last; empty when it did not."""


@dataclass(frozen=True)
class ChangeRequests:
    """Everything an author is asked to settle in its next revision."""

    proposal: str
    revision: int
    items: tuple[ChangeRequest, ...]


@dataclass(frozen=True)
class TryView:
    """What a candidate did with a reviewer's own arguments: in the sandbox, against fakes."""

    id: str
    status: str
    """As of a call."""
    result: Json = None
    code: str = ""
    message: str = ""
    log: tuple[JsonObject, ...] = ()
    effects: tuple[str, ...] = ()
    """What it did and tried, one line each, in order."""
    undeclared: tuple[str, ...] = ()
    """Of those, what the specification does not declare."""
    duration_ms: float = 0.0
    tier: str | None = None
    revision_digest: str = ""


@dataclass(frozen=True)
class NoticeView:
    """Something a person is told once."""

    id: str
    proposal: str
    tool: str
    reason: str
    at: str
    read_at: str | None = None


@dataclass(frozen=True)
class QueueHealth:
    """How the queue does, as a team: no line is about one person."""

    open: int
    waiting: int
    """For reviewers."""
    oldest_waiting_s: float
    median_waited_s: float
    overdue: int
    snoozed: int
    stale: int
    unassigned: int
    with_author: int
    verifying: int
    stuck: tuple[str, ...] = ()
    """Proposals that cannot be applied and wait all the same: always empty, or it is a defect."""
    decided_7d: int = 0
    median_decision_s: float | None = None
    """From whose-turn to decision."""
    median_attention_s: float | None = None
    """Of people, a decision."""
    fast: int = 0
    """Decisions of the last 7 days faster than plausible reading."""
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedDecision:
    """One decision as an auditor reads it, with the evidence as it stood."""

    index: int
    """Of its log entry."""
    verb: str
    time: str
    person: str
    person_kind: str
    tool: str
    proposal: str
    revision: int
    digest: str
    """Release or revision digest it was about."""
    note: str
    policy: str
    tier: str
    pace: str
    """`plausible`, `fast` or `unknown`."""
    as_sponsor: bool = False
    rubric: dict[str, str] = field(default_factory=dict[str, str])
    evidence: tuple[str, ...] = ()
    """One line each check, as it stood."""
    waived: tuple[str, ...] = ()
    envelope: str = ""


@dataclass(frozen=True)
class CallableThen:
    """A tool that could be called at a moment."""

    toolset: str
    name: str
    version: int
    channel: str
    release_digest: str
    kind: str
    since: str
    grants: tuple[str, ...] = ()
    """Who could: `role:caller up to read`, one line each."""


@dataclass(frozen=True)
class HistoryLine:
    """One decision or change of what is served, for a list."""

    index: int
    time: str
    verb: str
    actor: str
    actor_kind: str
    tool: str
    proposal: str
    digest: str
    outcome: str
    code: str = ""
    pace: str = ""
    said: str = ""
    """Words beside it, cut to a line."""
