"""What the screen knows of one proposal: the checked review, and what is said and seen around it.

The review decides; everything else may be missing, and the screen then says so. Fetching blocks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from toolvet.errors import KNOWN
from toolvet_reviews.review_views import Anchor, DraftRemark, ReviewState, SeenMark, ThingChanged
from toolvet_reviews.sides import FileChange, Moved, shown_path
from toolvet_reviews.views import ProposalView
from toolvet_reviews.words import one_line
from toolvet_tui.desk import Desk

if TYPE_CHECKING:
    from toolvet.client.review import Review


@dataclass(frozen=True)
class Around:
    """What is said and seen around a proposal, as the service answered it."""

    state: ReviewState | None = None
    """None when it could not be read."""
    seen: tuple[SeenMark, ...] = ()
    """What this person marked viewed."""
    things: tuple[ThingChanged, ...] = ()
    """What differs from what it is compared with, files aside."""
    trouble: str = ""
    """Why some of it is missing; empty when nothing is."""


@dataclass(frozen=True)
class Reading:
    """Everything the pages of one proposal are written from."""

    review: "Review"
    files: tuple[FileChange, ...]
    """Against what the person compares with."""
    against: str = "published"
    """What they compare with, as `client.compare` names it."""
    around: Around = field(default_factory=Around)
    drafts: tuple[DraftRemark, ...] = ()
    """Of this person, sent or only kept here."""
    moved: Mapping[str, Moved] = field(default_factory=dict[str, Moved])
    """Lines that stand elsewhere on the other side, by path."""

    @property
    def view(self) -> ProposalView:
        """The proposal."""
        return self.review.view

    @property
    def state(self) -> ReviewState | None:
        """Threads, turns and objections, when they are known."""
        return self.around.state

    def things(self, *areas: str) -> list[ThingChanged]:
        """List what differs in some areas."""
        return [one for one in self.around.things if one.area in areas and one.sign != "same"]

    def with_files(
        self, against: str, files: Iterable[FileChange], moved: Mapping[str, Moved]
    ) -> "Reading":
        """Compare with something else."""
        return replace(self, against=against, files=tuple(files), moved=moved)


def fetch_around(desk: Desk, view: ProposalView, against: str) -> Around:
    """Get what is around a proposal. Never fails: what is missing is named."""
    is_open = desk.seconds_left > 0
    troubles: list[str] = []
    found = Around()
    try:
        client = desk.person if is_open else desk.reader
    except KNOWN as error:
        return Around(trouble=_said("the conversation", error))
    try:
        found = replace(found, state=client.review_state(view.id, view.revision))
    except KNOWN as error:
        troubles.append(_said("the conversation", error))
    try:
        compared = client.compare(view.id, from_=against, to=view.revision)
        found = replace(found, things=compared.things)
    except KNOWN as error:
        troubles.append(_said("the comparison", error))
    try:
        if is_open:
            found = replace(found, seen=tuple(client.seen(view.id)))
    except KNOWN as error:
        troubles.append(_said("what you viewed", error))
    return replace(found, trouble="; ".join(troubles))


def _said(what: str, error: Exception) -> str:
    code = error.code if isinstance(error, KNOWN) else ""
    return f"{what} cannot be read now: {one_line(str(error))} [{code}]"


def where(anchor: Anchor) -> str:
    """Name a place in a few words."""
    path = shown_path(anchor.path)
    name = one_line(anchor.name, 120)
    match anchor.kind:
        case "line" if anchor.end_line > anchor.line:
            return f"{path}:{anchor.line}-{anchor.end_line}"
        case "line":
            return f"{path}:{anchor.line}"
        case "file":
            return path
        case "finding":
            return f"finding at {path}:{anchor.line}" if path else "finding"
        case "proposal":
            return "the proposal"
        case "test" | "field" | "effect" | "criterion":
            return f"{anchor.kind} {name}"
