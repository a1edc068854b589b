"""What the service answers about the review, where one view alone does not say it."""

from dataclasses import dataclass

from toolvet_reviews.review_views import (
    CallableThen,
    DraftRemark,
    HistoryLine,
    NoticeView,
    SeenMark,
)


@dataclass(frozen=True)
class SeenList:
    """What a person has looked at, of one proposal."""

    items: tuple[SeenMark, ...]


@dataclass(frozen=True)
class DraftList:
    """What a person has written and not published."""

    items: tuple[DraftRemark, ...]


@dataclass(frozen=True)
class NoticeList:
    """What a person is told, newest first."""

    items: tuple[NoticeView, ...]
    unread: int


@dataclass(frozen=True)
class SittingView:
    """A person's look at one revision, as far as it was told."""

    id: str
    looked_s: float


@dataclass(frozen=True)
class HistoryPage:
    """Decisions and changes of what is served, newest first."""

    items: tuple[HistoryLine, ...]
    next: str | None = None


@dataclass(frozen=True)
class CallableList:
    """What could be called at a moment."""

    at: str
    size: int
    """Of the log at that moment."""
    items: tuple[CallableThen, ...]


@dataclass(frozen=True)
class PolicyDifference:
    """A past decision that would have gone otherwise."""

    proposal: str
    tool: str
    kind: str
    revision: int
    then: str
    """What came of it: `published`, `changes_wanted` and so on."""
    now: str
    """What would come of it: `publishes`, `blocked`."""
    why: tuple[str, ...]


@dataclass(frozen=True)
class PolicyTrial:
    """A policy tried on what was decided before."""

    digest: str
    decisions: int
    """That were tried."""
    differences: tuple[PolicyDifference, ...]
    not_tried: int = 0
    """Whose evidence is not there any more."""
